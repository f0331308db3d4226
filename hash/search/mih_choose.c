/* Chooses the number of substrings that costs least for a sample of codes that search their own ten nearest. The paper's
 * rule, log2 n bits each, is for evenly spread codes; learned codes form clusters, whose buckets would be too full. */
#include "hash/code.h"
#include "hash/search/mih_tables.h"
#include "nn/base/alloc.h"

enum {
    QUERIES = 24,
    NEIGHBOURS = 100,
    ROWS = 32768,
    FEWEST_ROWS = 20000,
    TRIED = 24,
    TEN = 1 /* the level of ten neighbours */
};
/* Position of the last of the 1, 10 and 100 nearest. A query of the sample is in the archive: level 0 takes its second nearest,
 * because it is its own first. */
static const int LAST[MIH_LEVELS] = {1, 9, 99};

typedef struct {
    const uint8_t *codes, *has, *queries;
    size_t n, bytes, present, step; /* every step-th row is read */
    int bits;
    int radius[MIH_LEVELS][QUERIES]; /* of the LAST */
    uint64_t cost[QUERIES][TRIED];   /* of m = fewest + i */
} Sample;

/* Estimated rows of the archive within distance `most` of the query in substring s. */
static uint64_t rows_within(const Sample *x, const uint8_t *query, const Substring *s, int most) {
    uint64_t value = substring(query, x->bytes, s), near = 0;
    for (size_t row = 0; row < x->n; row += x->step) {
        if (x->has && !x->has[row]) continue;
        near += count_bits(substring(x->codes + row * x->bytes, x->bytes, s) ^ value) <= most;
    }
    return near * x->step;
}

static uint64_t scan_cost(const Sample *x) {
    return x->n * (((uint64_t)x->bytes + 7) / 8) * MIH_COST_SCAN;
}

/* The search reads tables (a, j) with a m + j <= radius: substring j up to distance (radius - j) / m. */
static uint64_t cost_with(const Sample *x, int query, int level, int m) {
    Mih shape = {.n = x->n, .present = x->present, .bits = x->bits, .m = m};
    uint64_t most = scan_cost(x), cost = 0;
    int radius = x->radius[level][query];
    mih_lay_out(&shape);
    for (int j = 0; j < m && j <= radius && cost < most; j++) {
        const Substring *s = &shape.part[j];
        int far = (radius - j) / m;
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
    for (int i = 0; i < TRIED && fewest + i <= most; i++)
        x->cost[item][i] = cost_with(x, item, TEN, fewest + i);
}

/* The cheapest m; the paper's m where no m is cheaper than the scan. */
static int cheapest(const Sample *x, int paper) {
    int fewest = mih_fewest(x->bits), best = paper;
    uint64_t least = scan_cost(x) * QUERIES;
    for (int i = 0; i < TRIED && fewest + i <= mih_most(x->bits); i++) {
        uint64_t sum = 0;
        for (int q = 0; q < QUERIES; q++) sum += x->cost[q][i];
        if (sum < least) {
            least = sum;
            best = fewest + i;
        }
    }
    return best;
}

typedef struct {
    Sample *sample;
    int m;
    uint64_t cost[MIH_LEVELS * QUERIES];
} Chosen;

static void cost_chosen(void *ctx, int item, int worker) {
    (void)worker;
    Chosen *c = ctx;
    c->cost[item] = cost_with(c->sample, item % QUERIES, item / QUERIES, c->m);
}

static void expect(Sample *x, int m, uint32_t expected[MIH_LEVELS], Pool *pool) {
    Chosen c = {.sample = x, .m = m};
    pool_for(pool, MIH_LEVELS * QUERIES, cost_chosen, &c);
    for (int level = 0; level < MIH_LEVELS; level++) {
        double sum = 0;
        for (int q = 0; q < QUERIES; q++) sum += (double)c.cost[level * QUERIES + q];
        expected[level] = (uint32_t)(1000 * sum / QUERIES / (double)x->n) + 1;
    }
}

/* Takes evenly spaced rows that have a code. */
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
                  uint32_t expected[MIH_LEVELS], Pool *pool, Error *err) {
    *m = mih_substrings(bits, n);
    if (present < FEWEST_ROWS) return STATUS_OK;
    uint8_t queries[QUERIES * CODE_MAX_BITS / 8];
    size_t found[QUERIES];
    Hit *hits = mem_calloc(QUERIES * NEIGHBOURS, sizeof *hits);
    Sample *x = mem_calloc(1, sizeof *x);
    if (!x || !hits) {
        mem_free(x);
        mem_free(hits);
        return mem_error(err, "the tables of an index");
    }
    *x = (Sample){
        .codes = codes, .has = has, .n = n, .present = present, .bits = bits, .bytes = code_bytes(bits)};
    x->step = n / ROWS ? n / ROWS : 1;
    take_queries(x, queries);
    Status s = scan_search(queries, QUERIES, codes, n, bits, NEIGHBOURS, -1, has, hits, found, pool, err);
    if (s == STATUS_OK) {
        for (int i = 0; i < MIH_LEVELS * QUERIES; i++)
            x->radius[i / QUERIES][i % QUERIES] = hits[i % QUERIES * NEIGHBOURS + LAST[i / QUERIES]].distance;
        pool_for(pool, QUERIES, try_query, x);
        *m = cheapest(x, *m);
        expect(x, *m, expected, pool);
    }
    mem_free(hits);
    mem_free(x);
    return s;
}
