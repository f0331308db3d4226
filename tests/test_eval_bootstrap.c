/* The bootstrap on samples with a known result. */
#include <math.h>

#include "eval/bootstrap.h"
#include "nn/base/rng.h"
#include "tests/check.h"

enum { N = 400 };

static double score[10 * N];
static int group[10 * N], stratum[10 * N];

static void fill_normal(void) {
    Rng r = rng_stream(2, RNG_TEST, 3);
    for (int i = 0; i < N; i++) score[i] = 0.5 + 0.2 * rng_normal(&r);
}

static double width(Interval v) {
    return v.high - v.low;
}

Test(eval_bootstrap, interval_of_independent_scores_is_that_of_the_normal_law) {
    fill_normal();
    Interval v;
    cr_assert_eq(bootstrap_mean(&v, &(BootstrapSample){score, NULL, NULL, N}, 0.95, 1, NULL), STATUS_OK);
    double mean = 0.0, square = 0.0;
    for (int i = 0; i < N; i++) mean += score[i] / N;
    for (int i = 0; i < N; i++) square += (score[i] - mean) * (score[i] - mean) / N;
    cr_assert_float_eq(v.value, mean, 1e-12);
    cr_assert_eq(v.groups, N);
    double normal = 2 * 1.96 * sqrt(square / N);
    cr_assert_float_eq(width(v), normal, 0.08 * normal);
    cr_assert(v.low < mean && mean < v.high);
}

Test(eval_bootstrap, copies_within_a_group_do_not_narrow_the_interval) {
    fill_normal();
    Interval one, ten, blind;
    bootstrap_mean(&one, &(BootstrapSample){score, NULL, NULL, N}, 0.95, 1, NULL);
    for (int i = 10 * N - 1; i >= 0; i--) {
        score[i] = score[i / 10];
        group[i] = i / 10;
    }
    bootstrap_mean(&ten, &(BootstrapSample){score, group, NULL, 10 * N}, 0.95, 1, NULL);
    bootstrap_mean(&blind, &(BootstrapSample){score, NULL, NULL, 10 * N}, 0.95, 1, NULL);
    cr_assert_float_eq(ten.low, one.low, 1e-12);
    cr_assert_float_eq(ten.high, one.high, 1e-12);
    cr_assert_eq(ten.groups, N);
    cr_assert_lt(width(blind), 0.4 * width(one));
}

Test(eval_bootstrap, one_group_alone_tells_nothing_of_the_spread) {
    fill_normal();
    for (int i = 0; i < N; i++) group[i] = -3;
    Interval v;
    bootstrap_mean(&v, &(BootstrapSample){score, group, NULL, N}, 0.95, 1, NULL);
    cr_assert(v.groups == 1 && v.low == v.value && v.high == v.value);
}

Test(eval_bootstrap, paired_difference_forgets_what_both_share) {
    static double a[N], b[N];
    fill_normal();
    Rng r = rng_stream(7, RNG_TEST, 4);
    for (int i = 0; i < N; i++) {
        a[i] = score[i] + 0.01 + 0.001 * rng_normal(&r);
        b[i] = score[i];
        group[i] = i / 4;
    }
    BootstrapSample s = {NULL, group, NULL, N};
    Interval v;
    cr_assert_eq(bootstrap_difference(&v, a, b, &s, 0.95, 1, NULL), STATUS_OK);
    cr_assert_float_eq(v.value, 0.01, 0.0005);
    cr_assert_gt(v.low, 0.0095);
    cr_assert_lt(v.high, 0.0105);
}

Test(eval_bootstrap, statistic_over_splits_is_the_mean_of_their_means) {
    for (int i = 0; i < 40; i++) {
        stratum[i] = i < 10 ? 0 : 1;
        score[i] = i < 10 ? 1.0 : 0.0;
        group[i] = i % 5;
    }
    Interval v;
    bootstrap_mean(&v, &(BootstrapSample){score, group, stratum, 40}, 0.95, 1, NULL);
    cr_assert_float_eq(v.value, 0.5, 1e-15);
    cr_assert_float_eq(width(v), 0.0, 1e-15);
    cr_assert_eq(v.groups, 5);
}

Test(eval_bootstrap, same_seed_draws_the_same_groups) {
    fill_normal();
    BootstrapSample s = {score, NULL, NULL, N};
    Interval a, b, c;
    bootstrap_mean(&a, &s, 0.9, 5, NULL);
    bootstrap_mean(&b, &s, 0.9, 5, NULL);
    bootstrap_mean(&c, &s, 0.9, 6, NULL);
    cr_assert(a.low == b.low && a.high == b.high);
    cr_assert(a.low != c.low);
}
