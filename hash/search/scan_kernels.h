/* Shared by the files of the scan: counting bits, and the kernels among which scan.c chooses at run time. */
#ifndef HASH_SCAN_KERNELS_H
#define HASH_SCAN_KERNELS_H

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

/* SCAN_BLOCK: most codes that a kernel gets at once. SCAN_LANES: slices are padded to a multiple of it, which is a multiple of
 * every kernel's lanes. */
enum { SCAN_BLOCK = 2048, SCAN_LANES = 512 };

/* offset (n): ascending offsets of those of n <= SCAN_BLOCK codes at distance < limit from the query; returns
 * how many. */
typedef struct {
    const char *name;
    size_t (*filter)(const uint8_t *codes, size_t n, int bits, const uint8_t *query, int limit,
                     uint32_t *offset);
    void (*distances)(const uint8_t *query, const uint8_t *codes, size_t n, int bits, uint16_t *distance);
    /* The same as filter for many queries of one block: slices (n rounded up to SCAN_LANES, bits/8 bytes; 64-byte
     * aligned) hold the codes bit by bit, mask (bits) the query's bits as 0 or all ones. */
    void (*slice)(const uint8_t *codes, size_t n, int bits, void *slices);
    size_t (*filter_slices)(const void *slices, size_t n, int bits, const uint64_t *mask, int limit,
                            uint32_t *offset);
    /* Cost in 1/64 ns of 64 bits of a code: for a query among many, and for a single query whose codes come from memory.
     * Measured with AVX2 and AVX-512; the other kernels take the values of AVX2. Only to choose between methods. */
    int cost_many, cost_one;
} ScanKernel;

/* ScanKernel.filter of the best kernel. */
size_t scan_filter(const uint8_t *codes, size_t n, int bits, const uint8_t *query, int limit,
                   uint32_t *offset);

/* The best kernel. */
const ScanKernel *scan_kernel(void);

/* The kernels that this machine runs, the best last. */
const ScanKernel *const *scan_kernels(size_t *n);

extern const ScanKernel scan_plain;
#if defined(__x86_64__)
extern const ScanKernel scan_avx2, scan_avx512;
#endif

#endif
