/* The integrity of a picture's file before a decoder sees it.
 * Sources: PNG (W3C REC-PNG-3), chapters 5 and 11; netpbm's pgm(5) and ppm(5). */
#include "data/picture/image_check.h"

#include <string.h>

#include "data/picture/dicom.h"
#include "data/picture/image.h"
#include "nn/base/bytes.h"

static const unsigned char png_signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

ImageKind image_kind(const unsigned char *data, size_t size) {
    if (dicom_is(data, size)) return IMAGE_DICOM;
    /* One byte of the signature may be damaged: then it is a damaged PNG rather than something else. */
    int same = 0;
    for (size_t i = 0; i < 8 && i < size; i++) same += data[i] == png_signature[i];
    if (same >= 7) return IMAGE_PNG;
    if (size >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF) return IMAGE_JPEG;
    if (size >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6') return IMAGE_PNM;
    return IMAGE_OTHER;
}

#undef image_damaged
Status image_damaged(Error *err, const char *path, size_t byte, const char *what) {
    return error_set(err, STATUS_INPUT, "%s: byte %zu: %s; the file is cut or damaged: get it again", path,
                     byte, what);
}

/* ---- PNG ---- */

static uint32_t big_u32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int header_is_fine(const unsigned char *p) {
    static const char *const depths[7] = {"\1\2\4\10\20", "", "\10\20", "\1\2\4\10", "\10\20", "", "\10\20"};
    uint32_t width = big_u32(p), height = big_u32(p + 4);
    return width && height && width < 1u << 31 && height < 1u << 31 && p[9] <= 6 && p[8] &&
           strchr(depths[p[9]], p[8]) && p[10] == 0 && p[11] == 0 && p[12] <= 1;
}

static int chunk_is(const unsigned char *chunk, const char *type) {
    return memcmp(chunk + 4, type, 4) == 0;
}

/* A chunk without which the picture means something else (its name begins with a capital), and that PNG does not have.
 * stb_image writes the name of such a one into a buffer that all threads share: it must not meet any. */
static int chunk_is_unknown(const unsigned char *chunk) {
    return !(chunk[4] & 0x20) && !chunk_is(chunk, "IHDR") && !chunk_is(chunk, "PLTE") &&
           !chunk_is(chunk, "IDAT") && !chunk_is(chunk, "IEND");
}

/* What is wrong with the place of a chunk, or NULL. n: chunks before it. */
static const char *chunk_fault(const unsigned char *chunk, uint32_t length, int n, int pixels) {
    if (chunk_is(chunk, "IHDR") != (n == 0)) return "IHDR is not the first chunk";
    if (n == 0 && (length != 13 || !header_is_fine(chunk + 8))) return "IHDR says what PNG does not know";
    if (chunk_is(chunk, "IEND") && (length != 0 || !pixels))
        return pixels ? "IEND is not empty" : "no IDAT before IEND";
    if (chunk_is_unknown(chunk)) return "a critical chunk that PNG does not know";
    return NULL;
}

static Status check_png(const char *path, const unsigned char *data, size_t size, Error *err) {
    if (size < 8 || memcmp(data, png_signature, 8) != 0)
        return image_damaged(err, path, 0, "the PNG signature is wrong");
    size_t at = 8;
    int pixels = 0;
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
        pixels |= chunk_is(chunk, "IDAT");
        at += (size_t)length + 12;
        if (chunk_is(chunk, "IEND")) break;
    }
    return at == size ? STATUS_OK : image_damaged(err, path, at, "bytes follow the IEND chunk of the PNG");
}

/* ---- PNM ---- */

/* The next number of the header, behind blanks and comments; -1 where there is none. */
static int pnm_number(const unsigned char *data, size_t size, size_t *at) {
    while (*at < size && (strchr(" \t\r\n\v\f", data[*at]) || data[*at] == '#')) {
        if (data[*at] == 0) return -1;
        if (data[*at] == '#')
            while (*at < size && data[*at] != '\n') ++*at;
        else
            ++*at;
    }
    int value = -1;
    for (; *at < size && data[*at] >= '0' && data[*at] <= '9' && value < IMAGE_MAX_PIXELS; ++*at)
        value = (value < 0 ? 0 : value) * 10 + (data[*at] - '0');
    return value;
}

Status pnm_header(PnmHeader *h, const char *path, const unsigned char *data, size_t size, Error *err) {
    if (data[1] != '5' && data[1] != '6')
        return error_set(err, STATUS_INPUT,
                         "%s: is a PNM of kind P%c; P5 (gray) or P6 (colour) was expected: convert it", path,
                         data[1]);
    size_t at = 2;
    h->channels = data[1] == '5' ? 1 : 3;
    h->width = pnm_number(data, size, &at);
    h->height = pnm_number(data, size, &at);
    h->most = pnm_number(data, size, &at);
    if (h->width <= 0 || h->height <= 0 || h->most <= 0 || h->most > 65535 || at >= size)
        return image_damaged(err, path, at, "the PNM header is not width, height and maximum");
    if ((int64_t)h->width * h->height > IMAGE_MAX_PIXELS)
        return error_set(err, STATUS_INPUT, "%s: is %d x %d; at most %d million pixels were expected", path,
                         h->width, h->height, IMAGE_MAX_PIXELS >> 20);
    h->offset = at + 1;
    size_t wanted = (size_t)h->width * (size_t)h->height * (size_t)h->channels * (h->most > 255 ? 2 : 1);
    if (size - h->offset < wanted)
        return image_damaged(err, path, size, "the PNM ends before its last pixel");
    return STATUS_OK;
}

Status image_check(const char *path, const unsigned char *data, size_t size, Error *err) {
    PnmHeader header;
    switch (image_kind(data, size)) {
    case IMAGE_PNG:
        return check_png(path, data, size, err);
    case IMAGE_JPEG:
        return jpeg_check(path, data, size, err);
    case IMAGE_PNM:
        return pnm_header(&header, path, data, size, err);
    case IMAGE_DICOM:
        return dicom_check(path, data, size, NULL, err);
    default:
        return error_set(err, STATUS_INPUT, "%s: is no JPEG, PNG, PNM or DICOM picture; convert it to one",
                         path);
    }
}
