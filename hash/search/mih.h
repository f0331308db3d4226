/* Multi-index hashing: exact nearest codes without reading every code (Norouzi, Punjani, Fleet, "Fast exact search in Hamming space
 * with multi-index hashing", TPAMI 36(6), 2014, arXiv 1307.2982).
 *
 * A code is cut into m substrings. Each substring has a table from its value to the rows that hold it. Two codes within distance
 * m a + j agree within a in one of the substrings 0..j, or within a - 1 in another one (section 3.1). The search looks up
 * values at distance 0 in tables 0, 1, ..., m - 1, then at distance 1, and so on; after each table, all rows within one more bit
 * are known. The search ends when k rows, or all rows within the radius, are known. It falls back to the scan where the
 * lookups would cost more than the scan: few rows near the query, or full buckets. */
#ifndef HASH_MIH_H
#define HASH_MIH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/search/scan.h"
#include "nn/base/error.h"
#include "nn/base/pool.h"

typedef struct Mih Mih;

/* Sums over the queries of a search. */
typedef struct {
    uint64_t queries, scanned;    /* queries in all; queries that the scan answered */
    uint64_t lookups, candidates; /* buckets read; rows whose distance was computed, without the scan's */
} MihStats;

/* Number of substrings by the paper's rule: about log2 n bits each. */
int mih_substrings(int bits, size_t n);
/* Fewest and most substrings of a code: at most 64 and at least 8 bits each. */
int mih_fewest(int bits);
int mih_most(int bits);

/* Tables over codes (n, bits/8) of rows with has[row] != 0 (NULL: all). m: mih_fewest to mih_most; 0: the m that costs least on
 * a sample of the codes, or mih_substrings where the codes are few. codes are borrowed until mih_free. n < 2^32 - 1. Memory: m (4 + bits/8)
 * bytes a row, and 4 a bucket; a table has at most about as many buckets as rows. */
Status mih_build(Mih **out, const uint8_t *codes, size_t n, int bits, int m, const uint8_t *has, Pool *pool,
                 Error *err);
/* The same from the bytes of mih_bytes, 64-byte aligned, borrowed until mih_free, not trusted. STATUS_INPUT where they are not
 * tables for n codes of these bits. */
Status mih_open(Mih **out, const void *data, size_t size, const uint8_t *codes, size_t n, int bits,
                Error *err);
void mih_free(Mih *x);
/* The tables as bytes (mih_tables.h), owned by x. */
const void *mih_bytes(const Mih *x, size_t *size);
int mih_m(const Mih *x);

/* The answer of scan_search over the same codes. allowed must not allow rows without `has`. stats: added to, or NULL. */
Status mih_search(const Mih *x, const uint8_t *queries, size_t n_queries, size_t k, int radius,
                  const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats, Pool *pool, Error *err);

#endif
