/* Features without learning: cases small enough to know the answer. */
#include <math.h>
#include <string.h>

#include "data/raw_features.h"
#include "nn/base/rng.h"
#include "tests/check.h"

enum { SIDE = 64 };
static uint8_t picture[SIDE * SIDE];
static float hog[HOG_DIM], other[HOG_DIM];

static void ramp(int by_x, int by_y) {
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) picture[y * SIDE + x] = (uint8_t)(by_x * x + by_y * y);
}

Test(raw_features, hog_of_a_flat_picture_is_0) {
    memset(picture, 200, sizeof picture);
    raw_hog(picture, SIDE, hog);
    for (int i = 0; i < HOG_DIM; i++) cr_assert_float_eq(hog[i], 0, 0);
}

/* A ramp to the right has the angle 0: between the middles of the first bin (10 degrees) and the last (170), half to
 * each. So every block holds 8 equal values, 1/sqrt(8) after both norms. */
Test(raw_features, hog_of_a_ramp_to_the_right_stands_half_in_the_first_and_half_in_the_last_angle) {
    ramp(2, 0);
    raw_hog(picture, SIDE, hog);
    const float *block = hog + (3 * HOG_BLOCKS + 3) * 4 * HOG_ANGLES; /* away from the border */
    for (int c = 0; c < 4; c++)
        for (int k = 0; k < HOG_ANGLES; k++)
            cr_assert_float_eq(block[c * HOG_ANGLES + k], k == 0 || k == HOG_ANGLES - 1 ? 1 / sqrtf(8.0f) : 0,
                               1e-5);
}

/* A ramp downwards has the angle 90, the middle of the fifth bin. */
Test(raw_features, hog_of_a_ramp_downwards_stands_in_the_middle_angle) {
    ramp(0, 2);
    raw_hog(picture, SIDE, hog);
    for (int k = 0; k < HOG_ANGLES; k++)
        cr_assert_float_eq(hog[(3 * HOG_BLOCKS + 3) * 4 * HOG_ANGLES + k], k == 4 ? 0.5 : 0, 1e-5);
}

Test(raw_features, hog_does_not_see_inversion_or_added_brightness_and_blocks_have_length_1) {
    Rng r = rng_stream(1, RNG_TEST, 0);
    for (int i = 0; i < SIDE * SIDE; i++) picture[i] = (uint8_t)rng_below(&r, 200);
    raw_hog(picture, SIDE, hog);
    for (int b = 0; b < HOG_BLOCKS * HOG_BLOCKS; b++) {
        float sum = 0;
        for (int k = 0; k < 4 * HOG_ANGLES; k++) {
            float v = hog[b * 4 * HOG_ANGLES + k];
            sum += v * v;
        }
        cr_assert_float_eq(sum, 1, 1e-5);
    }
    for (int i = 0; i < SIDE * SIDE; i++) picture[i] = (uint8_t)(picture[i] + 55);
    raw_hog(picture, SIDE, other);
    for (int i = 0; i < HOG_DIM; i++) cr_assert_float_eq(other[i], hog[i], 1e-6);
    for (int i = 0; i < SIDE * SIDE; i++) picture[i] = (uint8_t)(255 - picture[i]);
    raw_hog(picture, SIDE, other);
    for (int i = 0; i < HOG_DIM; i++) cr_assert_float_eq(other[i], hog[i], 1e-4);
}

Test(raw_features, hog_of_a_side_that_cells_do_not_divide_is_finite) {
    static uint8_t odd[37 * 37];
    for (int i = 0; i < 37 * 37; i++) odd[i] = (uint8_t)(i * i);
    raw_hog(odd, 37, hog);
    for (int i = 0; i < HOG_DIM; i++) cr_assert(isfinite(hog[i]));
}

/* Three texts over the words 2, 3, 4: df 3, 1, 0. tf-idf as scikit-learn's TfidfVectorizer: idf = ln((1+3)/(1+df))+1. */
Test(raw_features, bag_of_words_by_hand) {
    const int32_t id[3][4] = {{2, 2, 3, 1}, {2, 0, 0, 0}, {2, 1, 9, 0}};
    const int length[3] = {4, 1, 3};
    float idf[3], bag[3];
    raw_idf(&id[0][0], 4, length, 3, 3, idf);
    double rare = log(2) + 1;
    cr_assert_float_eq(idf[0], 1, 1e-6);
    cr_assert_float_eq(idf[1], rare, 1e-6);
    cr_assert_float_eq(idf[2], log(4) + 1, 1e-6);
    raw_bag(id[0], 4, 3, idf, bag);
    double size = sqrt(4 + rare * rare);
    cr_assert_float_eq(bag[0], 2 / size, 1e-6);
    cr_assert_float_eq(bag[1], rare / size, 1e-6);
    cr_assert_float_eq(bag[2], 0, 0);
    const int32_t unknown[2] = {TOKEN_UNKNOWN, 9};
    raw_bag(unknown, 2, 3, idf, bag);
    for (int k = 0; k < 3; k++) cr_assert_float_eq(bag[k], 0, 0);
}
