#include "cmd/bench/bench_codes.h"

#include <math.h>
#include <string.h>

#include "cmd/bench/bench_report.h"
#include "cmd/verbs.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/rng.h"

static const double FLIP = 0.05;
enum { SEED = 1, CHUNK = 65536 };
#define MOST_BASE_BYTES ((size_t)1 << 32)

typedef struct {
    const uint8_t *base; /* (n_base, bytes), NULL: random codes */
    size_t n_base, bytes, n;
    uint32_t stream; /* of the first chunk */
    uint8_t *out;
} Filling;

/* Bits from one flip to the next are geometrically distributed: P(gap > g) = (1 - p)^g. */
static size_t next_gap(Rng *r) {
    return (size_t)(log(1 - rng_uniform(r)) / log(1 - FLIP));
}

static void fill_chunk(void *ctx, int item, int worker) {
    (void)worker;
    const Filling *f = ctx;
    if (cmd_stop) return;
    Rng r = rng_stream(SEED, RNG_BENCH, f->stream + (uint32_t)item);
    size_t first = (size_t)item * CHUNK, end = f->n < first + CHUNK ? f->n : first + CHUNK;
    uint8_t *out = f->out + first * f->bytes;
    size_t bytes = (end - first) * f->bytes;
    for (size_t i = 0; !f->base && i < bytes; i++) out[i] = (uint8_t)rng_u32(&r);
    if (!f->base) return;
    for (size_t i = 0; i < end - first; i++)
        memcpy(out + i * f->bytes, f->base + rng_below(&r, (uint32_t)f->n_base) * f->bytes, f->bytes);
    for (size_t bit = next_gap(&r); bit < 8 * bytes; bit += 1 + next_gap(&r))
        out[bit / 8] ^= (uint8_t)(1 << (bit % 8));
}

static void fill(const Filling *f, Pool *pool) {
    Filling own = *f;
    pool_for(pool, (int)((f->n + CHUNK - 1) / CHUNK), fill_chunk, &own);
}

Status bench_read_bits(const Args *a, int *bits, Error *err) {
    long n;
    TRY(args_int(a, "bits", CODE_MIN_BITS, CODE_MAX_BITS, &n, err));
    if (n % 8) return args_wrong(a, err, "--bits is %ld; a multiple of 8 was expected", n);
    *bits = (int)n;
    return STATUS_OK;
}

static Status read_base(BenchCodes *c, const char *path, Npy *base, Error *err) {
    TRY(npy_read(base, path, MOST_BASE_BYTES, err));
    int64_t bits = base->rank == 2 ? 8 * base->dim[1] : 0;
    if (base->type != NPY_U8 || base->rank != 2 || base->dim[0] < 1 || bits < CODE_MIN_BITS ||
        bits > CODE_MAX_BITS)
        return error_set(err, STATUS_INPUT,
                         "%s: the array holds no codes; uint8 of rows x %d to %d bytes was expected, as "
                         "`msach encode` writes",
                         path, CODE_MIN_BITS / 8, CODE_MAX_BITS / 8);
    if (c->bits && c->bits != bits)
        return error_set(err, STATUS_INPUT, "%s: the codes have %d bits, but --bits is %d", path, (int)bits,
                         c->bits);
    c->bits = (int)bits;
    return STATUS_OK;
}

static Status make(BenchCodes *c, const Npy *base, Pool *pool, Error *err) {
    size_t bytes = code_bytes(c->bits);
    c->codes = mem_aligned(c->n * bytes);
    c->queries = mem_aligned(c->n_queries * bytes);
    if (!c->codes || !c->queries) return mem_error(err, "the codes");
    Filling f = {base->data, base->data ? (size_t)base->dim[0] : 0, bytes, c->n_queries, 0, c->queries};
    fill(&f, pool);
    f.stream = 1u << 20;
    f.n = c->n;
    f.out = c->codes;
    fill(&f, pool);
    return STATUS_OK;
}

Status bench_codes_make(BenchCodes *c, const char *kind, size_t n, size_t n_queries, int bits, Pool *pool,
                        Error *err) {
    Npy base = {0};
    *c = (BenchCodes){.kind = "random", .bits = bits, .n = n, .n_queries = n_queries};
    Status s = STATUS_OK;
    if (strncmp(kind, "near:", 5) == 0) {
        c->kind = "near";
        s = read_base(c, kind + 5, &base, err);
    } else if (strcmp(kind, "random") != 0) {
        return error_set(err, STATUS_USAGE, "msach bench: --codes '%s'; random or near:FILE.npy was expected",
                         kind);
    } else if (bits == 0) {
        c->bits = 64;
    }
    if (s == STATUS_OK) s = make(c, &base, pool, err);
    if (s == STATUS_OK) s = bench_go_on(err); /* an interrupt left codes out */
    npy_free(&base);
    return s;
}

static Status dump(const char *folder, const char *name, const uint8_t *codes, size_t n, int bits,
                   Error *err) {
    char *path = path_join(folder, name);
    if (!path) return mem_error(err, folder);
    const int64_t dim[2] = {(int64_t)n, bits / 8};
    Status s = npy_write(path, NPY_U8, 2, dim, codes, err);
    mem_free(path);
    return s;
}

Status bench_codes_dump(const BenchCodes *c, const char *folder, Error *err) {
    TRY(dir_make(folder, err));
    TRY(dump(folder, "codes.npy", c->codes, c->n, c->bits, err));
    return dump(folder, "queries.npy", c->queries, c->n_queries, c->bits, err);
}

void bench_codes_free(BenchCodes *c) {
    mem_free(c->codes);
    mem_free(c->queries);
}
