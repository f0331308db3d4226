/* Multi-index hashing against the scan, and both against a naive search. */
#include "hash/search/mih.h"

#include <stdlib.h>
#include <string.h>

#include "hash/code.h"
#include "hash/search/mih_tables.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/oracle/oracle_rules.h"

static const MihBudget unlimited = {UINT64_MAX / 4, UINT64_MAX / 4};

/* Random codes; codes near one of few bases; few distinct values; all equal. */
enum { KINDS = 4 };

static void fill(uint8_t *codes, size_t n, int bits, int kind, uint32_t stream) {
    Rng rng = rng_stream(21, RNG_TEST, stream), base_rng = rng_stream(21, RNG_TEST, 99);
    size_t bytes = code_bytes(bits);
    uint8_t base[8][CODE_MAX_BITS / 8];
    for (int b = 0; b < 8; b++)
        for (size_t i = 0; i < bytes; i++) base[b][i] = (uint8_t)rng_u32(&base_rng);
    for (size_t i = 0; i < n; i++) {
        uint8_t *code = codes + i * bytes;
        memcpy(code, base[kind == 3 ? 0 : rng_below(&rng, 8)], bytes);
        for (int j = 0; j < bits; j++) {
            int flip = kind == 0 ? rng_below(&rng, 2) == 0 : kind == 1 ? rng_below(&rng, 20) == 0 : 0;
            code[j / 8] ^= (uint8_t)(flip << (j % 8));
        }
    }
}

typedef struct {
    size_t n, n_queries, k;
    int bits, m, radius, kind, filtered;
} Setting;

static int same_hits(const Hit *a, const Hit *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (a[i].row != b[i].row || a[i].distance != b[i].distance) return 0;
    return 1;
}

static MihStats check_same(const Setting *t, const MihBudget *budget, Pool *pool) {
    size_t bytes = code_bytes(t->bits);
    uint8_t *codes = malloc(t->n * bytes), *queries = malloc(t->n_queries * bytes), *allowed = malloc(t->n);
    Hit *hits = malloc(t->n_queries * t->k * sizeof *hits),
        *wanted = malloc(t->n_queries * t->k * sizeof *wanted);
    size_t *found = malloc(t->n_queries * sizeof *found), *n_wanted = malloc(t->n_queries * sizeof *found);
    Rng rng = rng_stream(21, RNG_TEST, 3);
    fill(codes, t->n, t->bits, t->kind, 1);
    fill(queries, t->n_queries, t->bits, t->kind == 2 ? 1 : t->kind, 2);
    for (size_t i = 0; i < t->n; i++) allowed[i] = rng_below(&rng, 4) != 0;
    const uint8_t *filter = t->filtered ? allowed : NULL;
    Mih *x;
    MihStats stats = {0};
    Error err;
    cr_assert_eq(mih_build(&x, codes, t->n, t->bits, t->m, filter, pool, &err), STATUS_OK);
    cr_assert_eq(mih_search_within(x, queries, t->n_queries, t->k, t->radius, filter, budget, hits, found,
                                   &stats, pool, &err),
                 STATUS_OK);
    cr_assert_eq(scan_search(queries, t->n_queries, codes, t->n, t->bits, t->k, t->radius, filter, wanted,
                             n_wanted, NULL, &err),
                 STATUS_OK);
    for (size_t q = 0; q < t->n_queries; q++) {
        cr_assert_eq(found[q], n_wanted[q],
                     "n %zu bits %d m %d k %zu radius %d kind %d query %zu: %zu, not %zu", t->n, t->bits,
                     t->m, t->k, t->radius, t->kind, q, found[q], n_wanted[q]);
        cr_assert(same_hits(hits + q * t->k, wanted + q * t->k, found[q]),
                  "n %zu bits %d m %d k %zu radius %d kind %d query %zu", t->n, t->bits, t->m, t->k,
                  t->radius, t->kind, q);
    }
    mih_free(x);
    free(codes), free(queries), free(allowed), free(hits), free(wanted), free(found), free(n_wanted);
    return stats;
}

Test(mih, equals_the_scan_for_every_number_of_substrings_k_radius_filter_and_kind_of_codes) {
    const size_t ks[] = {1, 10, 100, 700};
    const int radii[] = {-1, 0, 3, 9};
    for (int bits = 16; bits <= 64; bits += 24)
        for (int m = mih_fewest(bits) + (bits == 64); m <= mih_most(bits); m += bits == 64 ? 2 : 1)
            for (int kind = 0; kind < KINDS; kind++)
                for (int r = 0; r < 4; r++) {
                    Setting t = {.n = 500,
                                 .n_queries = 2,
                                 .k = ks[(m + kind + r) % 4],
                                 .bits = bits,
                                 .m = m,
                                 .radius = radii[r],
                                 .kind = kind,
                                 .filtered = (m + r) % 2};
                    if (bits / m > 16 && (radii[r] < 0 || radii[r] / m > 2))
                        continue; /* billions of lookups */
                    MihStats stats = check_same(&t, &unlimited, NULL);
                    cr_assert_eq(stats.scanned, 0);
                    cr_assert_eq(stats.queries, 2);
                }
}

Test(mih, finds_the_rows_of_the_oracle) {
    enum { N = 200, BITS = 32, K = 12 };
    for (int kind = 0; kind < KINDS; kind++) {
        uint8_t codes[N * BITS / 8], query[BITS / 8];
        int bit[N * BITS], asked[BITS], row[K];
        Hit hit[K];
        size_t found;
        Mih *x;
        Error err;
        fill(codes, N, BITS, kind, 4), fill(query, 1, BITS, kind, 5);
        for (int i = 0; i < N * BITS; i++) bit[i] = codes[i / 8] >> (i % 8) & 1;
        for (int j = 0; j < BITS; j++) asked[j] = query[j / 8] >> (j % 8) & 1;
        cr_assert_eq(mih_build(&x, codes, N, BITS, 4, NULL, NULL, &err), STATUS_OK);
        MihStats stats = {0};
        cr_assert_eq(mih_search_within(x, query, 1, K, -1, NULL, &unlimited, hit, &found, &stats, NULL, &err),
                     STATUS_OK);
        cr_assert(found == K && stats.scanned == 0);
        oracle_nearest(asked, bit, N, BITS, K, row);
        for (int i = 0; i < K; i++) {
            cr_assert_eq(hit[i].row, row[i], "kind %d hit %d", kind, i);
            cr_assert_eq(hit[i].distance, oracle_hamming(asked, bit + row[i] * BITS, BITS));
        }
        mih_free(x);
    }
}

Test(mih, equals_the_scan_at_widths_that_no_substring_divides) {
    const int widths[] = {24, 40, 72, 136, 200, 256, 520, 1024};
    for (int i = 0; i < 8; i++)
        for (int m = mih_fewest(widths[i]); m <= mih_most(widths[i]); m += 1 + widths[i] / 100) {
            Setting t = {.n = 300,
                         .n_queries = 2,
                         .k = 300,
                         .bits = widths[i],
                         .m = m,
                         .radius = 2 * m - 1,
                         .kind = 1};
            if (widths[i] / m > 24) t.radius = m; /* 0 and 1 bits away in a substring */
            cr_assert_eq(check_same(&t, &unlimited, NULL).scanned, 0);
        }
}

Test(mih, hashed_tables_equal_the_scan_where_values_share_buckets) {
    for (int kind = 0; kind < KINDS; kind++) {
        Setting t = {.n = 40, .n_queries = 8, .k = 7, .bits = 64, .m = 2, .radius = 5, .kind = kind};
        cr_assert_eq(check_same(&t, &unlimited, NULL).scanned, 0); /* 32 bits of value, 5 bits of bucket */
    }
}

Test(mih, any_budget_gives_the_same_answer_and_none_leaves_it_to_the_scan) {
    Pool *pool;
    cr_assert_eq(pool_create(&pool, 3, NULL), STATUS_OK);
    const uint64_t units = 20 * 64;
    uint64_t scanned_before = UINT64_MAX;
    for (uint64_t most = 0; most < 1 << 16; most = most ? most * 2 : 1) {
        MihBudget budget = {most * units / 4, most * units};
        Setting t = {.n = 20000, .n_queries = 40, .k = 10, .bits = 64, .m = 4, .radius = -1, .kind = 1};
        MihStats stats = check_same(&t, &budget, pool);
        cr_assert(stats.scanned <= scanned_before);
        if (most == 0) cr_assert_eq(stats.scanned, 40);
        scanned_before = stats.scanned;
    }
    cr_assert_eq(scanned_before, 0);
    pool_free(pool);
}

Test(mih, looks_at_few_candidates_where_codes_are_near_and_leaves_full_buckets_to_the_scan) {
    enum { N = 300000, QUERIES = 20, BITS = 64 };
    uint8_t *codes = malloc(N * BITS / 8), *queries = malloc(QUERIES * BITS / 8);
    Hit hits[QUERIES * 10], wanted[QUERIES * 10];
    size_t found[QUERIES], n_wanted[QUERIES];
    for (int kind = 0; kind < KINDS; kind++) {
        Mih *x;
        MihStats stats = {0};
        fill(codes, N, BITS, kind, 1);
        if (kind == 1) { /* 30,000 bases rather than 8 */
            fill(codes, N / 10, BITS, 0, 1);
            for (size_t i = N / 10; i < N; i++) {
                memcpy(codes + 8 * i, codes + 8 * (i % (N / 10)), 8);
                codes[8 * i + i % 8] ^= (uint8_t)(1 << (i / 8 % 8));
            }
        }
        memcpy(queries, codes + 8 * 1000, sizeof(uint8_t) * QUERIES * 8);
        cr_assert_eq(mih_build(&x, codes, N, BITS, 0, NULL, NULL, NULL), STATUS_OK);
        cr_assert_eq(mih_search(x, queries, QUERIES, 10, -1, NULL, hits, found, &stats, NULL, NULL),
                     STATUS_OK);
        scan_search(queries, QUERIES, codes, N, BITS, 10, -1, NULL, wanted, n_wanted, NULL, NULL);
        for (size_t q = 0; q < QUERIES; q++)
            cr_assert(found[q] == 10 && n_wanted[q] == 10 && same_hits(hits + 10 * q, wanted + 10 * q, 10),
                      "kind %d", kind);
        cr_assert_eq(stats.queries, QUERIES);
        cr_assert_eq(stats.scanned, kind == 1 ? 0 : QUERIES, "kind %d: %d scanned", kind, (int)stats.scanned);
        cr_assert_lt(stats.candidates, QUERIES * N / 50);
        mih_free(x);
    }
    free(codes), free(queries);
}

Test(mih, its_bytes_open_again_and_damage_is_refused_or_harmless) {
    enum { N = 200, BITS = 32 };
    uint8_t codes[N * BITS / 8], queries[4 * BITS / 8];
    fill(codes, N, BITS, 1, 1);
    fill(queries, 4, BITS, 1, 2);
    Mih *x, *again;
    size_t size, found[4], wanted[4];
    Hit hits[4 * 9], expected[4 * 9];
    cr_assert_eq(mih_build(&x, codes, N, BITS, 3, NULL, NULL, NULL), STATUS_OK);
    const void *bytes = mih_bytes(x, &size);
    unsigned char *copy = mem_aligned(size);
    memcpy(copy, bytes, size);
    cr_assert_eq(mih_open(&again, copy, size, codes, N, BITS, NULL), STATUS_OK);
    cr_assert_eq(mih_m(again), 3);
    mih_search_within(x, queries, 4, 9, -1, NULL, &unlimited, expected, wanted, NULL, NULL, NULL);
    mih_search_within(again, queries, 4, 9, -1, NULL, &unlimited, hits, found, NULL, NULL, NULL);
    for (size_t q = 0; q < 4; q++)
        cr_assert(found[q] == wanted[q] && same_hits(hits + 9 * q, expected + 9 * q, found[q]));
    mih_free(again);
    cr_assert_eq(mih_open(&again, copy, size - 64, codes, N, BITS, NULL), STATUS_INPUT);
    cr_assert_eq(mih_open(&again, copy, 8, codes, N, BITS, NULL), STATUS_INPUT);
    cr_assert_eq(mih_open(&again, copy, size, codes, N - 1, BITS, NULL), STATUS_INPUT);
    cr_assert_eq(mih_open(&again, copy, size, codes, N, 24, NULL), STATUS_INPUT);
    for (size_t at = 0; at < size; at++) {
        copy[at] ^= 0xFF;
        if (mih_open(&again, copy, size, codes, N, BITS, NULL) == STATUS_OK) {
            mih_search_within(again, queries, 4, 9, -1, NULL, &unlimited, hits, found, NULL, NULL, NULL);
            for (size_t q = 0; q < 4; q++) cr_assert_lt(found[q], 10);
            mih_free(again);
        }
        copy[at] ^= 0xFF;
    }
    mem_free(copy);
    mih_free(x);
}

Test(mih, memory_that_runs_out_is_an_error_or_the_right_answer) {
    enum { N = 2000, BITS = 64 };
    uint8_t *codes = malloc(N * BITS / 8);
    Hit *hits = malloc(N * sizeof *hits);
    size_t found;
    int failures = 0;
    fill(codes, N, BITS, 2, 1);
    for (long n = 1; n < 40; n++) {
        Mih *x;
        mem_fail_at(n, 0);
        Status s = mih_build(&x, codes, N, BITS, 4, NULL, NULL, NULL);
        if (s == STATUS_OK) {
            s = mih_search_within(x, codes, 1, N, -1, NULL, &unlimited, hits, &found, NULL, NULL, NULL);
            if (s == STATUS_OK) cr_assert_eq(found, N);
            mih_free(x);
        }
        mem_fail_at(0, 0);
        cr_assert(s == STATUS_OK || s == STATUS_IO);
        failures += s == STATUS_IO;
    }
    cr_assert_gt(failures, 3);
    free(codes), free(hits);
}

Test(mih, chooses_substrings_of_about_log2_n_bits) {
    cr_assert_eq(mih_substrings(64, 10000000), 3);
    cr_assert_eq(mih_substrings(128, 10000000), 6);
    cr_assert_eq(mih_substrings(64, 1), 8);
    cr_assert_eq(mih_substrings(16, 10), 2);
    cr_assert_eq(mih_substrings(16, 100000000), 1);
    cr_assert_eq(mih_substrings(1024, 1000), 114);
    cr_assert_eq(mih_fewest(1024), 16);
    cr_assert_eq(mih_most(16), 2);
}

Test(mih, refuses_substrings_that_a_word_cannot_hold, .signal = SIGABRT) {
    uint8_t code[32] = {0};
    Mih *x;
    mih_build(&x, code, 1, 256, 3, NULL, NULL, NULL);
}

/* Codes of few clusters: short substrings would find whole clusters, so longer ones than the paper's are taken. */
Test(mih, random_codes_are_left_to_the_scan_at_once_and_clustered_ones_are_not) {
    enum { N = 40000, BYTES = 16, QUERIES = 20 };
    uint8_t *codes = malloc(N * BYTES);
    Hit hits[QUERIES * 10];
    size_t found[QUERIES];
    for (int kind = 0; kind < 2; kind++) {
        fill(codes, N, 8 * BYTES, kind, 5);
        Mih *x, *again;
        size_t size;
        MihStats stats = {0};
        cr_assert_eq(mih_build(&x, codes, N, 8 * BYTES, 0, NULL, NULL, NULL), STATUS_OK);
        const void *data = mih_bytes(x, &size);
        cr_assert_eq(mih_open(&again, data, size, codes, N, 8 * BYTES, NULL), STATUS_OK);
        cr_assert(memcmp(x->expected, again->expected, sizeof x->expected) == 0);
        cr_assert_eq(mih_search(again, codes, QUERIES, 10, -1, NULL, hits, found, &stats, NULL, NULL),
                     STATUS_OK);
        /* nine tenths of what AVX2's scan costs: the random ones cost more, the clustered ones less */
        cr_assert((x->expected[1] > 1000 * (BYTES / 8) * MIH_COST_SCAN / 10 * 9) == (kind == 0),
                  "kind %d: %u", kind, (unsigned)x->expected[1]);
        if (kind == 0) cr_assert(stats.scanned == QUERIES && stats.lookups == 0);
        cr_assert(hits[0].row == 0 && hits[0].distance == 0);
        mih_free(again);
        mih_free(x);
    }
    free(codes);
}

Test(mih, clustered_codes_get_fewer_substrings_than_the_papers_rule_and_the_same_answers) {
    enum { N = 100000, BITS = 64 };
    uint8_t *codes = malloc(N * BITS / 8), queries[16 * BITS / 8];
    Hit hits[160], wanted[160];
    size_t found[16], n_wanted[16];
    Mih *x;
    MihStats stats = {0};
    fill(codes, N, BITS, 1, 1);
    fill(queries, 16, BITS, 1, 2);
    cr_assert_eq(mih_build(&x, codes, N, BITS, 0, NULL, NULL, NULL), STATUS_OK);
    cr_assert_lt(mih_m(x), mih_substrings(BITS, N));
    cr_assert_eq(mih_search(x, queries, 16, 10, -1, NULL, hits, found, &stats, NULL, NULL), STATUS_OK);
    scan_search(queries, 16, codes, N, BITS, 10, -1, NULL, wanted, n_wanted, NULL, NULL);
    for (size_t q = 0; q < 16; q++)
        cr_assert(found[q] == 10 && same_hits(hits + 10 * q, wanted + 10 * q, 10), "query %zu", q);
    cr_assert_eq(stats.queries, 16);
    mih_free(x);
    free(codes);
}
