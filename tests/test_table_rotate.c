/* Rotated features have fewer columns and the same distances. */
#include <math.h>

#include "nn/base/rng.h"
#include "tests/check.h"
#include "train/table/table_bench.h"

enum { TRAIN = 6, TEST = 4, WIDE = 20 };

static double product(const float *a, const float *b, int d) {
    double sum = 0;
    for (int i = 0; i < d; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

Test(table_rotate, products_with_training_cases_stay_in_fewer_columns) {
    float train[TRAIN * WIDE], test[TEST * WIDE], *x[2] = {test, train};
    double within[TRAIN][TRAIN], across[TEST][TRAIN];
    int rows[2] = {TEST, TRAIN}, dim = WIDE;
    Error err = {0};
    Rng r = rng_stream(1, RNG_TEST, 900);
    for (int i = 0; i < TRAIN * WIDE; i++) train[i] = (float)rng_normal(&r);
    for (int i = 0; i < TEST * WIDE; i++) test[i] = (float)rng_normal(&r);
    for (int j = 0; j < WIDE; j++) train[5 * WIDE + j] = train[2 * WIDE + j]; /* rank 5 */
    for (int i = 0; i < TRAIN; i++)
        for (int k = 0; k < TRAIN; k++) within[i][k] = product(train + i * WIDE, train + k * WIDE, WIDE);
    for (int i = 0; i < TEST; i++)
        for (int k = 0; k < TRAIN; k++) across[i][k] = product(test + i * WIDE, train + k * WIDE, WIDE);
    cr_assert_eq(rotate_features(x, rows, 2, 1, &dim, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(dim, 5);
    for (int i = 0; i < TRAIN; i++)
        for (int k = 0; k < TRAIN; k++)
            cr_assert_float_eq(product(train + i * dim, train + k * dim, dim), within[i][k], 1e-4);
    for (int i = 0; i < TEST; i++)
        for (int k = 0; k < TRAIN; k++)
            cr_assert_float_eq(product(test + i * dim, train + k * dim, dim), across[i][k], 1e-4);
}

Test(table_rotate, leaves_features_alone_where_cases_are_many) {
    float train[TRAIN * 3], *x[1] = {train};
    int rows[1] = {TRAIN}, dim = 3;
    for (int i = 0; i < TRAIN * 3; i++) train[i] = (float)i;
    cr_assert_eq(rotate_features(x, rows, 1, 0, &dim, NULL), STATUS_OK);
    cr_assert_eq(dim, 3);
    for (int i = 0; i < TRAIN * 3; i++) cr_assert_eq(train[i], (float)i);
}
