/* Features without learning, on small cases with known results. */
#include <math.h>
#include <string.h>

#include "data/raw_features.h"
#include "nn/base/rng.h"
#include "tests/check.h"

/* Three texts over the words 2, 3, 4: df 3, 1, 0. tf-idf as scikit-learn's TfidfVectorizer: idf = ln((1+3)/(1+df))+1. */
Test(raw_features, bag_of_words_by_hand) {
    int32_t id[3][4] = {{2, 2, 3, 1}, {2, 0, 0, 0}, {2, 1, 9, 0}};
    int length[3] = {4, 1, 3};
    Vocab v = {.n = 3, .length = 4};
    Dataset d = {.vocab = &v, .word = &id[0][0], .length = length};
    float idf[3], bag[3];
    raw_cases_idf(&d, (const int[]){0, 1, 2}, 3, idf);
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
