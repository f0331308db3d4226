/* The shallow methods: known results, objectives that never rise, constraints that hold, synthetic sets, bad input. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "eval/retrieval.h"
#include "hash/baselines/baselines.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/case_sets.h"
#include "tests/check.h"
#include "tests/fixtures.h"

enum { TRAIN = 240, TEST = 120, ALL = TRAIN + TEST, DX = 24, DY = 20, CLASSES = 5, BITS = 16 };

/* Two views of five classes: a centre for each class and view, with noise of twice its distance. */
static float x[ALL * DX], y[ALL * DY], labels[ALL * CLASSES];
static uint8_t held[ALL * CLASSES];

static void view(float *to, int d, uint32_t stream) {
    Rng r = rng_stream(5, RNG_TEST, stream);
    float centre[CLASSES][DX];
    for (int k = 0; k < CLASSES; k++)
        for (int j = 0; j < d; j++) centre[k][j] = (float)rng_normal(&r);
    for (int i = 0; i < ALL; i++)
        for (int j = 0; j < d; j++)
            to[i * d + j] = 3 + 10 * (centre[i % CLASSES][j] + 1.5f * (float)rng_normal(&r));
}

static BaselineData planted(void) {
    view(x, DX, 1);
    view(y, DY, 2);
    memset(labels, 0, sizeof labels);
    for (int i = 0; i < ALL; i++) labels[i * CLASSES + i % CLASSES] = 1;
    for (int i = 0; i < ALL * CLASSES; i++) held[i] = labels[i] > 0;
    return (BaselineData){TRAIN, DX, DY, CLASSES, x, y, labels};
}

/* Expected MAP of text queries among the held-out images, and of random codes in *chance. */
static double held_out_map(const BaselineModel *m, double *chance) {
    static uint8_t query[TEST * BITS / 8], database[TEST * BITS / 8];
    Error err = {0};
    cr_assert_eq(baseline_encode(m, MODALITY_TEXT, y + TRAIN * DY, TEST, query, &err), STATUS_OK);
    cr_assert_eq(baseline_encode(m, MODALITY_IMAGE, x + TRAIN * DX, TEST, database, &err), STATUS_OK);
    const uint8_t *l = held + TRAIN * CLASSES;
    CaseSet q = case_set(TEST, BITS, query, CLASSES, l), d = case_set(TEST, BITS, database, CLASSES, l);
    Retrieval r = {0};
    cr_assert_eq(evaluate_codes(&r, &(RetrievalTask){&q, &d, MODALITY_TEXT, false}, NULL, &err), STATUS_OK);
    double map = r.map.expected;
    *chance = r.map_random;
    retrieval_free(&r);
    return map;
}

static bool finite_model(const BaselineModel *m) {
    for (int k = 0; k < m->bits; k++) {
        if (!isfinite(m->bx[k]) || !isfinite(m->by[k])) return false;
        for (int j = 0; j < m->dx; j++)
            if (!isfinite(m->wx[j * m->bits + k])) return false;
        for (int j = 0; j < m->dy; j++)
            if (!isfinite(m->wy[j * m->bits + k])) return false;
    }
    return true;
}

static bool same_model(const BaselineModel *a, const BaselineModel *b) {
    return !memcmp(a->wx, b->wx, sizeof(float) * (size_t)(a->dx * a->bits)) &&
           !memcmp(a->wy, b->wy, sizeof(float) * (size_t)(a->dy * a->bits)) &&
           !memcmp(a->bx, b->bx, sizeof(float) * (size_t)a->bits);
}

static void fit(const Baseline *b, BaselineModel *m, const BaselineData *d, const BaselineSettings *s,
                BaselineTrace *trace) {
    Error err = {0};
    Status status = b->fit(m, d, s, trace, &err);
    cr_assert_eq(status, STATUS_OK, "%s: %s", b->name, err.message);
    cr_assert(finite_model(m), "%s", b->name);
}

static double fitted_map(const Baseline *b, const BaselineData *d, const BaselineSettings *s,
                         double *chance) {
    BaselineModel m;
    fit(b, &m, d, s, NULL);
    double map = held_out_map(&m, chance);
    baseline_model_free(&m);
    return map;
}

/* ---- Known answers ---- */

enum { GOLDEN_N = 60, GOLDEN_DX = 5, GOLDEN_DY = 4 };

static int golden_entry(int i, int j, int k) {
    return (i * i * (j + 3) + 7 * i * (j + k) + 11 * j * j + 5 * k) % 23;
}

/* tests/golden/make_canonical.py, SciPy 1.10.1. Correlations do not depend on scale or shift of the features. */
Test(baselines, cca_has_the_canonical_correlations_of_scipy) {
    static const double golden[GOLDEN_DY] = {0.813551656370, 0.699727003217, 0.449350380419, 0.122230585739};
    float gx[GOLDEN_N * GOLDEN_DX], gy[GOLDEN_N * GOLDEN_DY], gl[GOLDEN_N * 2] = {0};
    double rho[BITS];
    for (int i = 0; i < GOLDEN_N; i++) {
        for (int j = 0; j < GOLDEN_DX; j++) gx[i * GOLDEN_DX + j] = (float)golden_entry(i, j, 1);
        for (int j = 0; j < GOLDEN_DY; j++)
            gy[i * GOLDEN_DY + j] = (float)(golden_entry(i, j, 2) + (j < 2 ? golden_entry(i, j, 1) : 0));
    }
    BaselineData d = {GOLDEN_N, GOLDEN_DX, GOLDEN_DY, 2, gx, gy, gl};
    BaselineSettings s = baseline_defaults(BITS, 1);
    s.cca_ridge = 1e-12;
    BaselineModel m;
    BaselineTrace trace = {.correlation = rho};
    fit(&BASELINES[0], &m, &d, &s, &trace);
    for (int k = 0; k < BITS; k++) cr_assert_float_eq(rho[k], k < GOLDEN_DY ? golden[k] : 0, 1e-8);
    baseline_model_free(&m);
}

/* Text = image: all correlations are 1, and a case's two codes agree. */
Test(baselines, cca_of_two_equal_views_correlates_by_1) {
    BaselineData d = planted();
    d.y = d.x, d.dy = d.dx;
    BaselineSettings s = baseline_defaults(BITS, 1);
    s.cca_ridge = 1e-12;
    double rho[BITS];
    BaselineTrace trace = {.correlation = rho};
    BaselineModel m;
    fit(&BASELINES[0], &m, &d, &s, &trace);
    for (int k = 0; k < BITS; k++) cr_assert_float_eq(rho[k], 1, 1e-9);
    uint8_t image[TEST * BITS / 8], text[TEST * BITS / 8];
    Error err = {0};
    cr_assert_eq(baseline_encode(&m, 0, x, TEST, image, &err), STATUS_OK);
    cr_assert_eq(baseline_encode(&m, 1, x, TEST, text, &err), STATUS_OK);
    int apart = 0;
    for (int i = 0; i < TEST; i++) apart += code_distance(image + 2 * i, text + 2 * i, BITS);
    cr_assert_leq(apart, TEST * BITS / 200);
    baseline_model_free(&m);
}

/* ---- Objectives and constraints ---- */

static void never_rises(const Baseline *b, const BaselineSettings *s) {
    BaselineData d = planted();
    double objective[40];
    BaselineTrace trace = {.objective = objective, .capacity = 40};
    BaselineModel m;
    fit(b, &m, &d, s, &trace);
    cr_assert_geq(trace.count, 2, "%s: %d rounds", b->name, trace.count);
    for (int i = 1; i < trace.count; i++)
        cr_assert(objective[i] <= objective[i - 1] + 1e-9 * fabs(objective[0]),
                  "%s, round %d: %.12g after %.12g", b->name, i, objective[i], objective[i - 1]);
    cr_assert(objective[trace.count - 1] < objective[0], "%s", b->name);
    baseline_model_free(&m);
}

static const Baseline *method(const char *name) {
    for (int i = 0; i < BASELINE_METHODS; i++)
        if (strcmp(BASELINES[i].name, name) == 0) return &BASELINES[i];
    return NULL;
}

/* All alternating methods, at every point of their grid. */
Test(baselines, objectives_never_rise_at_any_point_of_the_grid) {
    static const char *const names[] = {"CCA-ITQ", "CMFH", "DCH", "BATCH"};
    for (int i = 0; i < 4; i++) {
        const Baseline *b = method(names[i]);
        for (int c = 0; c < baseline_candidates(b); c++) {
            BaselineSettings s = baseline_defaults(BITS, (uint64_t)c);
            s.rounds = 12;
            baseline_candidate(b, c, &s);
            never_rises(b, &s);
        }
    }
}

/* P = ridge(X, V, g/mu), that is X'(V - XP) = g/mu P, with X centred and of mean square 1. */
Test(baselines, cmfhs_image_function_is_the_ridge_regression_of_its_latent_factors) {
    BaselineData d = planted();
    BaselineSettings s = baseline_defaults(BITS, 1);
    s.cmfh_gamma = 300, s.cmfh_mu = 10;
    static double v[TRAIN * BITS], c[TRAIN * DX];
    BaselineTrace trace = {.latent = v};
    BaselineModel m;
    fit(method("CMFH"), &m, &d, &s, &trace);
    double square = 0;
    for (int j = 0; j < DX; j++) {
        double mean = 0;
        for (int i = 0; i < TRAIN; i++) mean += x[i * DX + j] / (double)TRAIN;
        for (int i = 0; i < TRAIN; i++) {
            c[i * DX + j] = x[i * DX + j] - mean;
            square += c[i * DX + j] * c[i * DX + j] / (TRAIN * DX);
        }
    }
    double scale = sqrt(square), largest = 0, rest = 0;
    for (int j = 0; j < DX; j++)
        for (int k = 0; k < BITS; k++) {
            double want = 30 * scale * m.wx[j * BITS + k], have = 0;
            for (int i = 0; i < TRAIN; i++) {
                double apart = v[i * BITS + k];
                for (int l = 0; l < DX; l++) apart -= c[i * DX + l] * m.wx[l * BITS + k];
                have += c[i * DX + j] / scale * apart;
            }
            largest = fmax(largest, fabs(want));
            rest = fmax(rest, fabs(have - want));
        }
    cr_assert_gt(largest, 0);
    cr_assert_lt(rest, 1e-4 * largest);
    baseline_model_free(&m);
}

static void balanced_and_uncorrelated(const double *v, int n) {
    for (int k = 0; k < BITS; k++) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += v[i * BITS + k];
        cr_assert_float_eq(sum, 0, 1e-9 * n);
        for (int j = 0; j <= k; j++) {
            double dot = 0;
            for (int i = 0; i < n; i++) dot += v[i * BITS + k] * v[i * BITS + j];
            cr_assert_float_eq(dot, j == k ? n : 0, 1e-9 * n);
        }
    }
}

Test(baselines, batch_keeps_v_balanced_and_uncorrelated_exactly) {
    BaselineData d = planted();
    static double v[TRAIN * BITS];
    BaselineTrace trace = {.latent = v};
    BaselineModel m;
    for (int rounds = 1; rounds < 4; rounds++) {
        BaselineSettings s = baseline_defaults(BITS, 1);
        s.rounds = rounds;
        fit(method("BATCH"), &m, &d, &s, &trace);
        balanced_and_uncorrelated(v, TRAIN);
        baseline_model_free(&m);
    }
}

/* One feature a side, two classes and om near 0: Z has rank 4 at most, 12 columns of U are drawn. */
Test(baselines, batch_completes_a_rank_deficient_z) {
    BaselineData d = planted();
    float thin[TRAIN];
    for (int i = 0; i < TRAIN; i++) thin[i] = x[i * DX];
    d.x = d.y = thin, d.dx = d.dy = 1, d.n = 18;
    static double v[TRAIN * BITS];
    BaselineTrace trace = {.latent = v};
    BaselineSettings s = baseline_defaults(BITS, 1);
    s.batch_omega = 1e-14;
    BaselineModel m;
    fit(method("BATCH"), &m, &d, &s, &trace);
    balanced_and_uncorrelated(v, 18);
    baseline_model_free(&m);
}

/* ---- Planted sets ---- */

Test(baselines, each_method_is_clearly_above_chance_on_planted_views) {
    BaselineData d = planted();
    for (int i = 0; i < BASELINE_METHODS; i++) {
        BaselineSettings s = baseline_defaults(BITS, 1);
        double chance, map = fitted_map(&BASELINES[i], &d, &s, &chance);
        cr_log_info("%s: %.3f, chance %.3f", BASELINES[i].name, map, chance);
        cr_assert_gt(map, chance + 0.3, "%s: %.3f, chance %.3f", BASELINES[i].name, map, chance);
    }
}

/* Noise with random labels: held-out cases score at chance, whatever a method memorised. */
Test(baselines, labels_at_random_leave_the_supervised_at_chance) {
    BaselineData d = planted();
    float random[TRAIN * CLASSES] = {0};
    Rng r = rng_stream(9, RNG_TEST, 3);
    for (int i = 0; i < TRAIN; i++) random[i * CLASSES + (int)rng_below(&r, CLASSES)] = 1;
    float noise_x[TRAIN * DX], noise_y[TRAIN * DY];
    for (int i = 0; i < TRAIN * DX; i++) noise_x[i] = (float)rng_normal(&r);
    for (int i = 0; i < TRAIN * DY; i++) noise_y[i] = (float)rng_normal(&r);
    d.labels = random, d.x = noise_x, d.y = noise_y;
    for (int i = 0; i < BASELINE_METHODS; i++) {
        BaselineSettings s = baseline_defaults(BITS, 1);
        double chance, map = fitted_map(&BASELINES[i], &d, &s, &chance);
        cr_assert_lt(map, chance + 0.12, "%s: %.3f, chance %.3f", BASELINES[i].name, map, chance);
    }
}

Test(baselines, equal_seeds_give_equal_models_and_scale_and_shift_of_features_change_no_code) {
    BaselineData d = planted();
    static float moved[TRAIN * DX];
    for (int i = 0; i < TRAIN * DX; i++) moved[i] = 64 * x[i] + 128;
    for (int i = 0; i < BASELINE_METHODS; i++) {
        BaselineSettings s = baseline_defaults(BITS, 7);
        BaselineModel a, b, c;
        uint8_t before[TRAIN * BITS / 8], after[TRAIN * BITS / 8];
        Error err = {0};
        fit(&BASELINES[i], &a, &d, &s, NULL);
        fit(&BASELINES[i], &b, &d, &s, NULL);
        cr_assert(same_model(&a, &b), "%s", BASELINES[i].name);
        BaselineData other = d;
        other.x = moved;
        fit(&BASELINES[i], &c, &other, &s, NULL);
        cr_assert_eq(baseline_encode(&a, 0, x, TRAIN, before, &err), STATUS_OK);
        cr_assert_eq(baseline_encode(&c, 0, moved, TRAIN, after, &err), STATUS_OK);
        int apart = 0;
        for (int k = 0; k < TRAIN; k++) apart += code_distance(before + 2 * k, after + 2 * k, BITS);
        cr_assert_leq(apart, TRAIN * BITS / 50, "%s: %d bits differ", BASELINES[i].name, apart);
        baseline_model_free(&a);
        baseline_model_free(&b);
        baseline_model_free(&c);
    }
}

Test(baselines, a_code_does_not_depend_on_the_other_cases_of_its_batch) {
    BaselineData d = planted();
    BaselineSettings s = baseline_defaults(BITS, 1);
    BaselineModel m;
    Error err = {0};
    fit(method("DCH"), &m, &d, &s, NULL);
    uint8_t all[ALL * BITS / 8], one[BITS / 8];
    cr_assert_eq(baseline_encode(&m, 0, x, ALL, all, &err), STATUS_OK);
    for (int i = 0; i < ALL; i++) {
        cr_assert_eq(baseline_encode(&m, 0, x + i * DX, 1, one, &err), STATUS_OK);
        cr_assert(!memcmp(one, all + i * BITS / 8, BITS / 8));
    }
    baseline_model_free(&m);
}

/* ---- Hyper-parameters ---- */

/* A ridge shrinks the correlations; a heavier one shrinks the weights of DCH. */
Test(baselines, ridges_shrink) {
    BaselineData d = planted();
    double last_rho = 2, last_size = INFINITY;
    for (double ridge = 1e-3; ridge < 1e4; ridge *= 100) {
        double rho[BITS], size = 0;
        BaselineTrace trace = {.correlation = rho};
        BaselineSettings s = baseline_defaults(BITS, 1);
        BaselineModel m;
        s.cca_ridge = ridge, s.dch_ridge = 1000 * ridge;
        fit(method("CCA-ITQ"), &m, &d, &s, &trace);
        baseline_model_free(&m);
        fit(method("DCH"), &m, &d, &s, NULL);
        for (int i = 0; i < DX * BITS; i++) size += (double)m.wx[i] * m.wx[i];
        baseline_model_free(&m);
        cr_assert_lt(rho[0], last_rho);
        cr_assert_lt(size, last_size);
        last_rho = rho[0], last_size = size;
    }
}

/* lam near 1: only the image is factorised, the text follows by its projection, so noise as text does no harm. */
Test(baselines, cmfh_lambda_weighs_the_views) {
    BaselineData d = planted();
    static float noise[ALL * DY];
    Rng r = rng_stream(2, RNG_TEST, 4);
    for (int i = 0; i < ALL * DY; i++) noise[i] = (float)rng_normal(&r);
    d.y = noise;
    double share[2];
    for (int side = 0; side < 2; side++) { /* share of V that the image's function predicts */
        BaselineSettings s = baseline_defaults(BITS, 1);
        s.cmfh_lambda = side ? 0.99 : 0.01, s.cmfh_mu = 1e-3, s.cmfh_gamma = 1e-3;
        static double v[TRAIN * BITS];
        BaselineTrace trace = {.latent = v};
        BaselineModel m;
        fit(method("CMFH"), &m, &d, &s, &trace);
        double rest = 0, size = 0;
        for (int i = 0; i < TRAIN; i++)
            for (int k = 0; k < BITS; k++) {
                double p = m.bx[k];
                for (int j = 0; j < DX; j++) p += (double)x[i * DX + j] * m.wx[j * BITS + k];
                rest += (p - v[i * BITS + k]) * (p - v[i * BITS + k]);
                size += v[i * BITS + k] * v[i * BITS + k];
            }
        share[side] = 1 - rest / size;
        baseline_model_free(&m);
    }
    cr_assert_gt(share[1], 0.9);
    cr_assert_lt(share[0], 0.5);
}

Test(baselines, the_grid_visits_every_combination_once_and_describes_it) {
    char text[64][128];
    for (int i = 0; i < BASELINE_METHODS; i++) {
        const Baseline *b = &BASELINES[i];
        int n = baseline_candidates(b);
        cr_assert(n >= 2 && n <= 64, "%s", b->name);
        for (int c = 0; c < n; c++) {
            BaselineSettings s = baseline_defaults(BITS, 1);
            baseline_candidate(b, c, &s);
            baseline_describe(b, &s, text[c], sizeof text[c]);
            for (int e = 0; e < c; e++) cr_assert(strcmp(text[c], text[e]) != 0, "%s: %s", b->name, text[c]);
        }
    }
    BaselineSettings s = baseline_defaults(BITS, 1);
    baseline_candidate(method("DCH"), 0, &s);
    baseline_describe(method("DCH"), &s, text[0], sizeof text[0]);
    cr_assert_str_eq(text[0], "dch_nu=1e-05 dch_ridge=1");
}

/* ---- Degenerate input ---- */

static void all_methods_are_sound(const BaselineData *d) {
    for (int i = 0; i < BASELINE_METHODS; i++) {
        BaselineSettings s = baseline_defaults(BITS, 1);
        BaselineModel m;
        fit(&BASELINES[i], &m, d, &s, NULL);
        baseline_model_free(&m);
    }
}

Test(baselines, constant_columns_duplicated_columns_and_cases_without_labels_are_fine) {
    BaselineData d = planted();
    for (int i = 0; i < ALL; i++) {
        x[i * DX] = 1e6f;
        y[i * DY] = 0;
        for (int j = DX / 2; j < DX; j++) x[i * DX + j] = x[i * DX + j - DX / 2]; /* half the rank */
    }
    for (int i = 0; i < 40; i++) memset(labels + i * CLASSES, 0, CLASSES * sizeof *labels);
    all_methods_are_sound(&d);
}

Test(baselines, no_label_at_all_is_fine) {
    BaselineData d = planted();
    memset(labels, 0, sizeof labels);
    all_methods_are_sound(&d);
}

Test(baselines, fewer_cases_than_dimensions_or_bits) {
    BaselineData d = planted();
    d.n = 12;
    for (int i = 0; i < BASELINE_METHODS; i++) {
        BaselineSettings s = baseline_defaults(BITS, 1);
        BaselineModel m;
        Error err = {0};
        if (strcmp(BASELINES[i].name, "BATCH") == 0) {
            cr_assert_eq(BASELINES[i].fit(&m, &d, &s, NULL, &err), STATUS_INPUT);
            cr_assert(fixture_says(&err, STATUS_INPUT, "12 training cases for 16 bits"));
            cr_assert_null(m.wx);
        } else {
            fit(&BASELINES[i], &m, &d, &s, NULL);
            baseline_model_free(&m);
        }
    }
}

static void refused(const BaselineData *d, const BaselineSettings *s, const char *part) {
    for (int i = 0; i < BASELINE_METHODS; i++) {
        BaselineModel m;
        Error err = {0};
        cr_assert_eq(BASELINES[i].fit(&m, d, s, NULL, &err), STATUS_INPUT, "%s", BASELINES[i].name);
        cr_assert(fixture_says(&err, STATUS_INPUT, part), "%s: %s", BASELINES[i].name, err.message);
        cr_assert_null(m.wx);
    }
}

Test(baselines, bad_input_is_told) {
    BaselineData d = planted();
    BaselineSettings s = baseline_defaults(20, 1);
    refused(&d, &s, "20 bits");
    s.bits = BITS;
    x[5 * DX + 3] = NAN;
    refused(&d, &s, "image feature 4 of training case 6 is not finite");
    d = planted();
    for (int i = 0; i < ALL * DY; i++) y[i] = 1;
    refused(&d, &s, "text features of all training cases are the same");
    d = planted();
    s.cca_ridge = s.scm_ridge = s.cmfh_mu = s.dch_ridge = s.batch_ridge = 0;
    refused(&d, &s, "is 0; above 0");
}

Test(baselines, memory_that_runs_out_is_told) {
    BaselineData d = planted();
    d.n = 40;
    for (int i = 0; i < BASELINE_METHODS; i++) {
        BaselineSettings s = baseline_defaults(BITS, 1);
        s.rounds = 2;
        long failures = 0;
        for (long n = 1;; n++) {
            BaselineModel m;
            Error err = {0};
            mem_fail_at(n, 0);
            Status status = BASELINES[i].fit(&m, &d, &s, NULL, &err);
            mem_fail_at(0, 0);
            if (status == STATUS_OK) {
                baseline_model_free(&m);
                break;
            }
            failures++;
            cr_assert_eq(status, STATUS_IO);
            cr_assert_null(m.wx);
        }
        cr_assert_geq(failures, 5, "%s: %ld", BASELINES[i].name, failures);
    }
}
