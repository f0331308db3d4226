#include <string.h>

#include "data/picture/image_check.h"

enum { HEAD = 8, IHDR_END = HEAD + 25, COLOUR_AT = HEAD + 8 + 9, PALETTE = 3, ENTRIES = 256 };

int png_has_palette(const unsigned char *data, size_t size) {
    return size > IHDR_END && data[COLOUR_AT] == PALETTE;
}

static uint32_t big_u32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void png_fill_palette(Buffer *out, const unsigned char *data, size_t size) {
    static const unsigned char length[4] = {0, 0, 3 * ENTRIES / 256, 3 * ENTRIES % 256}, black[3 * ENTRIES];
    buffer_add(out, data, HEAD);
    for (size_t at = HEAD, whole; at < size; at += whole) {
        uint32_t bytes = big_u32(data + at);
        whole = (size_t)bytes + 12;
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
