/* The part of the target that comes from stage 1's class probabilities. */
#include "hash/posterior.h"

#include <math.h>
#include <string.h>

#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/oracle/oracle_expert.h"
#include "tests/oracle/oracle_hash.h"

enum { N = 9, C = 4 };

/* Probabilities of one label of C each, rows of sum 1; row 0 is certain, row 1 is uniform. */
static void softmax_rows(float *p, double *wide, uint32_t index) {
    Rng r = rng_stream(5, RNG_TEST, index);
    for (int i = 0; i < N; i++) {
        double sum = 0, row[C];
        for (int k = 0; k < C; k++) sum += row[k] = exp(2 * rng_normal(&r));
        for (int k = 0; k < C; k++) {
            p[i * C + k] = i == 0 ? (float)(k == 2) : i == 1 ? 1.0f / C : (float)(row[k] / sum);
            wide[i * C + k] = (double)p[i * C + k];
        }
    }
}

static void start(real *g, double *wide) {
    for (int i = 0; i < N * N; i++) {
        g[i] = (real)(sin(i + 1.0) / 2);
        wide[i] = (double)g[i];
    }
}

Test(posterior, target_is_the_oracles_within_and_across_modalities) {
    float p[2][N * C];
    double wide[2][N * C], want[N * N];
    real g[N * N];
    for (int m = 0; m < 2; m++) softmax_rows(p[m], wide[m], (uint32_t)m);
    static const int pair[3][2] = {{0, 0}, {1, 1}, {0, 1}};
    for (int k = 0; k < 3; k++) {
        int m = pair[k][0], n = pair[k][1];
        start(g, want);
        posterior_target(p[m], p[n], N, C, m == n, 0.3, 0.5, g);
        oracle_posterior(wide[m], wide[n], N, C, m == n, 0.3, 0.5, want);
        for (int i = 0; i < N * N; i++)
            cr_assert_float_eq((double)g[i], want[i], 1e-6, "pair %d, place %d", k, i);
    }
}

Test(posterior, a_case_is_wanted_at_itself_within_and_as_near_as_it_is_certain_across) {
    float p[N * C];
    double wide[N * C];
    real within[N * N] = {0}, across[N * N] = {0};
    softmax_rows(p, wide, 7);
    posterior_target(p, p, N, C, true, 1, 0.5, within);
    posterior_target(p, p, N, C, false, 1, 0.5, across);
    for (int i = 0; i < N; i++) cr_assert_float_eq((double)within[i * N + i], 1, 1e-6);
    cr_assert_float_eq((double)across[0], 1, 1e-6); /* certain and right of itself */
    for (int j = 0; j < N; j++)                     /* row 1 is uniform: all cases are equal to it */
        cr_assert_float_eq((double)across[N + j], 1.5 / C - 0.5, 1e-6);
}

Test(posterior, rows_of_many_certain_labels_become_rows_of_yn_and_shorter_ones_stay) {
    float p[3 * C] = {1, 1, 0, 0, 0.5f, 0.5f, 0, 0, 0, 0, 0, 0};
    posterior_unit(p, 3, C);
    cr_assert_float_eq((double)p[0], sqrt(0.5), 1e-6);
    cr_assert_float_eq((double)p[1], sqrt(0.5), 1e-6);
    cr_assert_eq(p[4], 0.5f);
    for (int k = 0; k < C; k++) cr_assert_eq(p[8 + k], 0.0f);
}

Test(posterior, chance_is_the_oracles) {
    float p[2][N * C];
    double wide[2][N * C];
    uint8_t shared[N * N];
    real r[N * N];
    for (int m = 0; m < 2; m++) softmax_rows(p[m], wide[m], (uint32_t)m);
    for (int i = 0; i < N * N; i++) shared[i] = i % 3 == 0;
    for (int single = 0; single < 2; single++) {
        posterior_chance(p[0], p[1], shared, N, C, single, 0.25, r);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                cr_assert_float_eq(
                    (double)r[i * N + j],
                    oracle_chance(wide[0] + i * C, wide[1] + j * C, shared[i * N + j], C, single, 0.25),
                    1e-6);
    }
    posterior_chance(p[0], p[1], shared, N, C, true, 1, r);
    for (int i = 0; i < N * N; i++) cr_assert_float_eq((double)r[i], shared[i] ? 1 - 1e-4 : 1e-4, 1e-6);
}

Test(posterior, a_share_of_0_changes_nothing) {
    float p[N * C];
    double wide[N * C], want[N * N];
    real g[N * N];
    softmax_rows(p, wide, 3);
    start(g, want);
    posterior_target(p, p, N, C, true, 0, 0.5, g);
    for (int i = 0; i < N * N; i++) cr_assert_eq((double)g[i], want[i]);
}
