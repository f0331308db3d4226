/* The neighbour graph and its targets. */
#include "hash/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/oracle/oracle_hash.h"

enum { N = 26, D = 5, C = 3, K = 4 };

/* N cases in groups of one to three; two cases have no label. */
typedef struct {
    float u[N * D], labels[N * C];
    double wide[N * D], wide_labels[N * C];
    int group[N];
} Cases;

static Cases cases(uint32_t index) {
    Cases x;
    Rng r = rng_stream(3, RNG_TEST, index);
    memset(&x, 0, sizeof x);
    for (int i = 0, group = 0; i < N; i++) {
        if (i % 3 == 0 || rng_below(&r, 2)) group++;
        x.group[i] = group;
        for (int k = 0; k < D; k++) x.u[i * D + k] = (float)rng_normal(&r);
        int first = (int)rng_below(&r, C), both = i % 4 == 0;
        if (i == 5 || i == 11) continue;
        x.labels[i * C + first] = both ? (float)sqrt(0.5) : 1;
        if (both) x.labels[i * C + (first + 1) % C] = (float)sqrt(0.5);
    }
    for (int i = 0; i < N * D; i++) x.wide[i] = (double)x.u[i];
    for (int i = 0; i < N * C; i++) x.wide_labels[i] = (double)x.labels[i];
    return x;
}

static Graph built(const Cases *x, int k, bool geodesic, Pool *pool) {
    Graph g;
    Error err;
    cr_assert_eq(graph_build(&g, x->u, N, D, x->group, k, geodesic, pool, &err), STATUS_OK);
    cr_assert_eq(graph_set_labels(&g, x->labels, C, &err), STATUS_OK);
    return g;
}

static void all_cases(int *index) {
    for (int i = 0; i < N; i++) index[i] = i;
}

static double largest_difference(const real *x, const double *y, int n) {
    double most = 0;
    for (int i = 0; i < n; i++) {
        double difference = fabs((double)x[i] - y[i]);
        if (!isfinite(difference)) return INFINITY;
        most = difference > most ? difference : most;
    }
    return most;
}

static double entry(const Graph *g, const float *values, int i, int j) {
    for (size_t at = g->start[i]; at < g->start[i + 1]; at++)
        if (g->column[at] == j) return (double)values[at];
    return 0;
}

/* ---- Against the oracle ---- */

Test(graph, kernel_steps_and_bandwidth_are_the_oracles) {
    for (uint32_t set = 0; set < 5; set++) {
        Cases x = cases(set);
        Graph g = built(&x, K, false, NULL);
        double kernel[N * N], step[N * N];
        oracle_graph(x.wide, N, D, x.group, K, kernel, step);
        cr_assert_float_eq(g.sigma, oracle_bandwidth(x.wide, N, D, x.group, K), 1e-6);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                cr_assert_float_eq(entry(&g, g.kernel, i, j), kernel[i * N + j], 1e-6);
                cr_assert_float_eq(entry(&g, g.step, i, j), step[i * N + j], 1e-6);
            }
        graph_free(&g);
    }
}

Test(graph, geodesic_kernel_is_the_oracles) {
    Cases x = cases(7);
    Graph g = built(&x, K, true, NULL);
    double kernel[N * N];
    real block[N * N];
    int index[N];
    all_cases(index);
    oracle_geodesic(x.wide, N, D, x.group, K, kernel);
    graph_block(&g, index, N, block);
    cr_assert_lt(largest_difference(block, kernel, N * N), 1e-6);
    graph_free(&g);
}

/* Two modalities with different features and the same groups and labels. */
static Cases partner(const Cases *x) {
    Cases y = *x, other = cases(99);
    memcpy(y.u, other.u, sizeof y.u);
    memcpy(y.wide, other.wide, sizeof y.wide);
    return y;
}

static void oracle_steps(const Cases *x, double *step) {
    double kernel[N * N];
    oracle_graph(x->wide, N, D, x->group, K, kernel, step);
}

Test(graph, walk_and_target_are_the_oracles_within_and_across_modalities) {
    Cases x = cases(1), y = partner(&x);
    Graph v = built(&x, K, false, NULL), t = built(&y, K, false, NULL);
    const Graph *pair[3][2] = {{&v, &v}, {&t, &t}, {&v, &t}};
    double step_v[N * N], step_t[N * N], s[N * N], g[N * N];
    const double *steps[3][2] = {{step_v, step_v}, {step_t, step_t}, {step_v, step_t}};
    const WalkOptions o = {.omega = 0.4, .rho = 0.7, .t0 = 0.5};
    real walk[N * N], target[N * N];
    int index[N];
    all_cases(index);
    oracle_steps(&x, step_v);
    oracle_steps(&y, step_t);
    for (int p = 0; p < 3; p++) {
        oracle_walk(steps[p][0], steps[p][1], x.wide_labels, N, C, o.rho, s);
        oracle_target(s, x.wide_labels, N, C, o.omega, o.t0, g);
        graph_walk(pair[p][0], pair[p][1], index, N, o.rho, walk);
        graph_target(pair[p][0], pair[p][1], x.labels, C, index, N, &o, target);
        cr_assert_lt(largest_difference(walk, s, N * N), 2e-6);
        cr_assert_lt(largest_difference(target, g, N * N), 2e-6);
    }
    graph_free(&v);
    graph_free(&t);
}

Test(graph, a_batch_is_its_block_of_the_whole) {
    Cases x = cases(2);
    Graph g = built(&x, K, false, NULL);
    const int index[4] = {9, 0, 25, 9};
    const WalkOptions o = {.omega = 0.5, .rho = 0.5, .t0 = 1};
    float labels[4 * C];
    int all[N];
    real whole[N * N], block[16];
    all_cases(all);
    graph_target(&g, &g, x.labels, C, all, N, &o, whole);
    for (int i = 0; i < 4; i++) memcpy(labels + i * C, x.labels + index[i] * C, C * sizeof(float));
    graph_target(&g, &g, labels, C, index, 4, &o, block);
    for (int i = 0; i < 16; i++) cr_assert_eq(block[i], whole[index[i / 4] * N + index[i % 4]]);
    graph_block(&g, all, N, whole);
    graph_block(&g, index, 4, block);
    for (int i = 0; i < 16; i++) cr_assert_eq(block[i], whole[index[i / 4] * N + index[i % 4]]);
    graph_free(&g);
}

Test(graph, without_walk_the_target_is_the_labels_alone) {
    Cases x = cases(2);
    const int index[3] = {0, 1, 2};
    const WalkOptions o = {.omega = 1, .rho = 0.5, .t0 = 0.5};
    real target[9];
    graph_target(NULL, NULL, x.labels, C, index, 3, &o, target);
    for (int i = 0; i < 9; i++) {
        double shared = 0;
        for (int k = 0; k < C; k++) shared += x.wide_labels[i / 3 * C + k] * x.wide_labels[i % 3 * C + k];
        cr_assert_float_eq((double)target[i], 1.5 * shared - 0.5, 1e-6);
    }
}

/* ---- By hand ---- */

/* Four cases on a line at 0, 1, 3, 6, each a group: with k = 1 the nearest are 1, 0, 1, 2 at 1, 1, 2, 3;
 * sigma = 7/4. */
Test(graph, four_cases_on_a_line_by_hand) {
    const float u[4] = {0, 1, 3, 6};
    const int group[4] = {0, 1, 2, 3};
    Graph g;
    Error err;
    cr_assert_eq(graph_build(&g, u, 4, 1, group, 1, false, NULL, &err), STATUS_OK);
    double near = exp(-1 / (2 * 1.75 * 1.75)), middle = exp(-4 / (2 * 1.75 * 1.75)),
           far = exp(-9 / (2 * 1.75 * 1.75));
    const double wanted[16] = {1, near, 0, 0, near, 1, middle, 0, 0, middle, 1, far, 0, 0, far, 1};
    cr_assert_float_eq(g.sigma, 1.75, 1e-6);
    for (int i = 0; i < 16; i++) cr_assert_float_eq(entry(&g, g.kernel, i / 4, i % 4), wanted[i], 1e-6);
    cr_assert_float_eq(entry(&g, g.step, 1, 0), near / (1 + near + middle), 1e-6);
    graph_free(&g);
}

/* ---- Properties ---- */

Test(graph, rows_of_p_sum_to_1_and_k_is_symmetric_with_a_diagonal_of_1) {
    Cases x = cases(3);
    for (int geodesic = 0; geodesic < 2; geodesic++) {
        Graph g = built(&x, K, geodesic, NULL);
        for (int i = 0; i < N; i++) {
            double sum = 0;
            for (size_t at = g.start[i]; at < g.start[i + 1]; at++) sum += (double)g.step[at];
            cr_assert_float_eq(sum, 1, 1e-6);
            cr_assert_eq(entry(&g, g.kernel, i, i), 1);
            for (int j = 0; j < N; j++) cr_assert_eq(entry(&g, g.kernel, i, j), entry(&g, g.kernel, j, i));
        }
        graph_free(&g);
    }
}

Test(graph, cases_of_one_group_are_never_neighbours) {
    Cases x = cases(4);
    for (int i = 1; i < N; i++)
        if (x.group[i] == x.group[i - 1]) memcpy(x.u + i * D, x.u + (i - 1) * D, D * sizeof(float));
    for (int geodesic = 0; geodesic < 2; geodesic++) {
        Graph g = built(&x, K, geodesic, NULL);
        int pairs = 0;
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                if (i != j && x.group[i] == x.group[j]) {
                    cr_assert_eq(entry(&g, g.kernel, i, j), 0);
                    pairs++;
                }
        cr_assert_gt(pairs, 4);
        graph_free(&g);
    }
}

Test(graph, every_case_has_at_least_k_neighbours) {
    Cases x = cases(5);
    Graph g = built(&x, K, false, NULL);
    cr_assert_eq(g.k, K);
    for (int i = 0; i < N; i++) cr_assert(g.start[i + 1] - g.start[i] >= K + 1);
    graph_free(&g);
}

Test(graph, k_is_capped_at_the_cases_of_other_groups) {
    const float u[5] = {0, 1, 2, 3, 4};
    const int group[5] = {0, 0, 0, 1, 1};
    Graph g;
    Error err;
    cr_assert_eq(graph_build(&g, u, 5, 1, group, 100, false, NULL, &err), STATUS_OK);
    cr_assert_eq(g.k, 2);
    for (int i = 0; i < 5; i++) cr_assert(isfinite(entry(&g, g.step, i, i)) && entry(&g, g.step, i, i) > 0);
    graph_free(&g);
}

Test(graph, one_group_alone_leaves_each_case_to_itself) {
    const float u[3] = {0, 1, 2};
    const int group[3] = {4, 4, 4};
    Graph g;
    Error err;
    cr_assert_eq(graph_build(&g, u, 3, 1, group, 2, false, NULL, &err), STATUS_OK);
    for (int i = 0; i < 9; i++) cr_assert_eq(entry(&g, g.step, i / 3, i % 3), i / 3 == i % 3);
    graph_free(&g);
}

/* Odd values far from 0, so that |a|^2 + |b|^2 - 2ab rounds. */
Test(graph, equal_features_give_kernels_of_1_and_no_nan) {
    Cases x = cases(6);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < D; k++) x.u[i * D + k] = 317.3f + 0.7f * (float)k;
    Graph g = built(&x, K, false, NULL);
    real s[N * N];
    int index[N];
    all_cases(index);
    cr_assert(g.sigma > 0 && isfinite(g.sigma));
    for (size_t at = 0; at < g.start[N]; at++) cr_assert_eq(g.kernel[at], 1);
    graph_walk(&g, &g, index, N, 0.5, s);
    for (int i = 0; i < N * N; i++) cr_assert(isfinite((double)s[i]));
    graph_free(&g);
}

/* Features 1000 from 0 with differences of 0.01: the distance comes from the differences, not from the product form, which loses
 * its digits. */
Test(graph, close_features_far_from_0_keep_their_distances) {
    Cases x = cases(8);
    for (int i = 0; i < N * D; i++) {
        x.u[i] = 1000 + 0.01f * x.u[i];
        x.wide[i] = (double)x.u[i];
    }
    Graph g = built(&x, N, false, NULL);
    double kernel[N * N], step[N * N];
    oracle_graph(x.wide, N, D, x.group, N, kernel, step);
    for (int i = 0; i < N * N; i++) cr_assert_float_eq(entry(&g, g.kernel, i / N, i % N), kernel[i], 1e-5);
    graph_free(&g);
}

Test(graph, s_lies_in_0_to_1_and_g_in_minus_t0_to_1) {
    for (uint32_t set = 0; set < 4; set++) {
        Cases x = cases(set), y = partner(&x);
        Graph v = built(&x, K, set == 3, NULL), t = built(&y, K, set == 3, NULL);
        const WalkOptions o = {.omega = 0.3, .rho = 0.25 * set, .t0 = 0.5};
        real s[N * N], g[N * N];
        int index[N];
        all_cases(index);
        graph_walk(&v, set == 0 ? &v : &t, index, N, o.rho, s);
        graph_target(&v, set == 0 ? &v : &t, x.labels, C, index, N, &o, g);
        for (int i = 0; i < N * N; i++) {
            cr_assert(s[i] >= 0 && s[i] <= 1);
            cr_assert(g[i] >= (real)-0.5 && g[i] <= 1);
        }
        graph_free(&v);
        graph_free(&t);
    }
}

Test(graph, a_case_walks_back_to_itself_with_similarity_1) {
    Cases x = cases(0);
    Graph g = built(&x, K, false, NULL);
    const int index[3] = {0, 12, 25};
    real s[9];
    graph_walk(&g, &g, index, 3, 1, s);
    for (int i = 0; i < 3; i++) cr_assert_float_eq((double)s[4 * i], 1, 1e-6);
    graph_free(&g);
}

static bool same_graph(const Graph *a, const Graph *b) {
    size_t edges = a->start[a->n];
    return a->sigma == b->sigma && memcmp(a->start, b->start, ((size_t)a->n + 1) * sizeof *a->start) == 0 &&
           memcmp(a->column, b->column, edges * sizeof *a->column) == 0 &&
           memcmp(a->kernel, b->kernel, edges * sizeof *a->kernel) == 0 &&
           memcmp(a->step, b->step, edges * sizeof *a->step) == 0;
}

/* More cases than one tile holds. */
Test(graph, is_the_same_at_any_number_of_threads) {
    enum { MANY = 300, WIDTH = 24 };
    float *u = mem_calloc(MANY * WIDTH, sizeof *u);
    int group[MANY];
    Rng r = rng_stream(3, RNG_TEST, 1000);
    for (int i = 0; i < MANY * WIDTH; i++) u[i] = (float)rng_normal(&r);
    for (int i = 0; i < MANY; i++) group[i] = i / 2;
    Graph first, g;
    Error err;
    cr_assert_eq(graph_build(&first, u, MANY, WIDTH, group, 9, false, NULL, &err), STATUS_OK);
    for (int threads = 1; threads <= 4; threads++) {
        Pool *pool;
        cr_assert_eq(pool_create(&pool, threads, &err), STATUS_OK);
        cr_assert_eq(graph_build(&g, u, MANY, WIDTH, group, 9, false, pool, &err), STATUS_OK);
        cr_assert(same_graph(&first, &g));
        graph_free(&g);
        pool_free(pool);
    }
    graph_free(&first);
    mem_free(u);
}

Test(graph, labels_may_be_set_again) {
    Cases x = cases(1);
    Graph g = built(&x, K, false, NULL);
    const int index[2] = {0, 1};
    real one[4], two[4];
    Error err;
    graph_walk(&g, &g, index, 2, 0, one);
    cr_assert_eq(graph_set_labels(&g, x.labels, C, &err), STATUS_OK);
    graph_walk(&g, &g, index, 2, 0, two);
    cr_assert_eq(memcmp(one, two, sizeof one), 0);
    graph_free(&g);
}

Test(graph, memory_that_runs_out_is_told) {
    Cases x = cases(0);
    int failures = 0;
    for (long n = 1; n < 400; n++) {
        Graph g;
        Error err;
        mem_fail_at(n, 0);
        Status status = graph_build(&g, x.u, N, D, x.group, K, n % 2, NULL, &err);
        if (status == STATUS_OK) status = graph_set_labels(&g, x.labels, C, &err);
        mem_fail_at(0, 0);
        failures += status == STATUS_IO;
        cr_assert(status == STATUS_OK || status == STATUS_IO);
        graph_free(&g);
    }
    cr_assert_gt(failures, 10);
}

Test(graph, walk_before_labels_aborts, .signal = SIGABRT) {
    Cases x = cases(0);
    Graph g;
    Error err;
    const int index[1] = {0};
    real s[1];
    graph_build(&g, x.u, N, D, x.group, K, false, NULL, &err);
    graph_walk(&g, &g, index, 1, 0.5, s);
}
