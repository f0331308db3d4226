/* Augmentation of images and words. */
#include "data/augment.h"

#include <math.h>
#include <string.h>

#include "data/tokens.h"
#include "tests/check.h"

enum { SIDE = 48, N = SIDE * SIDE };

static const Augment nothing = {0};
static const Augment everything = {0.1, 0.15, 7, 0.15, 0.15, 0.1, 0.5, 0.5};

static void apply(Augment a, uint32_t stream, const uint8_t *in, float *out) {
    Rng r = rng_stream(1, RNG_TEST, stream);
    augment_image(&a, &r, in, SIDE, out);
}

static void noise_picture(uint8_t *in) {
    Rng r = rng_stream(2, RNG_TEST, 0);
    for (int i = 0; i < N; i++) in[i] = (uint8_t)rng_u32(&r);
}

/* A smooth bump of width 4 pixels at (x, y), black elsewhere. */
static void bump(uint8_t *in, double x, double y) {
    for (int i = 0; i < N; i++) {
        double dx = i % SIDE - x, dy = i / SIDE - y;
        in[i] = (uint8_t)lrint(240 * exp(-(dx * dx + dy * dy) / 32));
    }
}

static void centre_of(const float *out, double *x, double *y, double *mass) {
    *x = *y = *mass = 0;
    for (int i = 0; i < N; i++) {
        *mass += (double)out[i];
        *x += (double)out[i] * (i % SIDE);
        *y += (double)out[i] * (i / SIDE);
    }
    *x /= *mass;
    *y /= *mass;
}

Test(augment, no_amount_leaves_the_picture_as_it_is) {
    uint8_t in[N];
    float out[N];
    noise_picture(in);
    apply(nothing, 0, in, out);
    for (int i = 0; i < N; i++) cr_assert_eq(out[i], (float)in[i]);
}

Test(augment, a_certain_flip_mirrors_exactly) {
    uint8_t in[N];
    float out[N];
    noise_picture(in);
    apply((Augment){.flip = 1}, 0, in, out);
    for (int i = 0; i < N; i++) cr_assert_eq(out[i], (float)in[i / SIDE * SIDE + SIDE - 1 - i % SIDE]);
}

Test(augment, the_same_stream_gives_the_same_bytes_and_another_others) {
    uint8_t in[N];
    float a[N], b[N], c[N];
    noise_picture(in);
    apply(everything, 7, in, a);
    apply(everything, 7, in, b);
    apply(everything, 8, in, c);
    cr_assert_eq(memcmp(a, b, sizeof a), 0);
    cr_assert(memcmp(a, c, sizeof a) != 0);
}

Test(augment, values_stay_between_black_and_white) {
    uint8_t in[N];
    float out[N];
    noise_picture(in);
    for (uint32_t k = 0; k < 50; k++) {
        apply(everything, k, in, out);
        for (int i = 0; i < N; i++) cr_assert(out[i] >= 0 && out[i] <= 255);
    }
}

Test(augment, shift_moves_both_ways_and_no_further_than_its_amount) {
    uint8_t in[N];
    float out[N];
    double x, y, mass, least = 0, most = 0;
    bump(in, 23.5, 23.5);
    for (uint32_t k = 0; k < 100; k++) {
        apply((Augment){.shift = 0.1}, k, in, out);
        centre_of(out, &x, &y, &mass);
        cr_assert_lt(fabs(x - 23.5), 0.1 * SIDE + 0.05);
        cr_assert_lt(fabs(y - 23.5), 0.1 * SIDE + 0.05);
        least = x - 23.5 < least ? x - 23.5 : least;
        most = x - 23.5 > most ? x - 23.5 : most;
    }
    cr_assert_lt(least, -0.08 * SIDE);
    cr_assert_gt(most, 0.08 * SIDE);
}

Test(augment, scale_changes_the_area_both_ways_within_its_amount) {
    uint8_t in[N];
    float out[N];
    double x, y, mass, whole, least = 9, most = 0;
    bump(in, 23.5, 23.5);
    apply(nothing, 0, in, out);
    centre_of(out, &x, &y, &whole);
    for (uint32_t k = 0; k < 100; k++) {
        apply((Augment){.scale = 0.15}, k, in, out);
        centre_of(out, &x, &y, &mass);
        cr_assert_lt(fabs(x - 23.5), 0.05); /* about the centre */
        least = mass / whole < least ? mass / whole : least;
        most = mass / whole > most ? mass / whole : most;
    }
    cr_assert(least > exp(-0.3) * 0.98 && least < exp(-0.25), "%g", least);
    cr_assert(most < exp(0.3) * 1.02 && most > exp(0.25), "%g", most);
}

Test(augment, rotation_turns_about_the_centre_by_at_most_its_degrees) {
    uint8_t in[N];
    float out[N];
    double x, y, mass, widest = 0;
    bump(in, 35.5, 23.5);
    for (uint32_t k = 0; k < 100; k++) {
        apply((Augment){.rotation = 20}, k, in, out);
        centre_of(out, &x, &y, &mass);
        double angle = atan2(y - 23.5, x - 23.5) * 57.29577951308232;
        cr_assert_float_eq(hypot(x - 23.5, y - 23.5), 12, 0.05);
        cr_assert_lt(fabs(angle), 20.2);
        widest = fabs(angle) > widest ? fabs(angle) : widest;
    }
    cr_assert_gt(widest, 18);
}

/* The source position of output (x, y), found by the picture's gradient, agrees with bilinear sampling in double. */
Test(augment, warp_is_bilinear_everywhere_and_black_outside) {
    uint8_t in[N];
    float out[N];
    for (int i = 0; i < N; i++) in[i] = (uint8_t)(2 * (i % SIDE) + 3 * (i / SIDE)); /* bilinear in x and y */
    apply((Augment){.rotation = 7, .shift = 0.05}, 3, in, out);
    /* Inside, the warped ramp is a ramp: second differences vanish. */
    int inner = 0;
    for (int y = 8; y < SIDE - 8; y++)
        for (int x = 8; x < SIDE - 8; x++) {
            const float *p = out + y * SIDE + x;
            cr_assert_float_eq(p[-1] + p[1], 2 * p[0], 0.05);
            cr_assert_float_eq(p[-SIDE] + p[SIDE], 2 * p[0], 0.05);
            inner++;
        }
    cr_assert_gt(inner, 500);
    memset(in, 255, sizeof in);
    apply((Augment){.shift = 0.4}, 5, in, out);
    int black = 0, partial = 0;
    for (int i = 0; i < N; i++) {
        black += out[i] == 0;
        partial += out[i] > 0 && out[i] < 255;
    }
    cr_assert_gt(black, SIDE);
    cr_assert(partial > 0 && partial <= 2 * SIDE); /* a border one pixel wide fades */
}

Test(augment, gain_and_contrast_scale_about_zero_and_about_the_mean) {
    uint8_t in[N];
    float out[N];
    for (int i = 0; i < N; i++) in[i] = i % 2 ? 80 : 120;
    for (uint32_t k = 0; k < 50; k++) {
        apply((Augment){.gain = 0.15}, k, in, out);
        cr_assert_float_eq(out[1] / out[0], 80.0f / 120.0f, 1e-5);
        cr_assert(out[0] >= 120 * 0.85f - 0.01f && out[0] <= 120 * 1.15f + 0.01f);
        apply((Augment){.contrast = 0.15}, k, in, out);
        cr_assert_float_eq(out[0] + out[1], 200, 1e-3);
        cr_assert(out[0] - out[1] >= 34 - 0.01f && out[0] - out[1] <= 46 + 0.01f);
    }
}

Test(augment, speckle_multiplies_with_mean_one_and_a_bounded_deviation) {
    uint8_t in[N];
    float out[N];
    double widest = 0, pooled = 0;
    memset(in, 100, sizeof in);
    for (uint32_t k = 0; k < 50; k++) {
        double sum = 0, squares = 0;
        apply((Augment){.speckle = 0.1}, k, in, out);
        for (int i = 0; i < N; i++) {
            sum += (double)out[i];
            squares += (double)out[i] * (double)out[i];
        }
        double mean = sum / N, deviation = sqrt(squares / N - mean * mean) / 100;
        cr_assert_float_eq(mean, 100, 2.0);
        pooled += mean / 50;
        cr_assert_lt(deviation, 0.11);
        widest = deviation > widest ? deviation : widest;
        cr_assert_eq(out[0], out[SIDE + 1]); /* a grain of 2 x 2 */
    }
    cr_assert_gt(widest, 0.08);
    cr_assert_float_eq(pooled, 100, 0.15); /* five deviations of a mean of 50 times 576 grains */
    memset(in, 0, sizeof in);
    apply((Augment){.speckle = 0.1}, 1, in, out);
    for (int i = 0; i < N; i++) cr_assert_eq(out[i], 0);
}

Test(augment, speckle_keeps_within_a_picture_of_odd_side) {
    uint8_t in[7 * 7];
    float out[7 * 7 + 1];
    out[49] = -5;
    memset(in, 100, sizeof in);
    Rng r = rng_stream(1, RNG_TEST, 0);
    Augment a = {.speckle = 0.1};
    augment_image(&a, &r, in, 7, out);
    cr_assert_eq(out[49], -5);
    for (int i = 0; i < 49; i++) cr_assert(out[i] > 40 && out[i] < 160);
    cr_assert_eq(out[48], 100 * (out[48] / 100));
}

Test(augment, erasing_paints_one_rectangle_of_the_mean_gray) {
    uint8_t in[N];
    float out[N];
    for (int i = 0; i < N; i++) in[i] = i % 2 ? 0 : 200;
    for (uint32_t k = 0; k < 100; k++) {
        int count = 0, left = SIDE, right = -1, top = SIDE, bottom = -1;
        apply((Augment){.erase = 1}, k, in, out);
        for (int i = 0; i < N; i++) {
            if (out[i] == (float)in[i]) continue;
            cr_assert_eq(out[i], 100);
            count++;
            left = i % SIDE < left ? i % SIDE : left;
            right = i % SIDE > right ? i % SIDE : right;
            top = i / SIDE < top ? i / SIDE : top;
            bottom = i / SIDE > bottom ? i / SIDE : bottom;
        }
        cr_assert_eq(count, (right - left + 1) * (bottom - top + 1));
        cr_assert(count >= 0.01 * N && count <= 0.20 * N, "%d", count);
    }
}

Test(augment, turning_a_kind_off_moves_no_other) {
    uint8_t in[N];
    float with[N], without[N];
    bump(in, 23.5, 23.5);
    Augment a = everything, b = everything;
    a.erase = a.speckle = b.erase = b.speckle = 0;
    a.flip = b.flip = 0;
    b.gain = b.contrast = 0;
    double x1, y1, x2, y2, mass;
    a.gain = a.contrast = 0;
    b.rotation = 0;
    apply(a, 4, in, with);
    apply(b, 4, in, without);
    centre_of(with, &x1, &y1, &mass);
    centre_of(without, &x2, &y2, &mass);
    cr_assert_float_eq(x1, x2, 0.05); /* the bump's shift is the same, turned or not */
    cr_assert_float_eq(y1, y2, 0.05);
}

/* ---- Words ---- */

enum { WORDS = 40 };

static void fill_words(int32_t *id, int32_t *gram) {
    for (int i = 0; i < WORDS; i++) id[i] = TOKEN_FIRST_WORD + i;
    for (int i = 0; i < WORDS * TOKEN_NGRAMS; i++) gram[i] = i;
}

Test(augment, dropped_words_become_unknown_and_lose_their_ngrams) {
    int32_t id[WORDS], gram[WORDS * TOKEN_NGRAMS];
    int dropped = 0;
    for (uint32_t k = 0; k < 200; k++) {
        Rng r = rng_stream(1, RNG_TEST, k);
        fill_words(id, gram);
        augment_words(0.3, &r, id, gram, WORDS);
        for (int i = 0; i < WORDS; i++) {
            int gone = id[i] == TOKEN_UNKNOWN;
            dropped += gone;
            if (!gone) cr_assert_eq(id[i], TOKEN_FIRST_WORD + i);
            for (int g = 0; g < TOKEN_NGRAMS; g++)
                cr_assert_eq(gram[i * TOKEN_NGRAMS + g], gone ? -1 : i * TOKEN_NGRAMS + g);
        }
    }
    cr_assert_float_eq(dropped / (200.0 * WORDS), 0.3, 0.02);
}

Test(augment, one_word_is_kept_where_all_would_go_and_each_is_it_in_turn) {
    int32_t id[WORDS], gram[WORDS * TOKEN_NGRAMS];
    int kept_at[4] = {0};
    for (uint32_t k = 0; k < 400; k++) {
        Rng r = rng_stream(1, RNG_TEST, k);
        int kept = 0;
        fill_words(id, gram);
        augment_words(1.0, &r, id, NULL, 4);
        for (int i = 0; i < 4; i++)
            if (id[i] != TOKEN_UNKNOWN) kept++, kept_at[i]++;
        cr_assert_eq(kept, 1);
    }
    for (int i = 0; i < 4; i++) cr_assert(kept_at[i] > 60 && kept_at[i] < 140);
}

Test(augment, no_words_or_no_probability_changes_nothing) {
    int32_t id[WORDS], gram[WORDS * TOKEN_NGRAMS];
    Rng r = rng_stream(1, RNG_TEST, 0);
    fill_words(id, gram);
    augment_words(0, &r, id, gram, WORDS);
    augment_words(1, &r, id, gram, 0);
    for (int i = 0; i < WORDS; i++) cr_assert_eq(id[i], TOKEN_FIRST_WORD + i);
}
