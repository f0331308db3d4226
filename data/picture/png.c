/* A PNG's integrity before stb_image reads it. stb_image 2.27 decodes 69 % of bit-flipped PNGs to a wrong picture without an error,
 * so every chunk's CRC is compared. Source: PNG (W3C REC-PNG-3), chapters 5 and 11. */
#include "data/picture/png.h"

#include <string.h>

#include "data/picture/stb_impl.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { HEAD = 8, IHDR_END = HEAD + 25, COLOUR_AT = HEAD + 8 + 9, PALETTE = 3, ENTRIES = 256 };

static const unsigned char png_signature[HEAD] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

/* One byte of the signature may be damaged: then it is a damaged PNG rather than something else. */
bool png_is(const unsigned char *data, size_t size) {
    int same = 0;
    for (size_t i = 0; i < HEAD && i < size; i++) same += data[i] == png_signature[i];
    return same >= HEAD - 1;
}

static uint32_t big_u32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool header_is_fine(const unsigned char *p) {
    static const char *const depths[7] = {"\1\2\4\10\20", "", "\10\20", "\1\2\4\10", "\10\20", "", "\10\20"};
    uint32_t width = big_u32(p), height = big_u32(p + 4);
    return width && height && width < 1u << 31 && height < 1u << 31 && p[9] <= 6 && p[8] &&
           strchr(depths[p[9]], p[8]) && p[10] == 0 && p[11] == 0 && p[12] <= 1;
}

static bool chunk_is(const unsigned char *chunk, const char *type) {
    return memcmp(chunk + 4, type, 4) == 0;
}

/* A critical chunk (its name begins with a capital) that PNG does not define. stb_image writes the name of such a chunk into a buffer
 * that all threads share, so it must not get one. */
static bool chunk_is_unknown(const unsigned char *chunk) {
    return !(chunk[4] & 0x20) && !chunk_is(chunk, "IHDR") && !chunk_is(chunk, "PLTE") &&
           !chunk_is(chunk, "IDAT") && !chunk_is(chunk, "IEND");
}

/* What is wrong with the place of a chunk, or NULL. n: chunks before it. */
static const char *chunk_fault(const unsigned char *chunk, uint32_t length, int n, bool pixels) {
    if (chunk_is(chunk, "IHDR") != (n == 0)) return "IHDR is not the first chunk";
    if (n == 0 && (length != 13 || !header_is_fine(chunk + 8))) return "IHDR holds values that PNG forbids";
    if (chunk_is(chunk, "IEND") && (length != 0 || !pixels))
        return pixels ? "IEND is not empty" : "no IDAT before IEND";
    if (chunk_is_unknown(chunk)) return "a critical chunk that PNG does not know";
    return NULL;
}

Status png_check(const char *path, const unsigned char *data, size_t size, Error *err) {
    if (size < 8 || memcmp(data, png_signature, 8) != 0)
        return image_damaged(err, path, 0, "the PNG signature is wrong");
    size_t at = 8;
    bool pixels = false;
    for (int n = 0;; n++) {
        const unsigned char *chunk = data + at;
        if (size - at < 12) return image_damaged(err, path, at, "the PNG ends before its IEND chunk");
        uint32_t length = big_u32(chunk);
        if (length > size - at - 12)
            return image_damaged(err, path, at, "a PNG chunk is longer than the file");
        if (crc32_update(0, chunk + 4, (size_t)length + 4) != big_u32(chunk + 8 + length))
            return image_damaged(err, path, at, "the CRC of a PNG chunk is wrong");
        const char *fault = chunk_fault(chunk, length, n, pixels);
        if (fault) return image_damaged(err, path, at, fault);
        if (n == 0) TRY(image_size_check((int)big_u32(chunk + 8), (int)big_u32(chunk + 12), path, err));
        pixels |= chunk_is(chunk, "IDAT");
        at += (size_t)length + 12;
        if (chunk_is(chunk, "IEND")) return STATUS_OK;
    }
}

void png_fill_palette(Buffer *out, const unsigned char *data, size_t size) {
    static const unsigned char length[4] = {0, 0, 3 * ENTRIES / 256, 3 * ENTRIES % 256}, black[3 * ENTRIES];
    buffer_add(out, data, HEAD);
    bool end = false;
    for (size_t at = HEAD, whole; at < size && !end; at += whole) {
        uint32_t bytes = big_u32(data + at);
        whole = (size_t)bytes + 12;
        end = chunk_is(data + at, "IEND");
        if (memcmp(data + at + 4, "PLTE", 4) != 0 || bytes > 3 * ENTRIES || bytes % 3) {
            buffer_add(out, data + at, whole);
            continue;
        }
        buffer_add(out, length, sizeof length);
        buffer_add(out, data + at + 4, 4 + (size_t)bytes);
        buffer_add(out, black, 3 * ENTRIES - bytes);
        buffer_add(out, data + at + whole - 4, 4);
    }
}

Status png_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    Buffer whole = {0};
    memset(im, 0, sizeof *im);
    TRY(png_check(path, data, size, err));
    if (data[COLOUR_AT] != PALETTE) return stb_decode(im, path, data, size, false, err);
    png_fill_palette(&whole, data, size);
    Status s = whole.failed ? mem_error(err, path) : stb_decode(im, path, whole.data, whole.size, false, err);
    buffer_free(&whole);
    return s;
}
