/* The integrity of a picture's file before a decoder sees it.
 * Sources: PNG (W3C REC-PNG-3), chapters 5 and 11; JPEG (ITU-T T.81), annex B; netpbm's pgm(5) and ppm(5). */
#include <string.h>

#include "data/image.h"
#include "nn/base/bytes.h"

enum { JPEG_MOST_SCANS = 256 /* a progressive file of many empty scans would decode for minutes */ };

static const unsigned char png_signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

ImageKind image_kind(const unsigned char *data, size_t size) {
    /* One byte of the signature may be damaged: then it is a damaged PNG rather than something else. */
    int same = 0;
    for (size_t i = 0; i < 8 && i < size; i++) same += data[i] == png_signature[i];
    if (same >= 7) return IMAGE_PNG;
    if (size >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF) return IMAGE_JPEG;
    if (size >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6') return IMAGE_PNM;
    return IMAGE_OTHER;
}

static Status damaged(Error *err, const char *path, size_t byte, const char *what) {
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

/* What is wrong with the place of a chunk, or NULL. n: chunks before it. */
static const char *chunk_fault(const unsigned char *chunk, uint32_t length, int n, int pixels) {
    if (chunk_is(chunk, "IHDR") != (n == 0)) return "IHDR is not the first chunk";
    if (n == 0 && (length != 13 || !header_is_fine(chunk + 8))) return "IHDR says what PNG does not know";
    if (chunk_is(chunk, "IEND") && (length != 0 || !pixels))
        return pixels ? "IEND is not empty" : "no IDAT before IEND";
    return NULL;
}

static Status check_png(const char *path, const unsigned char *data, size_t size, Error *err) {
    if (size < 8 || memcmp(data, png_signature, 8) != 0)
        return damaged(err, path, 0, "the PNG signature is wrong");
    size_t at = 8;
    int pixels = 0;
    for (int n = 0;; n++) {
        const unsigned char *chunk = data + at;
        if (size - at < 12) return damaged(err, path, at, "the PNG ends before its IEND chunk");
        uint32_t length = big_u32(chunk);
        if (length > size - at - 12) return damaged(err, path, at, "a PNG chunk is longer than the file");
        if (crc32_update(0, chunk + 4, (size_t)length + 4) != big_u32(chunk + 8 + length))
            return damaged(err, path, at, "the CRC of a PNG chunk is wrong");
        const char *fault = chunk_fault(chunk, length, n, pixels);
        if (fault) return damaged(err, path, at, fault);
        pixels |= chunk_is(chunk, "IDAT");
        at += (size_t)length + 12;
        if (chunk_is(chunk, "IEND")) break;
    }
    return at == size ? STATUS_OK : damaged(err, path, at, "bytes follow the IEND chunk of the PNG");
}

/* ---- JPEG ---- */

/* Where the entropy-coded data that starts at `at` ends: at the next marker that is no restart and no stuffed
 * FF 00. */
static size_t scan_end(const unsigned char *data, size_t size, size_t at) {
    for (; at + 1 < size; at++) {
        if (data[at] != 0xFF) continue;
        unsigned char next = data[at + 1];
        if (next != 0 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7)) return at;
    }
    return size;
}

static int is_frame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

static int has_segment(int marker) {
    return marker >= 0xC0 && marker != 0xC8 && (marker < 0xD0 || marker > 0xD9) && marker < 0xF0;
}

static Status check_jpeg(const char *path, const unsigned char *data, size_t size, Error *err) {
    int frames = 0, scans = 0;
    for (size_t at = 2;;) {
        while (at + 1 < size && data[at] == 0xFF && data[at + 1] == 0xFF) at++; /* fill bytes */
        if (size - at < 2) return damaged(err, path, size, "the JPEG ends before its end marker");
        int marker = data[at + 1];
        if (data[at] != 0xFF) return damaged(err, path, at, "a JPEG marker was expected");
        if (marker == 0xD9)
            return scans ? STATUS_OK : damaged(err, path, at, "the JPEG has no pixels before its end marker");
        if (!has_segment(marker)) return damaged(err, path, at, "an unknown JPEG marker");
        size_t length = size - at < 4 ? 0 : (size_t)data[at + 2] << 8 | data[at + 3];
        if (length < 2 || length > size - at - 2)
            return damaged(err, path, at, "a JPEG segment is longer than the file");
        if (is_frame(marker) && frames++) return damaged(err, path, at, "the JPEG has two frame headers");
        at += 2 + length;
        if (marker != 0xDA) continue;
        if (!frames) return damaged(err, path, at, "the JPEG has pixels before its frame header");
        if (++scans > JPEG_MOST_SCANS)
            return error_set(err, STATUS_INPUT, "%s: byte %zu: more than %d scans; save it as a plain JPEG",
                             path, at, JPEG_MOST_SCANS);
        at = scan_end(data, size, at);
    }
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

Status pnm_header(const char *path, const unsigned char *data, size_t size, int *width, int *height,
                  int *channels, int *most, size_t *offset, Error *err) {
    if (data[1] != '5' && data[1] != '6')
        return error_set(err, STATUS_INPUT,
                         "%s: is a PNM of kind P%c; P5 (gray) or P6 (colour) was expected: convert it", path,
                         data[1]);
    size_t at = 2;
    *channels = data[1] == '5' ? 1 : 3;
    *width = pnm_number(data, size, &at);
    *height = pnm_number(data, size, &at);
    *most = pnm_number(data, size, &at);
    if (*width <= 0 || *height <= 0 || *most <= 0 || *most > 65535 || at >= size)
        return damaged(err, path, at, "the PNM header is not width, height and maximum");
    if ((int64_t)*width * *height > IMAGE_MAX_PIXELS)
        return error_set(err, STATUS_INPUT, "%s: is %d x %d; at most %d million pixels were expected", path,
                         *width, *height, IMAGE_MAX_PIXELS >> 20);
    *offset = at + 1;
    size_t wanted = (size_t)*width * (size_t)*height * (size_t)*channels * (*most > 255 ? 2 : 1);
    return size - *offset >= wanted ? STATUS_OK
                                    : damaged(err, path, size, "the PNM ends before its last pixel");
}

Status image_check(const char *path, const unsigned char *data, size_t size, Error *err) {
    int width, height, channels, most;
    size_t offset;
    switch (image_kind(data, size)) {
    case IMAGE_PNG:
        return check_png(path, data, size, err);
    case IMAGE_JPEG:
        return check_jpeg(path, data, size, err);
    case IMAGE_PNM:
        return pnm_header(path, data, size, &width, &height, &channels, &most, &offset, err);
    default:
        return error_set(err, STATUS_INPUT, "%s: is no JPEG, PNG or PNM picture; convert it to one", path);
    }
}
