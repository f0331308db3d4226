#include "hash/search/scan.h"

#include <stdlib.h>
#include <string.h>

#include "hash/code.h"
#include "hash/search/scan_kernels.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/check.h"

/* Codes of several kinds: random; few distinct values (long ties); one bit from the query; all
 * equal. */
enum { KINDS = 4 };

static void fill(uint8_t *codes, size_t n, int bits, int kind, uint32_t stream) {
    Rng rng = rng_stream(7, RNG_TEST, stream);
    size_t bytes = code_bytes(bits);
    for (size_t i = 0; i < n; i++) {
        uint8_t *code = codes + i * bytes;
        uint32_t base = rng_below(&rng, 3), flip = rng_below(&rng, (uint32_t)bits);
        for (size_t b = 0; b < bytes; b++)
            code[b] = kind == 0   ? (uint8_t)rng_u32(&rng)
                      : kind == 1 ? (uint8_t)(base * 85)
                      : kind == 2 ? 0xA5
                                  : 0;
        if (kind == 2) code[flip / 8] ^= (uint8_t)(1 << (flip % 8));
    }
}

static int compare_hits(const void *a, const void *b) {
    const Hit *x = a, *y = b;
    if (x->distance != y->distance) return x->distance - y->distance;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* All allowed rows within the radius, sorted: the definition. */
static size_t sorted_hits(const uint8_t *query, const uint8_t *codes, size_t n, int bits, int radius,
                          const uint8_t *allowed, Hit *hits) {
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        int d = code_distance(query, codes + i * code_bytes(bits), bits);
        if ((!allowed || allowed[i]) && (radius < 0 || d <= radius)) hits[found++] = (Hit){(int64_t)i, d};
    }
    qsort(hits, found, sizeof *hits, compare_hits);
    return found;
}

static void check_search(size_t n, int bits, size_t n_queries, size_t k, int radius, int filtered, int kind,
                         Pool *pool) {
    size_t bytes = code_bytes(bits);
    uint8_t *codes = malloc(n * bytes + 1), *queries = malloc(n_queries * bytes), *allowed = malloc(n + 1);
    Hit *hits = malloc((n_queries * k + 1) * sizeof *hits), *wanted = malloc((n + 1) * sizeof *wanted);
    size_t *found = malloc(n_queries * sizeof *found);
    fill(codes, n, bits, kind, 1);
    fill(queries, n_queries, bits, kind, 2);
    Rng rng = rng_stream(3, RNG_TEST, 3);
    for (size_t i = 0; i < n; i++) allowed[i] = rng_below(&rng, 3) != 0;
    const uint8_t *filter = filtered ? allowed : NULL;
    Error err;
    cr_assert_eq(scan_search(queries, n_queries, codes, n, bits, k, radius, filter, hits, found, pool, &err),
                 STATUS_OK);
    for (size_t q = 0; q < n_queries; q++) {
        Hit *plain = malloc((k + 1) * sizeof *plain);
        cr_assert_eq(scan_nearest(queries + q * bytes, codes, n, bits, k, radius, filter, plain), found[q]);
        for (size_t i = 0; i < found[q]; i++)
            cr_assert(plain[i].row == hits[q * k + i].row && plain[i].distance == hits[q * k + i].distance,
                      "the plain loop: n %zu bits %d k %zu query %zu hit %zu", n, bits, k, q, i);
        free(plain);
        size_t all = sorted_hits(queries + q * bytes, codes, n, bits, radius, filter, wanted);
        cr_assert_eq(found[q], all < k ? all : k, "n %zu bits %d k %zu kind %d: %zu found of %zu", n, bits, k,
                     kind, found[q], all);
        for (size_t i = 0; i < found[q]; i++)
            cr_assert(hits[q * k + i].row == wanted[i].row && hits[q * k + i].distance == wanted[i].distance,
                      "n %zu bits %d k %zu kind %d query %zu hit %zu", n, bits, k, kind, q, i);
    }
    free(codes), free(queries), free(allowed), free(hits), free(wanted), free(found);
}

Test(scan, finds_the_k_nearest_in_the_order_of_distance_and_row_at_every_width) {
    for (int bits = CODE_MIN_BITS; bits <= CODE_MAX_BITS; bits += 8)
        check_search(700, bits, 3, 10, -1, 0, bits / 8 % KINDS, NULL);
}

Test(scan, agrees_with_sorting_for_every_k_radius_filter_and_kind_of_codes) {
    Pool *pool;
    cr_assert_eq(pool_create(&pool, 3, NULL), STATUS_OK);
    const size_t ks[] = {1, 2, 10, 100, 5000, 20000};
    const int radii[] = {-1, 0, 5, 30, 64};
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 6; i++)
            for (int r = 0; r < 5; r++)
                for (int filtered = 0; filtered < 2; filtered++)
                    check_search(5000, 64, 2, ks[i], radii[r], filtered, kind, pool);
    pool_free(pool);
}

Test(scan, many_rows_and_many_queries_give_the_same_at_any_number_of_threads) {
    for (int threads = 1; threads <= 4; threads++) {
        Pool *pool;
        cr_assert_eq(pool_create(&pool, threads, NULL), STATUS_OK);
        check_search(140000, 24, 1, 50, -1, 1, 0, pool);
        check_search(70000, 64, 18, 10, -1, 0, 0, pool);
        check_search(3000, 128, 150, 7, -1, 0, 0, pool);
        pool_free(pool);
    }
}

Test(scan, no_rows_no_queries_and_no_k_find_nothing) {
    uint8_t code[2] = {1, 2};
    Hit hits[1];
    size_t found = 9;
    cr_assert_eq(scan_search(code, 1, code, 0, 16, 1, -1, NULL, hits, &found, NULL, NULL), STATUS_OK);
    cr_assert_eq(found, 0);
    found = 9;
    cr_assert_eq(scan_search(code, 1, code, 1, 16, 0, -1, NULL, hits, &found, NULL, NULL), STATUS_OK);
    cr_assert_eq(found, 0);
    cr_assert_eq(scan_search(code, 0, code, 1, 16, 1, -1, NULL, hits, NULL, NULL, NULL), STATUS_OK);
}

/* One kernel, one block: both filters against the distances counted bit by bit, at limits around every
 * distance that occurs. */
static void check_kernel(const ScanKernel *kernel, size_t n, int bits, int kind) {
    size_t bytes = code_bytes(bits), padded = (n + SCAN_LANES - 1) / SCAN_LANES * SCAN_LANES;
    uint8_t *codes = malloc(n * bytes), query[CODE_MAX_BITS / 8];
    void *slices = mem_aligned(padded * bytes);
    uint64_t mask[CODE_MAX_BITS];
    uint32_t *offset = malloc(n * sizeof *offset), *sliced = malloc(n * sizeof *sliced);
    uint16_t *distance = malloc(n * sizeof *distance);
    fill(codes, n, bits, kind, 8);
    fill(query, 1, bits, kind == 3 ? 3 : 0, 9);
    for (int j = 0; j < bits; j++) mask[j] = query[j / 8] >> (j % 8) & 1 ? UINT64_MAX : 0;
    kernel->distances(query, codes, n, bits, distance);
    kernel->slice(codes, n, bits, slices);
    for (int limit = 0; limit <= bits + 1; limit += 1 + bits / 40) {
        size_t found = kernel->filter(codes, n, bits, query, limit, offset), wanted = 0;
        cr_assert_eq(kernel->filter_slices(slices, n, bits, mask, limit, sliced), found, "%s", kernel->name);
        for (size_t i = 0; i < n; i++) {
            int d = 0;
            for (size_t j = 0; j < bytes * 8; j++)
                d += (codes[i * bytes + j / 8] ^ query[j / 8]) >> (j % 8) & 1;
            cr_assert_eq(distance[i], d, "%s, %d bits", kernel->name, bits);
            if (d >= limit) continue;
            cr_assert(wanted < found && offset[wanted] == i && sliced[wanted] == i,
                      "%s, %d bits, kind %d, limit %d, row %zu", kernel->name, bits, kind, limit, i);
            wanted++;
        }
        cr_assert_eq(wanted, found);
    }
    free(codes), mem_free(slices), free(offset), free(sliced), free(distance);
}

Test(scan, every_kernel_of_this_machine_agrees_with_counting_bit_by_bit) {
    size_t n_kernels;
    const ScanKernel *const *kernels = scan_kernels(&n_kernels);
    const size_t sizes[] = {1, 3, 63, 64, 255, 257, 511, 515};
    cr_assert_str_eq(scan_kernel_name(), kernels[n_kernels - 1]->name);
    for (size_t i = 0; i < n_kernels; i++)
        for (int bits = CODE_MIN_BITS; bits <= CODE_MAX_BITS; bits += bits < 144 ? 8 : 128 - bits % 128)
            for (int kind = 0; kind < KINDS; kind++)
                check_kernel(kernels[i], sizes[(bits / 8 + kind) % 8], bits, kind);
    for (size_t i = 0; i < n_kernels; i++) check_kernel(kernels[i], SCAN_BLOCK, 64, 0);
}

Test(scan, memory_that_runs_out_is_an_error_and_no_crash) {
    uint8_t codes[64] = {0};
    Hit hits[4];
    size_t found;
    int failures = 0;
    for (long n = 1; n < 20; n++) {
        Error err;
        mem_fail_at(n, 0);
        Status s = scan_search(codes, 1, codes, 8, 64, 4, -1, NULL, hits, &found, NULL, &err);
        mem_fail_at(0, 0);
        cr_assert(s == STATUS_OK || s == STATUS_IO);
        failures += s == STATUS_IO;
    }
    cr_assert_gt(failures, 3);
}

Test(scan, refuses_a_width_that_no_code_has, .signal = SIGABRT) {
    uint8_t code[3] = {0};
    Hit hit;
    size_t found;
    scan_search(code, 1, code, 1, 20, 1, -1, NULL, &hit, &found, NULL, NULL);
}
