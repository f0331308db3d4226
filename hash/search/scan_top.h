/* The k nearest of the rows seen so far, without sorting: a histogram of distances shows which distances can still enter, and a
 * counting sort at the end orders the entries. Rows come in ascending order. */
#ifndef HASH_SCAN_TOP_H
#define HASH_SCAN_TOP_H

#include "hash/search/scan.h"

typedef struct {
    Hit *hit;      /* (capacity), in the order they came */
    size_t *count; /* (first limit + 1): entries by distance */
    size_t held, capacity, k;
    size_t within; /* entries at distance <= limit */
    int limit;     /* only distance < limit can still enter: an equal distance loses to an earlier row */
} Top;

/* Entries that a Top needs for k of n rows. */
size_t top_capacity(size_t k, size_t n);
/* count has bits + 2 elements; capacity is top_capacity(k, n) with 1 <= k. radius -1: no limit. */
void top_reset(Top *t, size_t k, int bits, int radius);
/* distance < limit. */
void top_push(Top *t, int64_t row, int distance);
/* The k nearest of all parts by (distance, row), parts having ascending rows; total (bits + 2) is scratch.
 * Returns how many. */
size_t top_merge(const Top *parts, size_t n_parts, size_t k, int bits, size_t *total, Hit *hits);

#endif
