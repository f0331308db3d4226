/* Counting bits of codes, eight bytes at a time. */
#ifndef HASH_CODE_BITS_H
#define HASH_CODE_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline int count_bits(uint64_t x) {
#if defined(__POPCNT__) || defined(__aarch64__)
    return __builtin_popcountll(x);
#else
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    return (int)(x * 0x0101010101010101u >> 56);
#endif
}

/* Eight bytes in the machine's order, which is enough for a distance. */
static inline uint64_t code_load(const uint8_t *code) {
    uint64_t x;
    memcpy(&x, code, sizeof x);
    return x;
}

/* 1 to 8 bytes: byte i becomes bits 8i..8i+7, so that bit j of the word is bit j of the code. */
static inline uint64_t code_word(const uint8_t *code, size_t bytes) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (bytes == 8) return code_load(code);
#endif
    uint64_t x = 0;
    for (size_t i = 0; i < bytes; i++) x |= (uint64_t)code[i] << (8 * i);
    return x;
}

static inline int code_difference(const uint8_t *a, const uint8_t *b, size_t bytes) {
    int d = 0;
    size_t i = 0;
    for (; i + 8 <= bytes; i += 8) d += count_bits(code_load(a + i) ^ code_load(b + i));
    if (i < bytes) d += count_bits(code_word(a + i, bytes - i) ^ code_word(b + i, bytes - i));
    return d;
}

#endif
