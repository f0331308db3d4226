/* `msach bench index`: an archive's file of n cases with random codes, in the folder of temporary files: how long writing it,
 * opening it, and opening it after a deletion take. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/bench/bench.h"
#include "cmd/bench/bench_codes.h"
#include "cmd/json_out.h"
#include "hash/code.h"
#include "hash/search/index.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"

enum { OPENINGS = 9 };

typedef struct {
    BenchCodes data;
    Pool *pool;
    const char *path;
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
    TRY(write_index(b, err));
    TRY(time_opening(b, &b->open_ms, err));
    TRY(first_search(b, err));
    double start = log_clock();
    TRY(index_delete(b->path, ids, 1, err));
    b->delete_ms = 1e3 * (log_clock() - start);
    return time_opening(b, &b->open_deleted_ms, err);
}

static void print(const Bench *b, int json) {
    const struct {
        const char *name, *words;
        double value;
    } fact[] = {{"write_s", "writing, s", b->write_s},
                {"open_ms", "opening, ms", b->open_ms},
                {"first_search_ms", "opening and one search, ms", b->first_ms},
                {"delete_ms", "deleting a case, ms", b->delete_ms},
                {"open_after_deletion_ms", "opening after that, ms", b->open_deleted_ms}};
    printf(json ? "{\"n\":%zu,\"bits\":%d" : "%zu cases, %d bits\n", b->data.n, b->data.bits);
    for (size_t i = 0; i < sizeof fact / sizeof fact[0]; i++) {
        if (json) {
            printf(",");
            json_name(stdout, fact[i].name);
            json_number(stdout, fact[i].value);
        } else {
            printf("%-28s %10.2f\n", fact[i].words, fact[i].value);
        }
    }
    if (json) printf("}\n");
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
    long n, bits;
    const char *folder = getenv("TMPDIR");
    char path[400];
    TRY(args_int(a, "n", 1, (long)UINT32_MAX - 1, &n, err));
    TRY(args_int(a, "bits", CODE_MIN_BITS, CODE_MAX_BITS, &bits, err));
    if (bits % 8)
        return error_set(err, STATUS_USAGE, "msach bench: --bits %ld; a multiple of 8 was expected", bits);
    TRY(args_pool(a, err));
    Bench b = {.pool = a->pool};
    snprintf(path, sizeof path, "%.360s/msach-bench-XXXXXX", folder ? folder : "/tmp");
    Status s = bench_codes_make(&b.data, "random", (size_t)n, 1, (int)bits, a->pool, err);
    if (s == STATUS_OK) s = measure_at(&b, path, err);
    if (s == STATUS_OK) print(&b, args_has(a, "json"));
    bench_codes_free(&b.data);
    return s;
}
