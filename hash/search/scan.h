/* Exact nearest codes by Hamming distance, by a scan of all codes; tuned where the build has the part scan. Hits are ordered by (distance, row). Every other search is tested
 * against it. */
#ifndef HASH_SCAN_H
#define HASH_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"
#include "nn/base/pool.h"

typedef struct {
    int64_t row;
    int distance;
} Hit;

/* The k nearest of each of n_queries, nearest first, into hits (n_queries, k); found (n_queries): how
 * many, at most min(k, allowed rows). allowed: NULL, or one byte a row, 0 = left out. radius: only hits at distance <= radius
 * (-1: no limit). Memory O(threads * tile * (k + bits)), a tile being at most 128 queries. */
Status scan_search(const uint8_t *queries, size_t n_queries, const uint8_t *codes, size_t n, int bits,
                   size_t k, int radius, const uint8_t *allowed, Hit *hits, size_t *found, Pool *pool,
                   Error *err);

/* The same for one query by the plain loop: hits (k). */
size_t scan_nearest(const uint8_t *query, const uint8_t *codes, size_t n, int bits, size_t k, int radius,
                    const uint8_t *allowed, Hit *hits);

/* How many allowed codes lie at distance <= radius from one query. allowed: as in scan_search. */
size_t scan_count(const uint8_t *query, const uint8_t *codes, size_t n, int bits, int radius,
                  const uint8_t *allowed);

/* "avx512-vpopcntdq", "avx2", "neon" "plain", or "plain loop" without the tuned scan: what this machine runs. */
const char *scan_kernel_name(void);

#endif
