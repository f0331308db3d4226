/* How many substrings: those with which a sample of the codes, asked for their own NEIGHBOURS nearest, would cost least. The
 * paper's rule, log2 n bits each, is for codes spread evenly; learned codes gather in clusters, whose buckets would be too full. */
#include "hash/code.h"
#include "hash/mih_tables.h"
#include "nn/base/alloc.h"

enum {
    QUERIES = 24,
    NEIGHBOURS = 11 /* ten and itself */,
    ROWS = 32768,
    FEWEST_ROWS = 20000,
    TRIED = 24,
    PERCENT_HOPELESS = 90
};

typedef struct {
    const uint8_t *codes, *has, *queries;
    size_t n, bytes, present, step; /* step: every step-th row is looked at */
    int bits;
    int radius[QUERIES];           /* of the NEIGHBOURS nearest */
    uint64_t cost[QUERIES][TRIED]; /* of m = fewest + i */
} Sample;

/* Rows of the sample within amax of the query in substring s, as many as that makes of all. */
static uint64_t rows_within(const Sample *x, const uint8_t *query, const Substring *s, int most) {
    uint64_t value = substring(query, x->bytes, s), near = 0;
    for (size_t row = 0; row < x->n; row += x->step) {
        if (x->has && !x->has[row]) continue;
        near += count_bits(substring(x->codes + row * x->bytes, x->bytes, s) ^ value) <= most;
    }
    return near * x->step;
}

/* Tables (a, j) with a m + j <= radius are asked: those of substring j up to distance (radius - j) / m. */
static uint64_t cost_with(const Sample *x, int query, int m) {
    Mih shape = {.n = x->n, .present = x->present, .bits = x->bits, .m = m};
    uint64_t most = x->n * ((uint64_t)x->bytes + 7) / 8 * MIH_COST_SCAN, cost = 0;
    mih_lay_out(&shape);
    for (int j = 0; j < m && j <= x->radius[query] && cost < most; j++) {
        const Substring *s = &shape.part[j];
        int far = (x->radius[query] - j) / m;
        uint64_t lookups = 0, shared = s->table_bits < s->length ? (x->present >> s->table_bits) + 1 : 0;
        for (int a = 0; a <= far && lookups < UINT32_MAX; a++) lookups += mih_choose_bits(s->length, a);
        cost += lookups * (MIH_COST_LOOKUP + shared * candidate_cost(&shape));
        if (cost < most)
            cost += rows_within(x, x->queries + (size_t)query * x->bytes, s, far) * candidate_cost(&shape);
    }
    return cost < most ? cost : most;
}

static void try_query(void *ctx, int item, int worker) {
    (void)worker;
    Sample *x = ctx;
    int fewest = mih_fewest(x->bits), most = mih_most(x->bits);
    for (int i = 0; i < TRIED && fewest + i <= most; i++) x->cost[item][i] = cost_with(x, item, fewest + i);
}

/* The cheapest, and the paper's where nothing is cheaper than the scan. */
static int cheapest(const Sample *x, int paper, bool *hopeless) {
    int fewest = mih_fewest(x->bits), best = paper;
    uint64_t least = UINT64_MAX, scan = x->n * ((uint64_t)x->bytes + 7) / 8 * MIH_COST_SCAN * QUERIES;
    for (int i = 0; i < TRIED && fewest + i <= mih_most(x->bits); i++) {
        uint64_t sum = 0;
        for (int q = 0; q < QUERIES; q++) sum += x->cost[q][i];
        if (sum < least && sum < scan) {
            least = sum;
            best = fewest + i;
        }
    }
    *hopeless = least > scan / 100 * PERCENT_HOPELESS;
    return best;
}

/* Rows evenly apart, those that have a code. */
static void take_queries(Sample *x, uint8_t *queries) {
    size_t row = 0;
    for (size_t q = 0; q < QUERIES; q++) {
        row = q * (x->n / QUERIES) > row ? q * (x->n / QUERIES) : row;
        while (x->has && row + 1 < x->n && !x->has[row]) row++;
        for (size_t i = 0; i < x->bytes; i++) queries[q * x->bytes + i] = x->codes[row * x->bytes + i];
    }
    x->queries = queries;
}

Status mih_choose(const uint8_t *codes, size_t n, size_t present, int bits, const uint8_t *has, int *m,
                  bool *hopeless, Pool *pool, Error *err) {
    *m = mih_substrings(bits, n);
    *hopeless = false;
    if (present < FEWEST_ROWS) return STATUS_OK;
    uint8_t queries[QUERIES * CODE_MAX_BITS / 8];
    Hit hits[QUERIES * NEIGHBOURS];
    size_t found[QUERIES];
    Sample *x = mem_calloc(1, sizeof *x);
    if (!x) return mem_error(err, "the tables of an index");
    *x = (Sample){
        .codes = codes, .has = has, .n = n, .present = present, .bits = bits, .bytes = code_bytes(bits)};
    x->step = n / ROWS ? n / ROWS : 1;
    take_queries(x, queries);
    Status s = scan_search(queries, QUERIES, codes, n, bits, NEIGHBOURS, -1, has, hits, found, pool, err);
    if (s == STATUS_OK) {
        for (int q = 0; q < QUERIES; q++) x->radius[q] = hits[q * NEIGHBOURS + (int)found[q] - 1].distance;
        pool_for(pool, QUERIES, try_query, x);
        *m = cheapest(x, *m, hopeless);
    }
    mem_free(x);
    return s;
}
