/* Datasets and batches: which pictures are cached or decoded again, and equal bytes at any number of threads. */
#include "data/batch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"

enum { CASES = 12, SIDE = 16, AREA = SIDE * SIDE, LENGTH = 6 };

static const ManifestOptions options = {0};

typedef struct {
    Manifest m;
    Vocab v;
    Dataset d;
} World;

/* Twelve cases of noise; case 3 has no image, case 5 no text. */
static const char *write_world(void) {
    Buffer b = {0};
    buffer_printf(&b, "id\timage\ttext\tlabels\n");
    for (uint32_t i = 0; i < CASES; i++) {
        char name[32];
        uint8_t pixel[AREA];
        Rng r = rng_stream(9, RNG_TEST, i);
        for (int k = 0; k < AREA; k++) pixel[k] = (uint8_t)rng_u32(&r);
        snprintf(name, sizeof name, "images/%u.png", i);
        fixture_png(name, SIDE, SIDE, pixel);
        buffer_printf(&b, "c%u\t%s\t%s\tl%u\n", i, i == 3 ? "" : name,
                      i == 5 ? "" : "lung and heart of the patient, large", i % 2);
    }
    const char *path = fixture_file("m.tsv", b.data, b.size);
    buffer_free(&b);
    return path;
}

static const VocabOptions vocabulary = {.buckets = 50, .length = LENGTH};

static void open_world(World *w, const char *path, size_t bound, Pool *pool) {
    Error err = {0};
    cr_assert_eq(manifest_read(&w->m, path, &options, NULL, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(vocab_parse(&w->v, "lung\nheart\nlarge\n", NULL, &vocabulary, &err), STATUS_OK);
    cr_assert_eq(dataset_load(&w->d, &w->m, &w->v, SIDE, bound, pool, NULL, &err), STATUS_OK, "%s",
                 err.message);
}

static void close_world(World *w) {
    dataset_free(&w->d);
    vocab_free(&w->v);
    manifest_free(&w->m);
}

Test(dataset, pictures_are_those_of_the_files_and_texts_are_tokens) {
    World w;
    open_world(&w, write_world(), 0, NULL);
    Rng r = rng_stream(9, RNG_TEST, 4);
    for (int k = 0; k < AREA; k++) cr_assert_eq(w.d.picture[4][k], (uint8_t)rng_u32(&r));
    cr_assert_null(w.d.picture[3]);
    cr_assert_eq(w.d.kept, (size_t)(CASES - 1) * AREA);
    cr_assert_eq(w.d.length[0], LENGTH); /* seven words, the last cut */
    cr_assert_eq(w.d.word[0], vocab_find(&w.v, "lung"));
    cr_assert_eq(w.d.word[1], TOKEN_UNKNOWN);
    cr_assert_eq(w.d.length[5], 0);
    cr_assert_eq(w.d.word[5 * LENGTH], TOKEN_PAD);
    close_world(&w);
}

/* 12-bit samples in 16 bits are scaled, with one warning that names the first picture and counts them. */
Test(dataset, pictures_of_12_bits_in_16_are_scaled_with_a_warning) {
    static const uint8_t low[] = {0, 0, 8, 0, 15, 255}, whole[] = {0, 0, 128, 0, 255, 255};
    const char *name[] = {"low.png", "whole.png", "other.png"};
    Error err = {0};
    FixtureLog log;
    World w;
    for (int i = 0; i < 3; i++) {
        Buffer b = {0};
        fixture_png_bytes(&b, 3, 1, 16, 0, i == 1 ? whole : low, 6);
        fixture_file(name[i], b.data, b.size);
        buffer_free(&b);
    }
    const char *path =
        fixture_text("m.tsv", "id\timage\ttext\na\twhole.png\tt\nb\tlow.png\tt\nc\tother.png\tt\n");
    fixture_log(&log);
    cr_assert_eq(manifest_read(&w.m, path, &options, NULL, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(vocab_parse(&w.v, "t\n", NULL, &vocabulary, &err), STATUS_OK);
    cr_assert_eq(dataset_load(&w.d, &w.m, &w.v, SIDE, 0, NULL, &log.log, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(log.warnings, 1);
    cr_assert_not_null(strstr(log.text, "low.png: has 16 bits and uses less than a quarter of their range"));
    cr_assert_not_null(strstr(log.text, "(2 such pictures)"), "%s", log.text);
    cr_assert_eq(memcmp(w.d.picture[0], w.d.picture[1], AREA), 0); /* 0, half, all of the range */
    close_world(&w);
}

Test(dataset, pictures_beyond_the_bound_are_decoded_again_to_the_same_bytes) {
    const char *path = write_world();
    World all, few;
    open_world(&all, path, 0, NULL);
    open_world(&few, path, 3 * AREA + 1, NULL);
    cr_assert_eq(few.d.kept, (size_t)3 * AREA);
    for (int i = 0; i < CASES; i++) {
        uint8_t scratch[AREA];
        const uint8_t *a, *b;
        cr_assert_eq(dataset_picture(&all.d, i, scratch, &a, NULL), STATUS_OK);
        if (i == 3)
            for (int k = 0; k < AREA; k++) cr_assert_eq(a[k], 0);
        uint8_t other[AREA];
        cr_assert_eq(dataset_picture(&few.d, i, other, &b, NULL), STATUS_OK);
        cr_assert_eq(memcmp(a, b, AREA), 0);
    }
    close_world(&all);
    close_world(&few);
}

Test(dataset, the_first_damaged_picture_is_told_with_its_line_at_any_number_of_threads) {
    const char *path = write_world();
    fixture_text("images/10.png", "\x89PNG\r\n\x1a\n");
    fixture_text("images/7.png", "GIF89a");
    for (int threads = 1; threads <= 4; threads++)
        for (size_t bound = 1; bound <= 100000; bound += 99999) {
            World w;
            Pool *pool;
            Error err = {0};
            cr_assert_eq(pool_create(&pool, threads, NULL), STATUS_OK);
            cr_assert_eq(manifest_read(&w.m, path, &options, NULL, NULL), STATUS_OK);
            cr_assert_eq(dataset_load(&w.d, &w.m, NULL, SIDE, bound, pool, NULL, &err), STATUS_INPUT);
            cr_assert(fixture_says(&err, STATUS_INPUT, "m.tsv:9: "));
            cr_assert(fixture_says(&err, STATUS_INPUT, "images/7.png: is no JPEG"));
            dataset_free(&w.d);
            manifest_free(&w.m);
            pool_free(pool);
        }
}

Test(dataset, statistics_are_the_mean_and_deviation_over_pixels) {
    World w;
    open_world(&w, write_world(), 4 * AREA, NULL);
    const int index[4] = {1, 3, 9, 2};
    double mean, deviation, sum = 0, squares = 0;
    cr_assert_eq(dataset_statistics(&w.d, index, 4, &mean, &deviation, NULL), STATUS_OK);
    for (int c = 0; c < 4; c++) {
        if (index[c] == 3) continue;
        Rng r = rng_stream(9, RNG_TEST, (uint32_t)index[c]);
        for (int k = 0; k < AREA; k++) {
            double v = (uint8_t)rng_u32(&r) / 255.0;
            sum += v;
            squares += v * v;
        }
    }
    cr_assert_float_eq(mean, sum / (3 * AREA), 1e-12);
    cr_assert_float_eq(deviation, sqrt(squares / (3 * AREA) - mean * mean), 1e-12);
    const int none[1] = {3};
    cr_assert_eq(dataset_statistics(&w.d, none, 1, &mean, &deviation, NULL), STATUS_OK);
    cr_assert(mean == 0 && deviation == 1);
    close_world(&w);
}

Test(dataset, constant_pictures_have_a_deviation_that_can_divide) {
    uint8_t pixel[AREA];
    memset(pixel, 50, sizeof pixel);
    fixture_png("a.png", SIDE, SIDE, pixel);
    World w;
    double mean, deviation;
    const int index[1] = {0};
    open_world(&w, fixture_text("m.tsv", "id\timage\nx\ta.png\n"), 0, NULL);
    cr_assert_eq(dataset_statistics(&w.d, index, 1, &mean, &deviation, NULL), STATUS_OK);
    cr_assert_float_eq(mean, 50 / 255.0, 1e-12);
    cr_assert_float_eq(deviation, 1 / 255.0, 1e-12);
    close_world(&w);
}

/* ---- Batches ---- */

static void fill(Batch *b, const World *w, const int *index, int n, const BatchOptions *o, Pool *pool) {
    Error err = {0};
    cr_assert_eq(batch_init(b, &w->d, CASES, pool, &err), STATUS_OK);
    cr_assert_eq(batch_fill(b, &w->d, index, n, o, pool, &err), STATUS_OK, "%s", err.message);
}

Test(batch, clean_images_are_normalised_and_cases_without_one_are_zero) {
    World w;
    Batch b;
    open_world(&w, write_world(), 0, NULL);
    const BatchOptions o = {.mean = 0.4, .deviation = 0.2};
    const int index[3] = {7, 3, 0};
    fill(&b, &w, index, 3, &o, NULL);
    for (int k = 0; k < AREA; k++) {
        cr_assert_float_eq(b.image[k], (w.d.picture[7][k] / 255.0 - 0.4) / 0.2, 1e-5);
        cr_assert_eq(b.image[AREA + k], 0);
    }
    cr_assert_eq(memcmp(b.word, w.d.word + 7 * LENGTH, LENGTH * sizeof *b.word), 0);
    int32_t gram[TOKEN_NGRAMS];
    token_ngrams("lung", 50, gram);
    cr_assert_eq(memcmp(b.gram, gram, sizeof gram), 0);
    cr_assert_eq(b.length[0], LENGTH);
    batch_free(&b);
    close_world(&w);
}

static const Augment augment = {0.1, 0.15, 7, 0.15, 0.15, 0.1, 0.5, 0.5};
static const BatchOptions noisy = {&augment, 0.5, 3, 2, 0.4, 0.2, false};

Test(batch, a_case_is_the_same_in_any_batch_at_any_number_of_threads) {
    const char *path = write_world();
    const int forward[CASES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, alone[1] = {8};
    World w;
    Batch whole, one;
    open_world(&w, path, 0, NULL);
    fill(&whole, &w, forward, CASES, &noisy, NULL);
    fill(&one, &w, alone, 1, &noisy, NULL);
    cr_assert_eq(memcmp(one.image, whole.image + 8 * AREA, AREA * sizeof *one.image), 0);
    cr_assert_eq(memcmp(one.word, whole.word + 8 * LENGTH, LENGTH * sizeof *one.word), 0);
    for (int threads = 2; threads <= 4; threads++) {
        World v;
        Batch b;
        Pool *pool;
        cr_assert_eq(pool_create(&pool, threads, NULL), STATUS_OK);
        open_world(&v, path, threads == 3 ? 5 * AREA : 0, pool);
        fill(&b, &v, forward, CASES, &noisy, pool);
        cr_assert_eq(memcmp(b.image, whole.image, CASES * AREA * sizeof *b.image), 0);
        cr_assert_eq(memcmp(b.word, whole.word, CASES * LENGTH * sizeof *b.word), 0);
        cr_assert_eq(memcmp(b.gram, whole.gram, CASES * LENGTH * TOKEN_NGRAMS * sizeof *b.gram), 0);
        batch_free(&b);
        close_world(&v);
        pool_free(pool);
    }
    batch_free(&one);
    batch_free(&whole);
    close_world(&w);
}

static void nothing(void *ctx, int item, int worker) {
    (void)ctx, (void)item, (void)worker;
}

Test(batch, filled_ahead_it_holds_the_same_bytes) {
    World w;
    const int index[4] = {0, 1, 2, 4};
    open_world(&w, write_world(), 0, NULL);
    for (int threads = 0; threads < 4; threads++) {
        Pool *pool = NULL;
        Batch at_once, ahead;
        if (threads) cr_assert_eq(pool_create(&pool, threads, NULL), STATUS_OK);
        fill(&at_once, &w, index, 4, &noisy, NULL);
        cr_assert_eq(batch_init(&ahead, &w.d, CASES, pool, NULL), STATUS_OK);
        batch_begin(&ahead, &w.d, index, 4, &noisy, pool);
        for (int i = 0; i < 100; i++) pool_for(pool, 3, nothing, NULL);
        cr_assert_eq(batch_finish(&ahead, NULL), STATUS_OK);
        cr_assert_eq(memcmp(ahead.image, at_once.image, 4 * AREA * sizeof(float)), 0);
        cr_assert_eq(memcmp(ahead.word, at_once.word, 4 * LENGTH * sizeof(int32_t)), 0);
        batch_begin(&ahead, &w.d, index, 4, &noisy, pool);
        batch_free(&ahead); /* as when training is stopped between the two */
        batch_free(&at_once);
        pool_free(pool);
    }
    close_world(&w);
}

Test(batch, epochs_seeds_and_cases_draw_differently) {
    World w;
    Batch first, other;
    const int index[1] = {8};
    open_world(&w, write_world(), 0, NULL);
    fill(&first, &w, index, 1, &noisy, NULL);
    for (int kind = 0; kind < 2; kind++) {
        BatchOptions o = noisy;
        if (kind == 0) o.epoch++;
        if (kind == 1) o.seed++;
        fill(&other, &w, index, 1, &o, NULL);
        cr_assert(memcmp(first.image, other.image, AREA * sizeof *first.image) != 0);
        batch_free(&other);
    }
    batch_free(&first);
    close_world(&w);
}

Test(batch, a_case_draws_from_its_own_stream_at_the_block_of_its_epoch) {
    World w;
    Batch b;
    const int index[1] = {8};
    float expected[AREA];
    open_world(&w, write_world(), 0, NULL);
    fill(&b, &w, index, 1, &noisy, NULL);
    Rng r = rng_stream(noisy.seed, RNG_AUGMENT, 8);
    r.counter = (uint64_t)noisy.epoch << 32;
    augment_image(&augment, &r, w.d.picture[8], SIDE, expected);
    for (int k = 0; k < AREA; k++)
        cr_assert_float_eq(b.image[k], ((double)expected[k] / 255 - noisy.mean) / noisy.deviation, 1e-5);
    batch_free(&b);
    close_world(&w);
}

Test(batch, dropped_words_leave_no_ngrams) {
    World w;
    Batch b;
    int dropped = 0;
    const int index[4] = {0, 1, 2, 4};
    open_world(&w, write_world(), 0, NULL);
    fill(&b, &w, index, 4, &noisy, NULL);
    for (int i = 0; i < 4 * LENGTH; i++) {
        if (b.gram[i * TOKEN_NGRAMS] >= 0) continue;
        cr_assert_eq(b.word[i], TOKEN_UNKNOWN);
        dropped++;
    }
    cr_assert(dropped > 4 && dropped < 20);
    batch_free(&b);
    close_world(&w);
}

Test(batch, without_images_or_texts_it_has_none) {
    Manifest m;
    Dataset d;
    Batch b;
    const int index[2] = {0, 1};
    const BatchOptions o = {.deviation = 1};
    cr_assert_eq(manifest_read(&m, write_world(), &options, NULL, NULL), STATUS_OK);
    cr_assert_eq(dataset_load(&d, &m, NULL, 0, 0, NULL, NULL, NULL), STATUS_OK);
    cr_assert_eq(batch_init(&b, &d, 2, NULL, NULL), STATUS_OK);
    cr_assert_eq(batch_fill(&b, &d, index, 2, &o, NULL, NULL), STATUS_OK);
    cr_assert_null(b.image);
    cr_assert_null(b.word);
    cr_assert_eq(b.n, 2);
    batch_free(&b);
    dataset_free(&d);
    manifest_free(&m);
}

Test(batch, more_cases_than_its_capacity_is_a_programmers_mistake, .signal = SIGABRT) {
    World w;
    Batch b;
    const int index[2] = {0, 1};
    open_world(&w, write_world(), 0, NULL);
    cr_assert_eq(batch_init(&b, &w.d, 1, NULL, NULL), STATUS_OK);
    batch_fill(&b, &w.d, index, 2, &noisy, NULL, NULL);
}

Test(dataset, memory_that_runs_out_is_told_and_nothing_leaks) {
    const char *path = write_world();
    const int index[2] = {0, 11};
    Manifest m;
    Vocab v;
    cr_assert_eq(manifest_read(&m, path, &options, NULL, NULL), STATUS_OK);
    cr_assert_eq(vocab_parse(&v, "lung\nheart\n", NULL, &vocabulary, NULL), STATUS_OK);
    Status s = STATUS_IO;
    for (long n = 1; s != STATUS_OK; n++) {
        Dataset d;
        Batch b = {0};
        Error err = {0};
        double mean, deviation;
        cr_assert_lt(n, 2000);
        mem_fail_at(n, 1);
        s = dataset_load(&d, &m, &v, SIDE, 2 * AREA, NULL, NULL, &err);
        if (s == STATUS_OK) s = dataset_statistics(&d, index, 2, &mean, &deviation, &err);
        if (s == STATUS_OK) s = batch_init(&b, &d, 2, NULL, &err);
        if (s == STATUS_OK) s = batch_fill(&b, &d, index, 2, &noisy, NULL, &err);
        mem_fail_at(0, 0);
        cr_assert(s == STATUS_OK || s == STATUS_IO, "request %ld: %s", n, err.message);
        batch_free(&b);
        dataset_free(&d);
    }
    vocab_free(&v);
    manifest_free(&m);
}
