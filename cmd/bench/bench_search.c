/* `msach bench search`: alternates scan and multi-index hashing in each round, so that other load on the machine affects both. */
#include <stdio.h>
#include <string.h>

#include "cmd/bench/bench.h"
#include "cmd/bench/bench_codes.h"
#include "cmd/bench/bench_memory.h"
#include "cmd/bench/bench_report.h"
#include "cmd/json_out.h"
#include "hash/code.h"
#include "hash/search/mih.h"
#include "nn/base/alloc.h"

enum { MOST_K = 100, MOST_ROUNDS = 99, SINGLES = 16, SCAN = 0, MIH = 1 };
static const char *const METHODS[] = {"scan", "mih", "both", NULL};
/* Least duration of a measurement, s; long compared with the resolution of the clock. */
static const double SHORTEST = 0.05;

typedef struct {
    BenchCodes data;
    Mih *tables; /* NULL: the scan alone */
    Pool *pool;
    int rounds, first, last; /* methods */
    double tables_s;
    double memory;    /* bytes a second that this machine reads */
    const char *name; /* of the codes, or NULL */
    Hit *hits;        /* (2, n_queries, MOST_K): by method */
    size_t *found;    /* (n_queries) */
} Bench;

typedef struct {
    double batch[MOST_ROUNDS], one[MOST_ROUNDS]; /* s a query */
    MihStats stats;                              /* of batches */
} Rounds;

static Status ask(Bench *b, int method, const uint8_t *queries, size_t n, size_t k, MihStats *stats,
                  Error *err) {
    TRY(bench_go_on(err));
    Hit *hits = b->hits + (size_t)method * b->data.n_queries * MOST_K;
    if (method == MIH)
        return mih_search(b->tables, queries, n, k, -1, NULL, hits, b->found, stats, b->pool, err);
    return scan_search(queries, n, b->data.codes, b->data.n, b->data.bits, k, -1, NULL, hits, b->found,
                       b->pool, err);
}

static Status time_batch(Bench *b, int method, size_t k, Rounds *t, int round, Error *err) {
    double start = log_clock(), spent = 0;
    size_t asked = 0;
    for (; asked == 0 || spent < SHORTEST; spent = log_clock() - start, asked += b->data.n_queries)
        TRY(ask(b, method, b->data.queries, b->data.n_queries, k, &t->stats, err));
    t->batch[round] = spent / (double)asked;
    return STATUS_OK;
}

static Status time_ones(Bench *b, int method, size_t k, Rounds *t, int round, Error *err) {
    double spent[SINGLES];
    size_t bytes = code_bytes(b->data.bits);
    for (int i = 0; i < SINGLES; i++) {
        size_t q = ((size_t)round * SINGLES + (size_t)i) % b->data.n_queries;
        double start = log_clock();
        TRY(ask(b, method, b->data.queries + q * bytes, 1, k, NULL, err));
        spent[i] = log_clock() - start;
    }
    t->one[round] = bench_median(spent, SINGLES);
    return STATUS_OK;
}

/* STATUS_INTERNAL unless both methods find the same hits for the whole batch. */
static Status compare(Bench *b, size_t k, Error *err) {
    for (int method = 0; method < 2; method++) {
        TRY(ask(b, method, b->data.queries, b->data.n_queries, k, NULL, err));
    }
    const Hit *scan = b->hits, *mih = b->hits + b->data.n_queries * MOST_K;
    for (size_t q = 0; q < b->data.n_queries; q++)
        for (size_t i = q * k; i < q * k + b->found[q]; i++)
            if (scan[i].row != mih[i].row || scan[i].distance != mih[i].distance)
                return error_set(err, STATUS_INTERNAL,
                                 "query %zu, k %zu: multi-index hashing differs from the scan", q, k);
    return STATUS_OK;
}

/* ---- Printing ---- */

static double ratio(const double *over, const double *of, int n) {
    double r[MOST_ROUNDS];
    for (int i = 0; i < n; i++) r[i] = over[i] / of[i];
    return bench_median(r, (size_t)n);
}

/* The codes that a scan compares in this time a query, as a share of what this machine reads in it. A batch compares the codes that it reads
 * once with many queries, so that its share may exceed 1. */
static double share_of_memory(const Bench *b, double query) {
    return (double)b->data.n * (double)code_bytes(b->data.bits) / query / b->memory;
}

/* The same for multi-index hashing: each bucket that is looked up and each candidate that is compared takes one line of the cache, from a
 * place that nothing foretells. */
static double share_of_lines(const Bench *b, const Rounds *own, double query) {
    const double line = 64;
    return line * (double)(own->stats.lookups + own->stats.candidates) / (double)own->stats.queries / query /
           b->memory;
}

static void print_json(const Bench *b, int method, size_t k, const Rounds *t, double batch, double one) {
    const Rounds *own = &t[method];
    printf("{");
    if (b->name) {
        printf("\"name\":");
        json_text(b->name);
        printf(",");
    }
    printf("\"n\":%zu,\"bits\":%d,\"k\":%zu,\"codes\":\"%s\",\"method\":\"%s\"", b->data.n, b->data.bits, k,
           b->data.kind, METHODS[method]);
    json_number_field("batch_queries_per_s", 1 / batch);
    json_number_field("one_query_ms", 1e3 * one);
    printf(",\"threads\":%d,\"kernel\":\"%s\",\"queries\":%zu,\"rounds\":%d", pool_threads(b->pool),
           scan_kernel_name(), b->data.n_queries, b->rounds);
    json_number_field("memory_gb_per_s", 1e-9 * b->memory);
    if (method == SCAN) {
        json_number_field("one_query_share_of_memory", share_of_memory(b, one));
        json_number_field("batch_share_of_memory", share_of_memory(b, batch));
    }
    if (method == MIH) {
        double asked = (double)own->stats.queries;
        printf(",\"substrings\":%d", mih_m(b->tables));
        json_number_field("tables_s", b->tables_s);
        json_number_field("candidates", (double)own->stats.candidates / asked);
        json_number_field("lookups", (double)own->stats.lookups / asked);
        json_number_field("one_query_lines_share_of_memory", share_of_lines(b, own, one));
        json_number_field("scanned", (double)own->stats.scanned / asked);
    }
    if (method == MIH && b->first == SCAN) {
        json_number_field("batch_over_scan", ratio(t[SCAN].batch, own->batch, b->rounds));
        json_number_field("one_over_scan", ratio(t[SCAN].one, own->one, b->rounds));
    }
    printf("}\n");
}

static void print_row(const Bench *b, int method, size_t k, const Rounds *t, double batch, double one) {
    const Rounds *own = &t[method];
    printf("%5zu  %-6s  %12.0f  %12.3f", k, METHODS[method], 1 / batch, 1e3 * one);
    if (method == SCAN)
        printf("  codes at %.2f of the speed of memory for one query, %.2f in a batch",
               share_of_memory(b, one), share_of_memory(b, batch));
    if (method == MIH)
        printf("  %12.0f  %6.0f %%  %6.2f", (double)own->stats.candidates / (double)own->stats.queries,
               100 * (double)own->stats.scanned / (double)own->stats.queries, share_of_lines(b, own, one));
    if (method == MIH && b->first == SCAN)
        printf("  %8.2f  %8.2f", ratio(t[SCAN].batch, own->batch, b->rounds),
               ratio(t[SCAN].one, own->one, b->rounds));
    printf("\n");
}

static void print(const Bench *b, int method, size_t k, const Rounds *t, bool json) {
    NN_REQUIRE(method == SCAN || method == MIH, "%d is no method", method);
    double batch[MOST_ROUNDS], one[MOST_ROUNDS];
    memcpy(batch, t[method].batch, sizeof batch);
    memcpy(one, t[method].one, sizeof one);
    (json ? print_json : print_row)(b, method, k, t, bench_median(batch, (size_t)b->rounds),
                                    bench_median(one, (size_t)b->rounds));
}

/* ---- The bench ---- */

static Status measure(Bench *b, size_t k, bool json, Error *err) {
    Rounds t[2];
    memset(t, 0, sizeof t);
    if (b->first == SCAN && b->last == MIH) TRY(compare(b, k, err));
    for (int round = 0; round < b->rounds; round++)
        for (int method = b->first; method <= b->last; method++) {
            TRY(time_batch(b, method, k, &t[method], round, err));
            TRY(time_ones(b, method, k, &t[method], round, err));
        }
    for (int method = b->first; method <= b->last; method++) print(b, method, k, t, json);
    fflush(stdout);
    return STATUS_OK;
}

static Status prepare(const Args *a, Bench *b, Error *err) {
    if (args_has(a, "dump")) TRY(bench_codes_dump(&b->data, args_get(a, "dump"), err));
    b->hits = mem_calloc(2 * MOST_K * b->data.n_queries, sizeof *b->hits);
    b->found = mem_calloc(b->data.n_queries, sizeof *b->found);
    if (!b->hits || !b->found) return mem_error(err, "the answers");
    if (b->last == SCAN) return STATUS_OK;
    double start = log_clock();
    TRY(mih_build(&b->tables, b->data.codes, b->data.n, b->data.bits, 0, NULL, b->pool, err));
    b->tables_s = log_clock() - start;
    return bench_go_on(err);
}

static Status measure_all(const Args *a, Bench *b, Error *err) {
    static const size_t ks[] = {1, 10, 100};
    bool json = args_has(a, "json");
    TRY(prepare(a, b, err));
    TRY(bench_memory_speed(b->pool, &b->memory, err));
    if (!json)
        printf("%zu codes of %d bits, %s; %d threads, %s, which read memory at %.1f GB/s; %d rounds\n"
               "    k  method     queries/s  one query ms    candidates   scanned  memory  times the scan "
               "(batch, one)\n",
               b->data.n, b->data.bits, b->data.kind, pool_threads(b->pool), scan_kernel_name(),
               1e-9 * b->memory, b->rounds);
    for (int i = 0; i < 3; i++) TRY(measure(b, ks[i], json, err));
    return STATUS_OK;
}

Status bench_search(Args *a, Error *err) {
    long n, queries, rounds;
    int method, bits;
    TRY(args_int(a, "n", 1, (long)UINT32_MAX - 1, &n, err));
    TRY(bench_read_bits(a, &bits, err));
    TRY(args_int(a, "queries", 1, 1 << 20, &queries, err));
    TRY(args_int(a, "rounds", 1, MOST_ROUNDS, &rounds, err));
    TRY(args_choice(a, "method", METHODS, &method, err));
    Bench b = {.pool = a->pool,
               .name = args_get(a, "name"),
               .rounds = (int)rounds,
               .first = method == MIH ? MIH : SCAN,
               .last = method == SCAN ? SCAN : MIH};
    bool asked = args_has(a, "bits") || strncmp(args_get(a, "codes"), "near:", 5) != 0;
    Status s = bench_codes_make(&b.data, args_get(a, "codes"), (size_t)n, (size_t)queries, asked ? bits : 0,
                                a->pool, err);
    if (s == STATUS_OK) s = measure_all(a, &b, err);
    mih_free(b.tables);
    mem_free(b.hits);
    mem_free(b.found);
    bench_codes_free(&b.data);
    return s;
}
