/* The kernels among which scan_tuned.c chooses at run time. */
#ifndef HASH_SCAN_KERNELS_H
#define HASH_SCAN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "hash/search/code_bits.h"
#include "hash/search/scan.h"

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

/* scan_search and scan_count, whose arguments scan.c has checked. */
Status scan_tuned(const uint8_t *queries, size_t n_queries, const uint8_t *codes, size_t n, int bits,
                  size_t k, int radius, const uint8_t *allowed, Hit *hits, size_t *found, Pool *pool,
                  Error *err);
size_t scan_count_tuned(const uint8_t *query, const uint8_t *codes, size_t n, int bits, int radius,
                        const uint8_t *allowed);

/* The best kernel. */
const ScanKernel *scan_kernel(void);

/* The kernels that this machine runs, the best last. */
const ScanKernel *const *scan_kernels(size_t *n);

extern const ScanKernel scan_plain;
#if defined(__x86_64__)
extern const ScanKernel scan_avx2, scan_avx512;
#endif

#endif
