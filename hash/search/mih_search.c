/* The search of mih.h, and when it falls back to the scan. */
#include <stdlib.h>
#include <string.h>

#include "hash/code.h"
#include "hash/search/mih_tables.h"
#include "nn/base/alloc.h"

/* An archive whose scan costs less than SHORT_SCAN is scanned at once. SCAN_START: fixed cost of a scan. */
enum { TILE_FROM = 6 };
enum { SHORT_SCAN = 5000 * 64, SCAN_START = 10000 * 64 };
/* Work allowed before falling back to the scan, in percent of the scan's cost (MihBudget). Fewer than SAMPLE queries get less,
 * because one wrong estimate is a large share of their time. With many queries, the first SAMPLE may spend more, together at
 * most PERCENT_AT_RISK of the whole search; if the scan answers all of them, the others get nothing at risk. */
enum { PERCENT_AT_RISK = 2, PERCENT_AT_RISK_MOST = 60, PERCENT_SURE = 90, PERCENT_SURE_ONE = 60, SAMPLE = 8 };
/* The expected cost comes from a sample of the archive, not from the queries: the tables must save a fifth or more. */
enum { PERCENT_HOPEFUL = 80 };
/* Bytes of codes that fit into the processor's caches. */
enum { IN_CACHE = 1 << 24 };
enum { AT_A_TIME = 256, BUCKETS_AT_A_TIME = 16, PREFETCHED = 512, SLACK = 256 };

/* The nearest rows so far, unordered: all entries at distance <= limit that can be among the k nearest. */
typedef struct {
    Hit *hit;
    size_t *count; /* (bits + 1): entries by distance */
    size_t held, capacity, k, within;
    int limit;   /* the distance of the k-th nearest so far, or the radius */
    bool failed; /* memory ran out */
} Near;

typedef struct {
    const Mih *x;
    const uint8_t *query, *allowed;
    size_t bytes;
    uint64_t value[MIH_MOST]; /* the query's substrings */
    Near near;
    uint32_t offset[AT_A_TIME];
    uint64_t spent, at_risk, sure, lookup_cost;
    uint64_t lookups, candidates; /* of this query */
    uint64_t full;                /* mean rows a bucket of the last table, which was at distance `level` */
    int level;
    uint64_t all_lookups, all_candidates; /* of this worker */
} Search;

static int compare_hits(const void *a, const void *b) {
    const Hit *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Sorts the entries and keeps the first k. */
static void near_sort(Near *near) {
    if (near->held) qsort(near->hit, near->held, sizeof *near->hit, compare_hits);
    if (near->held > near->k) {
        for (size_t i = near->k; i < near->held; i++) near->count[near->hit[i].distance]--;
        near->held = near->within = near->k;
    }
}

/* Grows up to 2k + SLACK entries; from then on one sort serves SLACK + k pushes. */
static void near_make_room(Near *near) {
    if (near->capacity >= 2 * near->k + SLACK)
        near_sort(near);
    else
        near->failed |= !mem_grow(&near->hit, &near->capacity, near->capacity + 1, sizeof *near->hit);
}

static void near_push(Near *near, int64_t row, int distance) {
    if (near->held == near->capacity) near_make_room(near);
    if (near->failed) return;
    near->hit[near->held++] = (Hit){row, distance};
    near->count[distance]++;
    near->within++;
    while (near->within - near->count[near->limit] >= near->k) near->within -= near->count[near->limit--];
}

/* Whether table j at distance a is the first lookup that reaches the row. An earlier one did where an earlier substring agrees
 * within a, or a later one within a - 1. A row whose substring only has the same hash is not in this bucket. */
static bool first_met(const Search *s, const uint8_t *code, int j, int a, uint64_t value) {
    if (substring(code, s->bytes, &s->x->part[j]) != value) return false;
    for (int i = 0; i < s->x->m; i++) {
        if (i == j) continue;
        int d = count_bits(substring(code, s->bytes, &s->x->part[i]) ^ s->value[i]);
        if (d <= (i < j ? a : a - 1)) return false;
    }
    return true;
}

/* Rows first..end-1 of a substring's rows are in the value's bucket; false where the tables are damaged. */
static bool find_bucket(const Search *s, int j, uint64_t value, size_t *first, size_t *end) {
    const Substring *part = &s->x->part[j];
    const unsigned char *offset = part->offsets + 4 * bucket(part, value);
    *first = get_u32(offset);
    *end = get_u32(offset + 4);
    return *first <= *end && *end <= s->x->present;
}

/* Rows first..end-1 of substring j's rows, whose codes lie side by side; false where the tables are damaged. */
static bool take_rows(Search *s, int j, int a, uint64_t value, size_t first, size_t end) {
    const Substring *part = &s->x->part[j];
    for (size_t at = first; at < end; at += AT_A_TIME) {
        size_t n = end - at < AT_A_TIME ? end - at : AT_A_TIME;
        const uint8_t *codes = part->codes + at * s->bytes;
        size_t near = scan_filter(codes, n, s->x->bits, s->query, s->near.limit + 1, s->offset);
        for (size_t i = 0; i < near; i++) {
            const uint8_t *code = codes + s->offset[i] * s->bytes;
            int distance = code_distance(s->query, code, s->x->bits);
            uint32_t row = get_u32(part->rows + 4 * (at + s->offset[i]));
            if (row >= s->x->n) return false;
            if (distance > s->near.limit || (s->allowed && !s->allowed[row])) continue;
            if (first_met(s, code, j, a, value)) near_push(&s->near, row, distance);
        }
    }
    return true;
}

/* Takes the rows of a bucket; false where the budget is spent or the tables are damaged. */
static bool take_bucket(Search *s, int j, int a, uint64_t value) {
    size_t first, end;
    if (!find_bucket(s, j, value, &first, &end)) return false;
    s->spent += s->lookup_cost + (end - first) * candidate_cost(s->x);
    s->lookups++;
    s->candidates += end - first;
    return s->spent <= s->sure && take_rows(s, j, a, value, first, end);
}

/* The next number with as many bits set (Gosper). */
static uint64_t next_flips(uint64_t x) {
    uint64_t low = x & (0 - x), carried = x + low;
    return carried | (x ^ carried) >> 2 >> __builtin_ctzll(x);
}

/* Takes the buckets of n values. Prefetches all of them first. */
static bool take_values(Search *s, int j, int a, const uint64_t *value, uint64_t n) {
    const Substring *part = &s->x->part[j];
    for (uint64_t i = 0; i < n; i++) __builtin_prefetch(part->offsets + 4 * bucket(part, value[i]));
    for (uint64_t i = 0; i < n; i++) {
        size_t first, end;
        if (!find_bucket(s, j, value[i], &first, &end)) return false;
        for (size_t at = first * s->bytes; at < end * s->bytes && at < first * s->bytes + PREFETCHED;
             at += 64)
            __builtin_prefetch(part->codes + at);
    }
    for (uint64_t i = 0; i < n; i++)
        if (!take_bucket(s, j, a, value[i])) return false;
    return true;
}

/* All values of substring j at distance a. */
static bool take_table(Search *s, int j, int a) {
    int length = s->x->part[j].length;
    uint64_t flips = a == 0 ? 0 : a == 64 ? UINT64_MAX : ((uint64_t)1 << a) - 1;
    uint64_t all = mih_choose_bits(length, a), before = s->candidates;
    for (uint64_t left = all; left;) {
        uint64_t value[BUCKETS_AT_A_TIME], n = left < BUCKETS_AT_A_TIME ? left : BUCKETS_AT_A_TIME;
        for (uint64_t i = 0; i < n; i++) {
            value[i] = s->value[j] ^ flips;
            if (a) flips = next_flips(flips);
        }
        if (!take_values(s, j, a, value, n)) return false;
        left -= n;
    }
    NN_REQUIRE(all > 0, "distance %d in %d bits", a, length); /* search asks for no a beyond length */
    uint64_t full = (s->candidates - before) / all;
    s->full = a > s->level || full > s->full ? full : s->full;
    s->level = a;
    return !s->near.failed;
}

/* Estimated cost of table j at distance a. At distance 0: the exact cost of its one bucket. Beyond: the buckets are as full as
 * the average bucket, or as the last ones read, divided by 8 for each step of distance, whichever is more: codes of a
 * cluster become rarer with the distance. */
static uint64_t table_cost(const Search *s, int j, int a) {
    const Substring *part = &s->x->part[j];
    size_t first, end;
    if (a == 0)
        return find_bucket(s, j, s->value[j], &first, &end)
                   ? s->lookup_cost + (end - first) * candidate_cost(s->x)
                   : UINT32_MAX;
    uint64_t average = s->x->present >> part->table_bits,
             seen = s->full >> (3 * (a - s->level > 20 ? 20 : a - s->level));
    return mih_choose_bits(part->length, a) *
           (s->lookup_cost + (seen > average ? seen : average + 1) * candidate_cost(s->x));
}

/* Estimated cost of all tables from (a, j) until everything within the limit is known; stops adding above the budget. */
static uint64_t cost_to_end(const Search *s, int j, int a) {
    uint64_t cost = 0;
    for (int known = a * s->x->m + j; known <= s->near.limit && cost <= s->sure; known++)
        cost += table_cost(s, known % s->x->m, known / s->x->m);
    return cost;
}

static bool worth_going_on(const Search *s, int j, int a) {
    return s->spent + cost_to_end(s, j, a) <= s->sure || s->spent + table_cost(s, j, a) <= s->at_risk;
}

/* EQ(mih)  d(a, b) <= m t + j implies: a and b differ in at most t bits in one of the substrings 0..j of m, or in at most t-1 in another
 * True: near holds the answer. False: the scan must answer. */
static bool search(Search *s) {
    for (int j = 0; j < s->x->m; j++) s->value[j] = substring(s->query, s->bytes, &s->x->part[j]);
    for (int known = 0; known <= s->near.limit; known++) {
        int j = known % s->x->m, a = known / s->x->m;
        if (a > s->x->part[j].length) continue;
        if (!worth_going_on(s, j, a) || !take_table(s, j, a)) return false;
    }
    near_sort(&s->near);
    return true;
}

/* ---- All queries ---- */

typedef struct {
    const Mih *x;
    const uint8_t *queries, *allowed;
    size_t n_queries, k, stride, first; /* first: the query of item 0 */
    int radius;
    Hit *hits;
    size_t *found, *counts; /* counts (workers, bits + 1) */
    Search *search;         /* (workers) */
    uint8_t *left;          /* (n_queries): 1 where the scan must answer */
} Job;

static void search_item(void *ctx, int item, int worker) {
    Job *job = ctx;
    Search *s = &job->search[worker];
    size_t q = job->first + (size_t)item, bins = (size_t)job->x->bits + 1;
    s->query = job->queries + q * s->bytes;
    s->near = (Near){.hit = s->near.hit,
                     .capacity = s->near.capacity,
                     .count = job->counts + (size_t)worker * bins,
                     .k = job->k,
                     .limit = job->radius};
    memset(s->near.count, 0, bins * sizeof *s->near.count);
    s->spent = s->lookups = s->candidates = s->full = 0;
    s->level = 0;
    job->left[q] = !search(s);
    s->all_lookups += s->lookups;
    s->all_candidates += s->candidates;
    if (job->left[q]) return;
    job->found[q] = s->near.held;
    if (s->near.held) memcpy(job->hits + q * job->stride, s->near.hit, s->near.held * sizeof *s->near.hit);
}

/* Gathers the queries that are left, scans, and stores their answers in place. */
static Status scan_left(const Job *job, size_t n_left, Pool *pool, Error *err) {
    const Mih *x = job->x;
    size_t bytes = code_bytes(x->bits), k = job->stride, at = 0;
    if (n_left == job->n_queries)
        return scan_search(job->queries, n_left, x->codes, x->n, x->bits, k, job->radius, job->allowed,
                           job->hits, job->found, pool, err);
    uint8_t *queries = mem_alloc(n_left * bytes);
    Hit *hits = k > SIZE_MAX / n_left ? NULL : mem_realloc(NULL, n_left * k, sizeof *hits);
    size_t *found = mem_calloc(n_left, sizeof *found);
    Status s = queries && hits && found ? STATUS_OK : mem_error(err, "a search");
    for (size_t q = 0; s == STATUS_OK && q < job->n_queries; q++)
        if (job->left[q]) memcpy(queries + at++ * bytes, job->queries + q * bytes, bytes);
    if (s == STATUS_OK)
        s = scan_search(queries, n_left, x->codes, x->n, x->bits, k, job->radius, job->allowed, hits, found,
                        pool, err);
    for (size_t q = job->n_queries; s == STATUS_OK && q-- > 0;) {
        if (!job->left[q]) continue;
        at--;
        job->found[q] = found[at];
        memcpy(job->hits + q * k, hits + at * k, found[at] * sizeof *hits);
    }
    mem_free(queries);
    mem_free(hits);
    mem_free(found);
    return s;
}

static void add_stats(MihStats *stats, const Job *job, size_t threads, size_t n_left) {
    stats->queries += job->n_queries;
    stats->scanned += n_left;
    for (size_t t = 0; t < threads; t++) {
        stats->lookups += job->search[t].all_lookups;
        stats->candidates += job->search[t].all_candidates;
    }
}

/* Searches queries first..end-1 by the tables; returns how many are left to the scan. */
static size_t search_some(Job *job, size_t first, size_t end, uint64_t at_risk, Pool *pool) {
    size_t n_left = 0;
    for (int t = 0; t < pool_threads(pool); t++) job->search[t].at_risk = at_risk;
    job->first = first;
    if (end - first == 1)
        search_item(job, 0, 0); /* waking other threads costs more than one query */
    else if (end > first)
        pool_for(pool, (int)(end - first), search_item, job);
    for (size_t q = first; q < end; q++) n_left += job->left[q];
    return n_left;
}

static Status run(Job *job, const MihBudget *budget, MihStats *stats, Pool *pool, Error *err) {
    size_t threads = (size_t)pool_threads(pool), sample = job->n_queries < SAMPLE ? job->n_queries : SAMPLE;
    for (size_t t = 0; t < threads; t++) {
        Search *s = &job->search[t];
        s->x = job->x;
        s->allowed = job->allowed;
        s->bytes = code_bytes(job->x->bits);
        s->sure = budget->sure;
        s->lookup_cost = job->n_queries < SAMPLE ? MIH_COST_LOOKUP_ONE : MIH_COST_LOOKUP;
    }
    size_t n_left = search_some(job, 0, sample, budget->at_risk, pool);
    n_left += search_some(job, sample, job->n_queries, n_left == sample ? 0 : budget->at_risk, pool);
    if (stats) add_stats(stats, job, threads, n_left);
    return n_left ? scan_left(job, n_left, pool, err) : STATUS_OK;
}

Status mih_search_within(const Mih *x, const uint8_t *queries, size_t n_queries, size_t k, int radius,
                         const uint8_t *allowed, const MihBudget *budget, Hit *hits, size_t *found,
                         MihStats *stats, Pool *pool, Error *err) {
    NN_REQUIRE(radius >= -1 && n_queries < INT32_MAX, "radius %d, %zu queries", radius, n_queries);
    for (size_t q = 0; q < n_queries; q++) found[q] = 0;
    if (k == 0 || x->n == 0 || n_queries == 0) return STATUS_OK;
    size_t threads = (size_t)pool_threads(pool), bins = (size_t)x->bits + 1;
    Job job = {.x = x,
               .queries = queries,
               .allowed = allowed,
               .n_queries = n_queries,
               .stride = k,
               .hits = hits,
               .found = found,
               .k = k < x->n ? k : x->n,
               .radius = radius < 0 || radius > x->bits ? x->bits : radius};
    job.search = mem_calloc(threads, sizeof *job.search);
    job.counts = mem_calloc(threads * bins, sizeof *job.counts);
    job.left = mem_calloc(n_queries, 1);
    Status s = job.search && job.counts && job.left ? run(&job, budget, stats, pool, err)
                                                    : mem_error(err, "a search");
    for (size_t t = 0; job.search && t < threads; t++) mem_free(job.search[t].near.hit);
    mem_free(job.search);
    mem_free(job.counts);
    mem_free(job.left);
    return s;
}

/* Cost of one query if the scan answers all: one thread's time for a query among many, a share of it where there are fewer
 * queries than threads. */
static uint64_t scan_cost(const Mih *x, size_t n_queries, size_t threads) {
    uint64_t words = ((uint64_t)x->bits + 63) / 64;
    const ScanKernel *kernel = scan_kernel();
    uint64_t one =
        x->n * words * 8 > IN_CACHE ? (uint64_t)kernel->cost_one : (uint64_t)kernel->cost_many * 3 / 2;
    uint64_t cost = x->n * words * (n_queries >= TILE_FROM ? (uint64_t)kernel->cost_many : one);
    return n_queries < threads ? cost * n_queries / threads : cost;
}

/* Whether the sample of mih_choose expects nearly the scan's cost for this many neighbours. */
static bool hopeless(const Mih *x, size_t n_queries, size_t k, uint64_t scan) {
    uint64_t expected = x->expected[k <= 1 ? 0 : k <= 10 ? 1 : 2];
    return expected * x->n / 1000 > scan / 100 * (n_queries < SAMPLE ? PERCENT_SURE_ONE : PERCENT_HOPEFUL);
}

Status mih_search(const Mih *x, const uint8_t *queries, size_t n_queries, size_t k, int radius,
                  const uint8_t *allowed, Hit *hits, size_t *found, MihStats *stats, Pool *pool, Error *err) {
    uint64_t cost = scan_cost(x, n_queries, (size_t)pool_threads(pool));
    if (cost < SHORT_SCAN || (radius < 0 && hopeless(x, n_queries, k, cost))) {
        if (stats) stats->queries += n_queries, stats->scanned += n_queries;
        return scan_search(queries, n_queries, x->codes, x->n, x->bits, k, radius, allowed, hits, found, pool,
                           err);
    }
    cost += SCAN_START;
    uint64_t percent = PERCENT_AT_RISK * (n_queries < SAMPLE ? 1 : n_queries / SAMPLE);
    if (percent > PERCENT_AT_RISK_MOST) percent = PERCENT_AT_RISK_MOST;
    MihBudget budget = {cost / 100 * percent,
                        cost / 100 * (n_queries < SAMPLE ? PERCENT_SURE_ONE : PERCENT_SURE)};
    return mih_search_within(x, queries, n_queries, k, radius, allowed, &budget, hits, found, stats, pool,
                             err);
}
