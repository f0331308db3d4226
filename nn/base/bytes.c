#include "nn/base/bytes.h"

#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/crc_fast.h"
#include "nn/base/parts.h"

void put_u32(unsigned char *to, uint32_t v) {
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(v >> (8 * i));
}

void put_u64(unsigned char *to, uint64_t v) {
    for (int i = 0; i < 8; i++) to[i] = (unsigned char)(v >> (8 * i));
}

void numbers_convert(void *to, const void *from, size_t bytes, size_t width) {
    unsigned char *out = to;
    const unsigned char *in = from;
    if (width == 1 && out != in) memcpy(out, in, bytes);
    for (size_t at = 0; width == 2 && at < bytes; at += 2) {
        uint16_t v = (uint16_t)(in[at] | in[at + 1] << 8);
        memcpy(out + at, &v, 2);
    }
    for (size_t at = 0; width == 4 && at < bytes; at += 4) {
        uint32_t v = get_u32(in + at);
        memcpy(out + at, &v, 4);
    }
    for (size_t at = 0; width == 8 && at < bytes; at += 8) {
        uint64_t v = get_u64(in + at);
        memcpy(out + at, &v, 8);
    }
}

uint32_t crc32_update(uint32_t crc, const void *data, size_t size) {
    const unsigned char *p = data;
    uint32_t c = ~crc;
    if (PART_FAST && size >= 1024) {
        c = crc32_eights(c, p, size / 8);
        p += size / 8 * 8, size %= 8;
    }
    for (; size; size--) {
        c ^= *p++;
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (0xEDB88320u & (0u - (c & 1)));
    }
    return ~c;
}

uint64_t fnv1a(uint64_t hash, const void *data, size_t size) {
    const unsigned char *p = data;
    for (size_t i = 0; i < size; i++) hash = (hash ^ p[i]) * UINT64_C(1099511628211);
    return hash;
}

uint32_t fnv1a_32(const void *data, size_t size) {
    const unsigned char *p = data;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ p[i]) * 16777619u;
    return hash;
}

size_t utf8_mark(const void *text, size_t size) {
    return size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

void buffer_add(Buffer *b, const void *data, size_t size) {
    if (b->failed || size == 0) return;
    if (size > SIZE_MAX - b->size || !mem_grow(&b->data, &b->capacity, b->size + size, 1)) {
        b->failed = 1;
        return;
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

void buffer_printf(Buffer *b, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || b->failed || !mem_grow(&b->data, &b->capacity, b->size + (size_t)n + 1, 1)) {
        b->failed = 1;
    } else {
        vsnprintf((char *)b->data + b->size, (size_t)n + 1, fmt, again);
        b->size += (size_t)n;
    }
    va_end(again);
}

void buffer_free(Buffer *b) {
    mem_free(b->data);
    memset(b, 0, sizeof *b);
}

const char *buffer_text(Buffer *b) {
    buffer_add(b, "", 1);
    if (b->failed) return "";
    b->size--;
    return (const char *)b->data;
}
