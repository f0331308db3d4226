/* `msach bench index`: writing, opening, searching and changing an index of n random codes, in the folder of temporary files. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/bench/bench.h"
#include "cmd/bench/bench_codes.h"
#include "cmd/bench/bench_memory.h"
#include "cmd/bench/bench_report.h"
#include "hash/code.h"
#include "hash/search/index.h"
#include "hash/search/index_change.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"

enum { OPENINGS = 9 };

typedef struct {
    BenchCodes data;
    Pool *pool;
    const char *path;
    double memory, size; /* bytes a second that this machine reads; bytes of the index */
    double write_s, open_ms, delete_ms, open_deleted_ms, first_ms;
} Bench;

static Status write_index(Bench *b, Error *err) {
    IndexBuilder *builder = NULL;
    size_t bytes = code_bytes(b->data.bits);
    double start = log_clock();
    Status s = index_builder_create(&builder, b->data.bits, "bench", err);
    for (size_t i = 0; s == STATUS_OK && i < b->data.n; i++) {
        char id[32];
        snprintf(id, sizeof id, "case%09zu", i);
        IndexCase c = {.id = id, .code = {b->data.codes + i * bytes, NULL}};
        s = index_builder_add(builder, &c, err);
        if (s == STATUS_OK) s = bench_go_on(err);
    }
    if (s == STATUS_OK) {
        index_builder_set_tables(builder, 0, b->pool);
        s = index_builder_write(builder, b->path, err);
    }
    index_builder_free(builder);
    b->write_s = log_clock() - start;
    return s;
}

static Status time_opening(const Bench *b, double *ms, Error *err) {
    double spent[OPENINGS];
    for (int i = 0; i < OPENINGS; i++) {
        Index *x;
        double start = log_clock();
        TRY(index_open(&x, b->path, err));
        spent[i] = 1e3 * (log_clock() - start);
        index_close(x);
    }
    *ms = bench_median(spent, OPENINGS);
    return STATUS_OK;
}

static Status first_search(Bench *b, Error *err) {
    Index *x;
    Hit hits[10];
    size_t found;
    double start = log_clock();
    TRY(index_open(&x, b->path, err));
    Status s =
        index_search(x, MODALITY_IMAGE, b->data.queries, 1, 10, -1, NULL, hits, &found, NULL, b->pool, err);
    index_close(x);
    b->first_ms = 1e3 * (log_clock() - start);
    return s;
}

static Status measure(Bench *b, Error *err) {
    const char *ids[] = {"case000000000"};
    struct stat at;
    TRY(bench_memory_speed(b->pool, &b->memory, err));
    TRY(write_index(b, err));
    if (stat(b->path, &at) != 0) return error_from_errno(err, b->path, "read");
    b->size = (double)at.st_size;
    TRY(time_opening(b, &b->open_ms, err));
    TRY(first_search(b, err));
    double start = log_clock();
    TRY(index_delete(b->path, ids, 1, err));
    b->delete_ms = 1e3 * (log_clock() - start);
    return time_opening(b, &b->open_deleted_ms, err);
}

static void print(const Bench *b, bool json) {
    BenchReport r = {.bench = "index"};
    if (!json) printf("%zu cases, %d bits\n", b->data.n, b->data.bits);
    bench_add_number(&r, "n", "cases", (double)b->data.n);
    bench_add_number(&r, "bits", "bits", b->data.bits);
    bench_add_number(&r, "write_s", "writing, s", b->write_s);
    bench_add_number(&r, "bytes", "bytes of the index", b->size);
    bench_add_number(&r, "memory_gb_per_s", "memory read, GB a second", 1e-9 * b->memory);
    bench_add_number(&r, "write_share_of_memory", "bytes written, over the speed of memory",
                     b->size / b->write_s / b->memory);
    bench_add_number(&r, "open_ms", "opening, ms", b->open_ms);
    bench_add_number(&r, "first_search_ms", "opening and one search, ms", b->first_ms);
    bench_add_number(&r, "delete_ms", "deleting a case, ms", b->delete_ms);
    bench_add_number(&r, "open_after_deletion_ms", "opening after the deletion, ms", b->open_deleted_ms);
    bench_print(&r, b->pool, json);
}

static Status measure_at(Bench *b, char *path, Error *err) {
    char lock[512];
    int fd = mkstemp(path);
    if (fd < 0) return error_from_errno(err, path, "write");
    sys_close(fd);
    b->path = path;
    Status s = measure(b, err);
    snprintf(lock, sizeof lock, "%s.lock", path);
    remove(lock);
    remove(path);
    return s;
}

Status bench_index(Args *a, Error *err) {
    long n;
    int bits;
    const char *folder = getenv("TMPDIR");
    char path[400];
    TRY(args_int(a, "n", 1, (long)UINT32_MAX - 1, &n, err));
    TRY(bench_read_bits(a, &bits, err));
    Bench b = {.pool = a->pool};
    snprintf(path, sizeof path, "%.360s/msach-bench-XXXXXX", folder ? folder : "/tmp");
    Status s = bench_codes_make(&b.data, "random", (size_t)n, 1, bits, a->pool, err);
    if (s == STATUS_OK) s = measure_at(&b, path, err);
    if (s == STATUS_OK) print(&b, args_has(a, "json"));
    bench_codes_free(&b.data);
    return s;
}
