/* The search tables of mih.h as bytes: a header, then for each substring three parts, each at a multiple of 64 bytes. Little-endian.
 * The codes of a bucket lie side by side, so that one bucket costs one read and not a cache miss a row.
 *
 *   offset  size  meaning
 *        0     8  "MSACHMIH"
 *        8     4  bits of a code
 *       12     4  m, the number of substrings
 *       16     8  n, the rows of the archive
 *       24     8  present, the rows in the tables
 *       32    12  three u32: expected cost of a query for 1, 10 and 100 neighbours, 1/1000 unit a row; 0: not known
 *       44    20  zero
 *       64     -  u32 offsets (2^table_bits + 1): bucket i holds rows offset[i] to offset[i+1] - 1
 *        -     -  u32 rows (present), by bucket
 *        -     -  codes (present, bits/8) of those rows, in the same order
 */
#ifndef HASH_MIH_TABLES_H
#define HASH_MIH_TABLES_H

#include "hash/search/mih.h"
#include "hash/search/scan_kernels.h"
#include "nn/base/bytes.h"

enum { MIH_MOST = 128, MIH_HEADER_BYTES = 64 };

/* Costs in units of 1/64 ns on a machine of 2021. Only their ratios matter, and only to speed. A lookup is mostly two cache
 * misses, and costs more for a single query, whose caches are cold. A candidate costs one read of a 64-bit word next to the
 * previous one. MIH_COST_SCAN is the cost of a word in the AVX2 scan, so that the same codes give the same tables on every
 * machine; a search takes the cost of its own kernel. */
enum {
    MIH_COST_CANDIDATE = 150,
    MIH_COST_LOOKUP = 60 * 64,
    MIH_COST_LOOKUP_ONE = 240 * 64,
    MIH_COST_SCAN = 13
};
/* Numbers of neighbours for which mih_choose estimates the cost: 1, 10 and 100. */
enum { MIH_LEVELS = 3 };

typedef struct {
    int start, length; /* bits of the code */
    int table_bits;    /* <= length; where less, the value is hashed */
    size_t offsets_at, rows_at, codes_at;
    const unsigned char *offsets, *rows, *codes;
} Substring;

struct Mih {
    const uint8_t *codes;
    size_t n, present, size;
    int bits, m;
    uint32_t expected[MIH_LEVELS]; /* cost of a query by mih_choose, 1/1000 unit a row; 0: not known */
    Substring part[MIH_MOST];
    const unsigned char *data;
    void *owned; /* data, where mih_build allocated it */
};

/* Bits start..start+length-1 of a code, length <= 64. */
static inline uint64_t substring(const uint8_t *code, size_t bytes, const Substring *s) {
    size_t at = (size_t)s->start / 8, have = bytes - at < 8 ? bytes - at : 8;
    int skip = s->start % 8;
    uint64_t x = code_word(code + at, have) >> skip;
    if (skip + s->length > 64) x |= (uint64_t)code[at + 8] << (64 - skip);
    return s->length == 64 ? x : x & (((uint64_t)1 << s->length) - 1);
}

/* The bucket of a value: itself, or its highest bits after a multiplication (Fibonacci hashing). */
static inline size_t bucket(const Substring *s, uint64_t value) {
    if (s->table_bits == s->length) return (size_t)value;
    return (size_t)(value * 0x9E3779B97F4A7C15u >> (64 - s->table_bits));
}

/* The binomial coefficient n over k; UINT32_MAX where it is larger. */
static inline uint64_t mih_choose_bits(int n, int k) {
    uint64_t c = 1;
    for (int i = 0; i < k; i++) {
        if (c > UINT32_MAX) return UINT32_MAX;
        c = c * (uint64_t)(n - i) / (uint64_t)(i + 1);
    }
    return c;
}

/* Sets x->part and x->size from n, present, bits and m. */
void mih_lay_out(Mih *x);

/* m: the number of substrings that costs least on a sample of the codes, of which `present` exist (has, or NULL: all).
 * expected: the cost of a query of the sample with m, at most the cost of the scan. Where both are equal, as for random codes,
 * a search should not try the tables. */
Status mih_choose(const uint8_t *codes, size_t n, size_t present, int bits, const uint8_t *has, int *m,
                  uint32_t expected[MIH_LEVELS], Pool *pool, Error *err);

static inline uint64_t candidate_cost(const Mih *x) {
    return ((uint64_t)x->bits + 63) / 64 * MIH_COST_CANDIDATE;
}

/* Work allowed for a query before it falls back to the scan, in the cost units above: at_risk while the remaining work is not
 * known to fit, sure where it is. */
typedef struct {
    uint64_t at_risk, sure;
} MihBudget;

Status mih_search_within(const Mih *x, const uint8_t *queries, size_t n_queries, size_t k, int radius,
                         const uint8_t *allowed, const MihBudget *budget, Hit *hits, size_t *found,
                         MihStats *stats, Pool *pool, Error *err);

#endif
