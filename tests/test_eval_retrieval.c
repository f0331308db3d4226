/* Whole rankings: the histogram against sorting, any order of the database, any number of threads, other programs. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "eval/retrieval.h"
#include "nn/base/rng.h"
#include "tests/case_sets.h"
#include "tests/check.h"

typedef struct {
    size_t queries, database;
    int bits, classes;
    uint8_t *query_codes, *database_codes, *query_labels, *database_labels;
} Data;

/* Codes of `kinds` random words with bits flipped, each kind with its own label; some cases have a second
 * label. */
static void fill(Rng *r, size_t n, int bits, int classes, int kinds, uint8_t *codes, uint8_t *labels) {
    size_t bytes = (size_t)bits / 8, width = (size_t)classes;
    for (size_t i = 0; i < n; i++) {
        uint32_t kind = rng_below(r, (uint32_t)kinds);
        Rng word = rng_stream(9, RNG_TEST, kind);
        for (size_t b = 0; b < bytes; b++)
            codes[i * bytes + b] = (uint8_t)(rng_u32(&word) ^ (rng_u32(r) & rng_u32(r) & rng_u32(r)));
        memset(labels + i * width, 0, width);
        labels[i * width + kind * width / (size_t)kinds] = 1;
        if (rng_below(r, 4) == 0) labels[i * width + rng_below(r, (uint32_t)classes)] = 7;
    }
}

static Data make_data(size_t queries, size_t database, int bits, int classes, int kinds, uint64_t seed) {
    size_t bytes = (size_t)bits / 8, width = (size_t)classes;
    Data d = {queries,
              database,
              bits,
              classes,
              malloc(queries * bytes),
              malloc(database * bytes),
              malloc(queries * width),
              malloc(database * width)};
    Rng r = rng_stream(seed, RNG_TEST, 0);
    fill(&r, queries, bits, classes, kinds, d.query_codes, d.query_labels);
    fill(&r, database, bits, classes, kinds, d.database_codes, d.database_labels);
    return d;
}

static void free_data(Data *d) {
    free(d->query_codes);
    free(d->database_codes);
    free(d->query_labels);
    free(d->database_labels);
}

/* The task between the two sets of a Data. */
typedef struct {
    CaseSet query, database;
} Sets;

static Sets sets_of(const Data *d) {
    return (Sets){case_set(d->queries, d->bits, d->query_codes, d->classes, d->query_labels),
                  case_set(d->database, d->bits, d->database_codes, d->classes, d->database_labels)};
}

static Status evaluate(Retrieval *r, const Sets *s, bool other_groups, Pool *pool, Error *err) {
    return evaluate_codes(r, &(RetrievalTask){&s->query, &s->database, MODALITY_IMAGE, other_groups}, pool,
                          err);
}

static void reorder_database(Data *d, uint64_t seed) {
    size_t bytes = (size_t)d->bits / 8, width = (size_t)d->classes;
    Rng r = rng_stream(seed, RNG_TEST, 5);
    for (size_t i = d->database; i > 1; i--) {
        size_t j = rng_below(&r, (uint32_t)i), k = i - 1;
        for (size_t b = 0; b < bytes && j != k; b++) {
            uint8_t swap = d->database_codes[j * bytes + b];
            d->database_codes[j * bytes + b] = d->database_codes[k * bytes + b];
            d->database_codes[k * bytes + b] = swap;
        }
        for (size_t c = 0; c < width && j != k; c++) {
            uint8_t swap = d->database_labels[j * width + c];
            d->database_labels[j * width + c] = d->database_labels[k * width + c];
            d->database_labels[k * width + c] = swap;
        }
    }
}

/* ---- A plain restatement: distance bit by bit, AP by counting how many items stand before each relevant one
 * ---- */

static int plain_distance(const uint8_t *a, const uint8_t *b, int bits) {
    int sum = 0;
    for (int j = 0; j < bits; j++) sum += ((a[j / 8] ^ b[j / 8]) >> (j % 8)) & 1;
    return sum;
}

static int plain_relevant(const uint8_t *a, const uint8_t *b, int classes) {
    for (int c = 0; c < classes; c++)
        if (a[c] && b[c]) return 1;
    return 0;
}

/* The optimistic bound, which needs no expectation: relevant items first in each tie. */
static double plain_optimistic(const Data *d, size_t q) {
    size_t bytes = (size_t)d->bits / 8, width = (size_t)d->classes;
    double sum = 0.0;
    size_t all = 0;
    for (size_t i = 0; i < d->database; i++) {
        if (!plain_relevant(d->query_labels + q * width, d->database_labels + i * width, d->classes))
            continue;
        int own = plain_distance(d->query_codes + q * bytes, d->database_codes + i * bytes, d->bits);
        size_t rank = 1, found = 1;
        for (size_t j = 0; j < d->database; j++) {
            int relevant =
                plain_relevant(d->query_labels + q * width, d->database_labels + j * width, d->classes);
            int other = plain_distance(d->query_codes + q * bytes, d->database_codes + j * bytes, d->bits);
            int before = other < own || (other == own && relevant && j < i);
            rank += (size_t)before;
            found += (size_t)(before && relevant);
        }
        sum += (double)found / (double)rank;
        all++;
    }
    return all ? sum / (double)all : 0.0;
}

Test(eval_retrieval, agrees_with_bit_by_bit_counting) {
    const int bits[3] = {16, 72, 136}, classes[3] = {5, 64, 150};
    for (int c = 0; c < 3; c++) {
        Data d = make_data(6, 90, bits[c], classes[c], 5, 3);
        Retrieval r;
        Sets t = sets_of(&d);
        cr_assert_eq(evaluate(&r, &t, false, NULL, NULL), STATUS_OK);
        double mean = 0.0;
        for (size_t q = 0; q < d.queries; q++) {
            double plain = plain_optimistic(&d, q);
            cr_assert_float_eq(r.query[q].ap.optimistic, plain, 1e-12);
            mean += plain / (double)d.queries;
        }
        cr_assert_float_eq(r.map.optimistic, mean, 1e-12);
        cr_assert(r.map.pessimistic <= r.map.expected && r.map.expected <= r.map.optimistic);
        cr_assert(c > 0 || r.map.pessimistic < r.map.expected);
        cr_assert_float_eq(r.curve[d.bits].recall, 1.0, 1e-12);
        cr_assert_float_eq(r.curve[d.bits].share, 1.0, 1e-12);
        retrieval_free(&r);
        free_data(&d);
    }
}

Test(eval_retrieval, order_of_the_database_changes_no_digit) {
    Data d = make_data(70, 1500, 32, 12, 7, 4);
    Sets t = sets_of(&d);
    Retrieval a, b;
    cr_assert_eq(evaluate(&a, &t, false, NULL, NULL), STATUS_OK);
    reorder_database(&d, 8);
    cr_assert_eq(evaluate(&b, &t, false, NULL, NULL), STATUS_OK);
    cr_assert_eq(memcmp(a.query, b.query, d.queries * sizeof *a.query), 0);
    cr_assert_eq(memcmp(a.curve, b.curve, (size_t)a.radii * sizeof *a.curve), 0);
    cr_assert_eq(memcmp(&a.map, &b.map, sizeof a.map), 0);
    retrieval_free(&a);
    retrieval_free(&b);
    free_data(&d);
}

Test(eval_retrieval, number_of_threads_changes_no_digit) {
    Data d = make_data(130, 900, 24, 9, 5, 6);
    Sets t = sets_of(&d);
    Retrieval a, b;
    cr_assert_eq(evaluate(&a, &t, false, NULL, NULL), STATUS_OK);
    for (int threads = 2; threads <= 5; threads += 3) {
        Pool *pool;
        cr_assert_eq(pool_create(&pool, threads, NULL), STATUS_OK);
        cr_assert_eq(evaluate(&b, &t, false, pool, NULL), STATUS_OK);
        cr_assert_eq(memcmp(&a.map, &b.map, sizeof a.map), 0);
        cr_assert_eq(memcmp(a.curve, b.curve, (size_t)a.radii * sizeof *a.curve), 0);
        cr_assert_eq(memcmp(a.query, b.query, d.queries * sizeof *a.query), 0);
        retrieval_free(&b);
        pool_free(pool);
    }
    retrieval_free(&a);
    free_data(&d);
}

Test(eval_retrieval, queries_without_a_relevant_item_count_as_zero) {
    Data d = make_data(4, 50, 16, 6, 2, 1);
    memset(d.query_labels, 0, 2 * 6);
    Sets t = sets_of(&d);
    Retrieval r;
    cr_assert_eq(evaluate(&r, &t, false, NULL, NULL), STATUS_OK);
    cr_assert_eq(r.without_relevant, 2);
    cr_assert(r.query[0].ap.optimistic == 0.0 && r.query[2].ap.expected > 0.0);
    cr_assert_float_eq(r.map.expected, (r.query[2].ap.expected + r.query[3].ap.expected) / 4, 1e-15);
    retrieval_free(&r);
    free_data(&d);
}

Test(eval_retrieval, items_of_the_own_group_are_not_ranked) {
    Data d = make_data(5, 40, 16, 4, 3, 2);
    int query_group[5] = {0, 1, 2, 3, 99}, group[40];
    for (int i = 0; i < 40; i++) group[i] = i / 10;
    Sets t = sets_of(&d);
    t.query.group = query_group;
    t.database.group = group;
    Retrieval all, part;
    cr_assert_eq(evaluate(&all, &t, true, NULL, NULL), STATUS_OK);
    cr_assert(all.query[0].ranked == 30 && all.query[4].ranked == 40);
    Sets without = sets_of(&d); /* only groups 1 to 3: the items that query 0 ranks */
    without.database = case_set(30, d.bits, d.database_codes + (size_t)10 * 2, d.classes,
                                d.database_labels + (size_t)10 * 4);
    cr_assert_eq(evaluate(&part, &without, false, NULL, NULL), STATUS_OK);
    cr_assert_eq(memcmp(&all.query[0].ap, &part.query[0].ap, sizeof(Bounds)), 0);
    retrieval_free(&all);
    retrieval_free(&part);
    free_data(&d);
}

Test(eval_retrieval, cosine_of_unpacked_codes_ranks_as_their_distance) {
    Data d = make_data(9, 200, 16, 6, 4, 12);
    float *query = malloc(9 * 16 * sizeof *query), *database = malloc(200 * 16 * sizeof *database);
    for (size_t i = 0; i < (size_t)9 * 16; i++) query[i] = (d.query_codes[i / 8] >> (i % 8)) & 1 ? 1.f : -1.f;
    for (size_t i = 0; i < (size_t)200 * 16; i++)
        database[i] = (d.database_codes[i / 8] >> (i % 8)) & 1 ? 1.f : -1.f;
    Sets t = sets_of(&d);
    CaseSet vectors[2] = {vector_set(9, 16, query, 6, d.query_labels),
                          vector_set(200, 16, database, 6, d.database_labels)};
    RetrievalTask real = {&vectors[0], &vectors[1], MODALITY_IMAGE, false};
    Retrieval a, b;
    cr_assert_eq(evaluate(&a, &t, false, NULL, NULL), STATUS_OK);
    cr_assert_eq(evaluate_vectors(&b, &real, NULL, NULL), STATUS_OK);
    cr_assert_eq(memcmp(&a.map, &b.map, sizeof a.map), 0);
    cr_assert_float_eq(a.ndcg, b.ndcg, 1e-12);
    cr_assert_float_eq(a.mean_tie, b.mean_tie, 1e-12);
    retrieval_free(&a);
    retrieval_free(&b);
    database[33] = NAN;
    Error err = {0};
    cr_assert_eq(evaluate_vectors(&b, &real, NULL, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "row 3, column 2"));
    retrieval_free(&b);
    free(query);
    free(database);
    free_data(&d);
}

Test(eval_retrieval, exact_partner_in_a_tie_has_its_share_of_the_first_places) {
    uint8_t query[2 * 2] = {0, 0, 0xff, 0xff};
    uint8_t items[4 * 2] = {1, 0, 0xff, 0xff, 2, 0, 0, 0}; /* distances of query 0: 1, 16, 1, 0 */
    const uint8_t labels[4] = {0};
    CaseSet q = case_set(2, 16, query, 1, labels), d = case_set(4, 16, items, 1, labels);
    RetrievalTask t = {&q, &d, MODALITY_IMAGE, false};
    const int cut[3] = {1, 2, 3};
    double at[3];
    cr_assert_eq(partner_recall(&t, cut, 3, at, NULL, NULL), STATUS_OK);
    cr_assert_float_eq(at[0], 0.5, 1e-15); /* query 0: one nearer, two tied; query 1: first */
    cr_assert_float_eq(at[1], (0.5 + 1) / 2, 1e-15);
    cr_assert_float_eq(at[2], 1.0, 1e-15);
    uint8_t other[4 * 2] = {
        0, 0, 1,    0,
        2, 0, 0xff, 0xff}; /* query 1's partner is item 1: distance 15, as item 2; only item 3 is nearer */
    d = case_set(4, 16, other, 1, labels);
    cr_assert_eq(partner_recall(&t, cut, 3, at, NULL, NULL), STATUS_OK);
    cr_assert_float_eq(at[0], 0.5, 1e-15);
    cr_assert_float_eq(at[1], 0.75, 1e-15);
    cr_assert_float_eq(at[2], 1.0, 1e-15);
}

Test(eval_retrieval, too_many_labels_are_an_input_error) {
    static uint8_t labels[2 * 5000];
    uint8_t codes[4] = {0};
    Sets t = {case_set(1, 16, codes, 5000, labels), case_set(1, 16, codes + 2, 5000, labels + 5000)};
    Retrieval r;
    Error err = {0};
    cr_assert_eq(evaluate(&r, &t, false, NULL, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "5000"));
    retrieval_free(&r);
}

/* Of the whole process: other work on the machine does not count. */
static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* 5,000 queries against 100,000 codes of 64 bits must take under 3 s; this test has a fiftieth of the queries. */
Test(eval_retrieval, large_rankings_are_counted_quickly) {
    Data d = make_data(100, 100000, 64, 20, 20, 2);
    Sets t = sets_of(&d);
    Retrieval r;
    Pool *pool;
    cr_assert_eq(pool_create(&pool, 2, NULL), STATUS_OK);
    double begun = cpu_seconds();
    cr_assert_eq(evaluate(&r, &t, false, pool, NULL), STATUS_OK);
    double seconds = cpu_seconds() - begun;
    cr_log_info("100 queries against 100,000 codes: %.3f s, MAP %.4f", seconds, r.map.expected);
    cr_assert(r.map.expected > 0.5 && r.map.expected < 1.0);
    cr_assert_lt(seconds, UNDER_TSAN ? 10.0 : 3.0);
    pool_free(pool);
    retrieval_free(&r);
    free_data(&d);
}
