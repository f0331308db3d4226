/* The scan's plan: queries in tiles, rows in pieces; one work item takes one tile through one piece, block by
 * block, so that all queries of a tile ride one read of the codes. Few queries get many pieces, merged at the
 * end; many queries get one. */
#include "hash/scan.h"

#include <limits.h>

#include "hash/code.h"
#include "hash/scan_kernels.h"
#include "hash/scan_top.h"
#include "nn/base/alloc.h"

enum { TILE = 16, ITEMS_A_THREAD = 4, SMALLEST_PIECE = 16 * SCAN_BLOCK, BLOCK_BYTES = 16384, LANES = 512 };

static const ScanKernel *kernel(void) {
    return &scan_plain;
}

const char *scan_kernel_name(void) {
    return kernel()->name;
}

void scan_distances(const uint8_t *query, const uint8_t *codes, size_t n, int bits, uint16_t *distance) {
    kernel()->distances(query, codes, n, bits, distance);
}

typedef struct {
    const ScanKernel *kernel;
    const uint8_t *queries, *codes, *allowed;
    size_t n_queries, n, bytes, k, stride, block, piece, n_pieces;
    int bits, radius;
    Top *top;         /* (items or workers, TILE) */
    uint32_t *offset; /* (workers, SCAN_BLOCK) */
    size_t *total;    /* (workers, bits + 2) */
    Hit *hits;
    size_t *found;
} Scan;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Codes whose block stays in the first cache. */
static size_t block_rows(size_t bytes) {
    size_t rows = BLOCK_BYTES / bytes / LANES * LANES;
    return rows < LANES ? (size_t)LANES : smaller(rows, SCAN_BLOCK);
}

static void scan_block(const Scan *s, size_t first, size_t rows, const uint8_t *query, Top *top,
                       uint32_t *offset) {
    if (top->limit == 0) return;
    const uint8_t *codes = s->codes + first * s->bytes;
    size_t near = s->kernel->filter(codes, rows, s->bits, query, top->limit, offset);
    for (size_t i = 0; i < near; i++) {
        size_t row = first + offset[i];
        if (s->allowed && !s->allowed[row]) continue;
        int distance = code_distance(query, codes + offset[i] * s->bytes, s->bits);
        if (distance < top->limit) top_push(top, (int64_t)row, distance);
    }
}

static void scan_piece(const Scan *s, size_t tile, size_t piece, Top *top, uint32_t *offset) {
    const uint8_t *query = s->queries + tile * TILE * s->bytes;
    size_t queries = smaller(TILE, s->n_queries - tile * TILE);
    size_t end = smaller(s->n, (piece + 1) * s->piece);
    for (size_t q = 0; q < queries; q++) top_reset(&top[q], s->k, s->bits, s->radius);
    for (size_t row = piece * s->piece; row < end; row += s->block)
        for (size_t q = 0; q < queries; q++)
            scan_block(s, row, smaller(s->block, end - row), query + q * s->bytes, &top[q], offset);
}

static void scan_item(void *ctx, int item, int worker) {
    const Scan *s = ctx;
    size_t tile = (size_t)item / s->n_pieces, piece = (size_t)item % s->n_pieces;
    Top *top = s->top + (s->n_pieces > 1 ? (size_t)item : (size_t)worker) * TILE;
    scan_piece(s, tile, piece, top, s->offset + (size_t)worker * SCAN_BLOCK);
    if (s->n_pieces > 1) return;
    size_t queries = smaller(TILE, s->n_queries - tile * TILE);
    for (size_t q = 0; q < queries; q++)
        s->found[tile * TILE + q] =
            top_merge(&top[q], 1, s->k, s->bits, s->total + (size_t)worker * ((size_t)s->bits + 2),
                      s->hits + (tile * TILE + q) * s->stride);
}

static void merge_pieces(const Scan *s, Top *part) {
    for (size_t query = 0; query < s->n_queries; query++) {
        for (size_t p = 0; p < s->n_pieces; p++)
            part[p] = s->top[(query / TILE * s->n_pieces + p) * TILE + query % TILE];
        s->found[query] = top_merge(part, s->n_pieces, s->k, s->bits, s->total, s->hits + query * s->stride);
    }
}

static void plan_pieces(Scan *s, size_t tiles, size_t threads) {
    size_t wanted = tiles >= 2 * threads ? 1 : (ITEMS_A_THREAD * threads + tiles - 1) / tiles;
    size_t most = (s->n + SMALLEST_PIECE - 1) / SMALLEST_PIECE;
    wanted = smaller(wanted, most);
    s->piece = (s->n + wanted - 1) / wanted;
    s->piece = (s->piece + SCAN_BLOCK - 1) / SCAN_BLOCK * SCAN_BLOCK;
    s->n_pieces = (s->n + s->piece - 1) / s->piece;
}

static Status run(Scan *s, size_t tiles, size_t threads, Pool *pool, Error *err) {
    size_t tops = (s->n_pieces > 1 ? tiles * s->n_pieces : threads) * smaller(TILE, s->n_queries);
    size_t slots = (s->n_pieces > 1 ? tiles * s->n_pieces : threads) * TILE, bins = (size_t)s->bits + 2;
    size_t capacity = top_capacity(s->k, smaller(s->piece, s->n));
    s->top = mem_calloc(slots, sizeof *s->top);
    s->offset = mem_calloc(threads * SCAN_BLOCK, sizeof *s->offset);
    s->total = mem_calloc(threads * bins, sizeof *s->total);
    size_t *counts = mem_calloc(tops * bins, sizeof *counts);
    Hit *entries = capacity > SIZE_MAX / tops ? NULL : mem_realloc(NULL, tops * capacity, sizeof *entries);
    Top *part = mem_calloc(s->n_pieces, sizeof *part);
    int whole = s->top && s->offset && s->total && counts && entries && part;
    if (whole) {
        size_t used = smaller(TILE, s->n_queries);
        for (size_t i = 0; i < tops; i++) {
            Top *top = &s->top[i / used * TILE + i % used];
            *top = (Top){.hit = entries + i * capacity, .count = counts + i * bins, .capacity = capacity};
        }
        pool_for(pool, (int)(tiles * s->n_pieces), scan_item, s);
        if (s->n_pieces > 1) merge_pieces(s, part);
    }
    mem_free(part);
    mem_free(entries);
    mem_free(counts);
    mem_free(s->total);
    mem_free(s->offset);
    mem_free(s->top);
    return whole ? STATUS_OK : mem_error(err, "a search");
}

Status scan_search(const uint8_t *queries, size_t n_queries, const uint8_t *codes, size_t n, int bits,
                   size_t k, int radius, const uint8_t *allowed, Hit *hits, size_t *found, Pool *pool,
                   Error *err) {
    NN_REQUIRE(bits >= CODE_MIN_BITS && bits <= CODE_MAX_BITS && bits % 8 == 0, "bits %d", bits);
    NN_REQUIRE(radius >= -1, "radius %d", radius);
    for (size_t q = 0; q < n_queries; q++) found[q] = 0;
    if (k == 0 || n == 0) return STATUS_OK;
    Scan s = {.kernel = kernel(),
              .queries = queries,
              .codes = codes,
              .allowed = allowed,
              .n = n,
              .bytes = code_bytes(bits),
              .k = smaller(k, n),
              .stride = k,
              .block = block_rows(code_bytes(bits)),
              .bits = bits,
              .radius = radius};
    s.n_queries = n_queries, s.hits = hits, s.found = found;
    size_t threads = (size_t)pool_threads(pool), tiles = (n_queries + TILE - 1) / TILE;
    if (tiles == 0) return STATUS_OK;
    NN_REQUIRE(tiles < INT_MAX / 1024, "%zu queries", n_queries);
    plan_pieces(&s, tiles, threads);
    return run(&s, tiles, threads, pool, err);
}
