/* `msach bench eval`: all measures of one direction of retrieval, on random codes and labels. */
#include "cmd/bench/bench.h"
#include "cmd/bench/bench_memory.h"
#include "cmd/bench/bench_report.h"
#include "eval/retrieval.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"

enum { QUERIES = 5000, DATABASE = 100000, BITS = 64, CLASSES = 10 };

typedef struct {
    CaseSet query, database;
    Pool *pool;
} Bench;

static Status evaluate(void *ctx, Error *err) {
    Bench *b = ctx;
    Retrieval r = {0};
    RetrievalTask task = {.query = &b->query, .database = &b->database, .from = MODALITY_IMAGE};
    Status s = evaluate_codes(&r, &task, b->pool, err);
    retrieval_free(&r);
    return s;
}

/* codes (n, BITS/8) and labels (n, CLASSES), one label a case. */
static void fill(uint8_t *codes, uint8_t *labels, size_t n) {
    Rng r = rng_stream(1, RNG_BENCH, 2);
    for (size_t i = 0; i < n * code_bytes(BITS); i++) codes[i] = (uint8_t)rng_u32(&r);
    for (size_t i = 0; i < n; i++) labels[i * CLASSES + rng_below(&r, CLASSES)] = 1;
}

static Status measure(Bench *b, double seconds, bool json, Error *err) {
    BenchReport r = {.bench = "eval"};
    Timing t;
    double memory;
    TRY(bench_repeat(evaluate, b, seconds, &t, err));
    TRY(bench_memory_speed(b->pool, &memory, err));
    double compared = (double)b->query.n * (double)b->database.n * (double)code_bytes(BITS);
    bench_add_ms(&r, "eval_ms", "all queries, ms", &t);
    bench_add_rate(&r, "eval_queries_per_s", "queries evaluated, a second", &t, (double)b->query.n);
    bench_add_number(&r, "memory_gb_per_s", "memory read, GB a second", 1e-9 * memory);
    bench_add_number(&r, "eval_share_of_memory", "codes compared, over the speed of memory",
                     compared / t.median / memory);
    bench_add_number(&r, "queries", "queries", (double)b->query.n);
    bench_add_number(&r, "database", "codes of the database", (double)b->database.n);
    bench_add_number(&r, "bits", "bits", BITS);
    bench_add_number(&r, "classes", "labels", CLASSES);
    bench_print(&r, b->pool, json);
    return STATUS_OK;
}

/* --queries and -n, where given; their defaults in the table of options are those of `bench search`. */
static Status sizes(const Args *a, size_t *queries, size_t *database, Error *err) {
    long q = QUERIES, n = DATABASE;
    if (args_has(a, "queries")) TRY(args_int(a, "queries", 1, 1000000, &q, err));
    if (args_has(a, "n")) TRY(args_int(a, "n", 1, 10000000, &n, err));
    *queries = (size_t)q;
    *database = (size_t)n;
    return STATUS_OK;
}

Status bench_eval(Args *a, Error *err) {
    long seconds;
    size_t queries, database;
    TRY(args_int(a, "seconds", 0, 3600, &seconds, err));
    TRY(sizes(a, &queries, &database, err));
    size_t n = queries + database;
    uint8_t *codes = mem_calloc(n, code_bytes(BITS)), *labels = mem_calloc(n, CLASSES);
    Status s = codes && labels ? STATUS_OK : mem_error(err, "the codes");
    if (s == STATUS_OK) {
        fill(codes, labels, n);
        Bench b = {.query = {.n = queries, .bits = BITS, .classes = CLASSES, .labels = labels},
                   .database = {.n = database,
                                .bits = BITS,
                                .classes = CLASSES,
                                .labels = labels + queries * CLASSES},
                   .pool = a->pool};
        b.query.code[MODALITY_IMAGE] = codes;
        b.database.code[MODALITY_TEXT] = codes + queries * code_bytes(BITS);
        s = measure(&b, (double)seconds, args_has(a, "json"), err);
    }
    mem_free(codes);
    mem_free(labels);
    return s;
}
