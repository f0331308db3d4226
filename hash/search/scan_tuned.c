/* The tuned scan. Its plan: queries in tiles, rows in pieces; one work item takes one tile through one piece, block by
 * block, so that all queries of a tile share one read of the codes. Few queries get many pieces, merged at the
 * end; many queries get one. */
#include "hash/search/scan.h"

#include <string.h>

#include "hash/code.h"
#include "hash/search/scan_kernels.h"
#include "hash/search/scan_top.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

enum {
    MOST_TILE = 128,
    SLICED_TILE = 6,
    ITEMS_A_THREAD = 4,
    SMALLEST_PIECE = 8 * SCAN_BLOCK,
    BLOCK_BYTES = 16384
};
/* Memory that the entries of one tile may take. */
enum { TILE_BYTES = 1 << 26 };

const ScanKernel *const *scan_kernels(size_t *n) {
#if defined(__x86_64__) && PART_FAST
    static const ScanKernel *const all[] = {&scan_plain, &scan_avx2, &scan_avx512};
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512vpopcntdq");
    *n = avx512 ? 3 : avx2 ? 2 : 1;
#else
    static const ScanKernel *const all[] = {&scan_plain};
    *n = 1;
#endif
    return all;
}

const ScanKernel *scan_kernel(void) {
    size_t n;
    const ScanKernel *const *all = scan_kernels(&n);
    return all[n - 1];
}

size_t scan_filter(const uint8_t *codes, size_t n, int bits, const uint8_t *query, int limit,
                   uint32_t *offset) {
    return scan_kernel()->filter(codes, n, bits, query, limit, offset);
}

/* Scratch of one worker. */
typedef struct {
    uint32_t *offset; /* (SCAN_BLOCK) */
    uint16_t *first;  /* (SCAN_BLOCK) */
    size_t *total;    /* (bins) */
    uint64_t *mask;   /* (tile, bits), NULL for small tiles */
    void *slices;     /* (block, bits/8), NULL for small tiles */
} Scratch;

typedef struct {
    const ScanKernel *kernel;
    const uint8_t *queries, *codes, *allowed;
    size_t n_queries, n, bytes, k, stride;
    size_t block, piece, n_pieces; /* rows, rows, pieces */
    size_t tile, n_tiles;          /* queries, tiles */
    size_t capacity, bins;         /* of a Top */
    int bits, radius;
    Hit *hits;
    size_t *found;
    Scratch *scratch; /* (workers) */
    Top *top;         /* (n_pieces > 1: items, else workers; tile) */
} Scan;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}
static size_t quotient_up(size_t a, size_t b) {
    return (a + b - 1) / b;
}

static void scan_block(const Scan *s, size_t first, size_t rows, size_t query, Top *top, const Scratch *own) {
    if (top->limit == 0) return;
    const uint8_t *codes = s->codes + first * s->bytes, *q = s->queries + query * s->bytes;
    size_t near = own->slices ? s->kernel->filter_slices(own->slices, rows, s->bits,
                                                         own->mask + query % s->tile * (size_t)s->bits,
                                                         top->limit, own->offset)
                              : s->kernel->filter(codes, rows, s->bits, q, top->limit, own->offset);
    for (size_t i = 0; i < near; i++) {
        size_t row = first + own->offset[i];
        if (s->allowed && !s->allowed[row]) continue;
        int distance = code_distance(q, codes + own->offset[i] * s->bytes, s->bits);
        if (distance < top->limit) top_push(top, (int64_t)row, distance);
    }
}

/* The k-th nearest distance of the first block bounds the one of all blocks. Without the bound every code of that block would
 * be an entry. */
static void lower_limit(const Scan *s, size_t row, size_t rows, const uint8_t *query, Top *top,
                        const Scratch *own) {
    memset(own->total, 0, s->bins * sizeof *own->total);
    s->kernel->distances(query, s->codes + row * s->bytes, rows, s->bits, own->first);
    for (size_t i = 0; i < rows; i++) own->total[own->first[i]] += !s->allowed || s->allowed[row + i];
    size_t nearer = 0;
    int limit = 0;
    while (limit < top->limit && nearer < s->k) nearer += own->total[limit++];
    top->limit = limit;
}

static void spread_bits(const uint8_t *query, int bits, uint64_t *mask) {
    for (int j = 0; j < bits; j++) mask[j] = query[j / 8] >> (j % 8) & 1 ? UINT64_MAX : 0;
}

static void scan_piece(const Scan *s, size_t tile, size_t piece, Top *top, const Scratch *own) {
    size_t query = tile * s->tile, queries = smaller(s->tile, s->n_queries - query);
    size_t end = smaller(s->n, (piece + 1) * s->piece);
    size_t start = piece * s->piece;
    for (size_t q = 0; q < queries; q++) {
        const uint8_t *code = s->queries + (query + q) * s->bytes;
        top_reset(&top[q], s->k, s->bits, s->radius);
        lower_limit(s, start, smaller(s->block, end - start), code, &top[q], own);
        if (own->mask) spread_bits(code, s->bits, own->mask + q * (size_t)s->bits);
    }
    for (size_t row = start; row < end; row += s->block) {
        size_t rows = smaller(s->block, end - row);
        if (own->slices) s->kernel->slice(s->codes + row * s->bytes, rows, s->bits, own->slices);
        for (size_t q = 0; q < queries; q++) scan_block(s, row, rows, query + q, &top[q], own);
    }
}

static void scan_item(void *ctx, int item, int worker) {
    const Scan *s = ctx;
    const Scratch *own = &s->scratch[worker];
    size_t tile = (size_t)item / s->n_pieces, query = tile * s->tile;
    Top *top = s->top + (s->n_pieces > 1 ? (size_t)item : (size_t)worker) * s->tile;
    scan_piece(s, tile, (size_t)item % s->n_pieces, top, own);
    if (s->n_pieces > 1) return;
    for (size_t q = 0; q < smaller(s->tile, s->n_queries - query); q++)
        s->found[query + q] =
            top_merge(&top[q], 1, s->k, s->bits, own->total, s->hits + (query + q) * s->stride);
}

static void merge_pieces(const Scan *s, Top *part) {
    for (size_t query = 0; query < s->n_queries; query++) {
        for (size_t p = 0; p < s->n_pieces; p++)
            part[p] = s->top[(query / s->tile * s->n_pieces + p) * s->tile + query % s->tile];
        s->found[query] =
            top_merge(part, s->n_pieces, s->k, s->bits, s->scratch->total, s->hits + query * s->stride);
    }
}

/* A block of codes stays in the first cache. The smaller k, the more queries of a tile fit. Many tiles: one
 * piece each. */
static void make_plan(Scan *s, size_t threads) {
    s->block = BLOCK_BYTES / s->bytes / SCAN_LANES * SCAN_LANES;
    s->block = s->block < SCAN_LANES ? SCAN_LANES : smaller(s->block, SCAN_BLOCK);
    size_t most = TILE_BYTES / sizeof(Hit) / top_capacity(s->k, s->n);
    s->n_tiles = quotient_up(s->n_queries, most < 1 ? 1 : smaller(most, MOST_TILE));
    s->tile = quotient_up(s->n_queries, s->n_tiles);
    s->n_tiles = quotient_up(s->n_queries, s->tile);
    size_t wanted =
        s->n_tiles >= ITEMS_A_THREAD * threads ? 1 : quotient_up(ITEMS_A_THREAD * threads, s->n_tiles);
    if (threads == 1) wanted = 1;
    s->piece =
        quotient_up(quotient_up(s->n, smaller(wanted, quotient_up(s->n, SMALLEST_PIECE))), SCAN_BLOCK) *
        SCAN_BLOCK;
    s->n_pieces = quotient_up(s->n, s->piece);
    s->capacity = top_capacity(s->k, smaller(s->piece, s->n));
    s->bins = (size_t)s->bits + 2;
}

/* ---- Memory ---- */

static void free_scratch(Scratch *own) {
    mem_free(own->offset);
    mem_free(own->first);
    mem_free(own->total);
    mem_free(own->mask);
    mem_free(own->slices);
}

static int make_scratch(const Scan *s, Scratch *own) {
    own->offset = mem_calloc(SCAN_BLOCK, sizeof *own->offset);
    own->first = mem_calloc(SCAN_BLOCK, sizeof *own->first);
    own->total = mem_calloc(s->bins, sizeof *own->total);
    int whole = own->offset && own->first && own->total;
    if (s->tile < SLICED_TILE) return whole;
    own->mask = mem_calloc(s->tile * (size_t)s->bits, sizeof *own->mask);
    own->slices = mem_aligned(s->block * s->bytes);
    return whole && own->mask && own->slices;
}

static void run_items(Scan *s, Hit *entries, size_t *counts, size_t tops, Top *part, Pool *pool) {
    for (size_t i = 0; i < tops; i++)
        s->top[i] =
            (Top){.hit = entries + i * s->capacity, .count = counts + i * s->bins, .capacity = s->capacity};
    pool_for(pool, (int)(s->n_tiles * s->n_pieces), scan_item, s);
    if (s->n_pieces > 1) merge_pieces(s, part);
}

static Status run(Scan *s, size_t threads, Pool *pool, Error *err) {
    size_t tops = (s->n_pieces > 1 ? s->n_tiles * s->n_pieces : threads) * s->tile;
    s->scratch = mem_calloc(threads, sizeof *s->scratch);
    s->top = mem_calloc(tops, sizeof *s->top);
    size_t *counts = mem_calloc(tops * s->bins, sizeof *counts);
    Hit *entries =
        s->capacity > SIZE_MAX / tops ? NULL : mem_realloc(NULL, tops * s->capacity, sizeof *entries);
    Top *part = mem_calloc(s->n_pieces, sizeof *part);
    int whole = s->scratch && s->top && counts && entries && part;
    for (size_t i = 0; whole && i < threads; i++) whole = make_scratch(s, &s->scratch[i]);
    if (whole) run_items(s, entries, counts, tops, part, pool);
    for (size_t i = 0; s->scratch && i < threads; i++) free_scratch(&s->scratch[i]);
    mem_free(part);
    mem_free(entries);
    mem_free(counts);
    mem_free(s->top);
    mem_free(s->scratch);
    return whole ? STATUS_OK : mem_error(err, "a search");
}

Status scan_tuned(const uint8_t *queries, size_t n_queries, const uint8_t *codes, size_t n, int bits,
                  size_t k, int radius, const uint8_t *allowed, Hit *hits, size_t *found, Pool *pool,
                  Error *err) {
    Scan s = {.kernel = scan_kernel(),
              .queries = queries,
              .codes = codes,
              .allowed = allowed,
              .n_queries = n_queries,
              .n = n,
              .bytes = code_bytes(bits),
              .k = smaller(k, n),
              .stride = k,
              .bits = bits,
              .radius = radius,
              .hits = hits,
              .found = found};
    size_t threads = (size_t)pool_threads(pool);
    make_plan(&s, threads);
    return run(&s, threads, pool, err);
}

size_t scan_count_tuned(const uint8_t *query, const uint8_t *codes, size_t n, int bits, int radius,
                        const uint8_t *allowed) {
    uint32_t offset[SCAN_BLOCK];
    size_t count = 0;
    for (size_t row = 0; row < n; row += SCAN_BLOCK) {
        size_t near = scan_filter(codes + row * code_bytes(bits), smaller(SCAN_BLOCK, n - row), bits, query,
                                  radius + 1, offset);
        for (size_t i = 0; i < near; i++) count += !allowed || allowed[row + offset[i]];
    }
    return count;
}
