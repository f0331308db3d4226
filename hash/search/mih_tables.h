/* The tables of mih.h as bytes: a header, then for each substring u32 offsets (2^table_bits + 1) into u32 rows (present), and
 * the codes of those rows in the same order, so that a bucket is read in one go and not with a cache miss a row; each
 * part from a multiple of 64 bytes on. Little-endian. */
#ifndef HASH_MIH_TABLES_H
#define HASH_MIH_TABLES_H

#include "hash/search/mih.h"
#include "hash/search/scan_kernels.h"
#include "nn/base/bytes.h"

enum { MIH_MOST = 128, MIH_HEADER_BYTES = 64 };

/* Costs in units of 1/64 of a nanosecond on a machine of 2021; only their ratios matter, and only to speed. A lookup is mostly
 * two cache misses, dearer where no query before has warmed the caches; a candidate a word of 64 bits read beside the last one.
 * MIH_COST_SCAN, a word's of the scan, is AVX2's, so that the same codes give the same tables everywhere; a search asks
 * the kernel at hand for its own. */
enum {
    MIH_COST_CANDIDATE = 150,
    MIH_COST_LOOKUP = 60 * 64,
    MIH_COST_LOOKUP_ONE = 240 * 64,
    MIH_COST_SCAN = 13
};
/* Numbers of neighbours for which the cost is known before a search: 1, 10 and 100. */
enum { MIH_LEVELS = 3 };

typedef struct {
    int start, length; /* bits of the code */
    int table_bits;    /* <= length; less: the value is hashed */
    size_t offsets_at, rows_at, codes_at;
    const unsigned char *offsets, *rows, *codes;
} Substring;

struct Mih {
    const uint8_t *codes;
    size_t n, present, size;
    int bits, m;
    uint32_t expected[MIH_LEVELS]; /* mih_choose's: a query's cost, 1/1000 unit a row; 0: not known */
    Substring part[MIH_MOST];
    const unsigned char *data;
    void *owned; /* data, where we made it */
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

/* n over k, or a number too large to matter. */
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

/* The number of substrings that suits these codes, of which `present` are there (has, or NULL: all), and what a query of a
 * sample costs with it, no more than the scan: where that is as much as the scan, as for random codes, a try only costs
 * time. */
Status mih_choose(const uint8_t *codes, size_t n, size_t present, int bits, const uint8_t *has, int *m,
                  uint32_t expected[MIH_LEVELS], Pool *pool, Error *err);

static inline uint64_t candidate_cost(const Mih *x) {
    return ((uint64_t)x->bits + 63) / 64 * MIH_COST_CANDIDATE;
}

/* What a query may cost before the scan takes over, in the units of mih_search.c: where its end is not in sight, and where it
 * is. */
typedef struct {
    uint64_t at_risk, sure;
} MihBudget;

Status mih_search_within(const Mih *x, const uint8_t *queries, size_t n_queries, size_t k, int radius,
                         const uint8_t *allowed, const MihBudget *budget, Hit *hits, size_t *found,
                         MihStats *stats, Pool *pool, Error *err);

#endif
