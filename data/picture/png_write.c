#include "data/picture/png_write.h"

#include <string.h>

#include "nn/base/alloc.h"

enum { STORED_MAX = 65535, ADLER = 65521 };

static void put_big(Buffer *b, uint32_t v) {
    const unsigned char bytes[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                                    (unsigned char)(v >> 8), (unsigned char)v};
    buffer_add(b, bytes, 4);
}

/* Length, type, data, crc of type and data. */
static void chunk(Buffer *out, const char *type, const void *data, size_t size) {
    put_big(out, (uint32_t)size);
    buffer_add(out, type, 4);
    buffer_add(out, data, size);
    put_big(out, crc32_update(crc32_update(0, type, 4), data, size));
}

static uint32_t adler32(const unsigned char *data, size_t size) {
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + data[i]) % ADLER;
        b = (b + a) % ADLER;
    }
    return b << 16 | a;
}

/* zlib header, stored blocks (last flag, length, its complement, bytes), checksum. */
static void zlib_stored(Buffer *out, const unsigned char *data, size_t size) {
    buffer_add(out, "\x78\x01", 2);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < STORED_MAX ? size - at : STORED_MAX;
        const unsigned char head[5] = {at + n == size, (unsigned char)n, (unsigned char)(n >> 8),
                                       (unsigned char)~n, (unsigned char)(~n >> 8)};
        buffer_add(out, head, 5);
        buffer_add(out, data + at, n);
        at += n;
    }
    put_big(out, adler32(data, size));
}

void png_encode_gray(Buffer *out, const unsigned char *pixels, int width, int height) {
    NN_REQUIRE(width > 0 && height > 0, "%d x %d", width, height);
    size_t stride = (size_t)width + 1, size = stride * (size_t)height;
    Buffer header = {0}, body = {0};
    put_big(&header, (uint32_t)width);
    put_big(&header, (uint32_t)height);
    buffer_add(&header, "\x08\x00\x00\x00\x00",
               5); /* 8 bits, gray, deflate, filters by row, not interlaced */
    unsigned char *rows = mem_alloc(size);
    if (rows) {
        for (int y = 0; y < height; y++) {
            rows[(size_t)y * stride] = 0; /* filter: none */
            memcpy(rows + (size_t)y * stride + 1, pixels + (size_t)y * (size_t)width, (size_t)width);
        }
        zlib_stored(&body, rows, size);
    }
    if (!rows || header.failed || body.failed) {
        out->failed = 1;
    } else {
        buffer_add(out, "\x89PNG\r\n\x1a\n", 8);
        chunk(out, "IHDR", header.data, header.size);
        chunk(out, "IDAT", body.data, body.size);
        chunk(out, "IEND", NULL, 0);
    }
    mem_free(rows);
    buffer_free(&header);
    buffer_free(&body);
}

Status png_write_gray(const char *path, const unsigned char *pixels, int width, int height, Error *err) {
    Buffer b = {0};
    png_encode_gray(&b, pixels, width, height);
    Status s = b.failed ? mem_error(err, path) : file_write(path, b.data, b.size, err);
    buffer_free(&b);
    return s;
}
