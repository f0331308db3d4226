/* The descriptor, the experts in closed form, and their mixture with the networks. */
#include <math.h>
#include <string.h>

#include "data/picture/descriptor.h"
#include "data/raw_features.h"
#include "hash/expert.h"
#include "hash/ridge.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/oracle/oracle_expert.h"
#include "tests/tiny_set.h"
#include "train/experts.h"
#include "train/mixture.h"
#include "train/terms.h"

/* ---- Descriptor ---- */

enum { SIDE = 32 };

static void draw_picture(uint8_t *picture, uint32_t index, int levels) {
    Rng r = rng_stream(11, RNG_TEST, index);
    for (int i = 0; i < SIDE * SIDE; i++)
        picture[i] = (uint8_t)(rng_below(&r, (uint32_t)levels) * 255 / (uint32_t)(levels - 1));
}

Test(descriptor, is_the_oracles) {
    static uint8_t picture[SIDE * SIDE];
    float g[DESCRIPTOR_DIM];
    double want[DESCRIPTOR_DIM];
    static const int levels[] = {2, 3, 256};
    for (int k = 0; k < 3; k++) {
        draw_picture(picture, (uint32_t)k, levels[k]);
        descriptor_make(picture, SIDE, g);
        oracle_descriptor(picture, SIDE, want);
        for (int i = 0; i < DESCRIPTOR_DIM; i++)
            cr_assert_float_eq((double)g[i], want[i], 1e-6, "picture %d, number %d", k, i);
    }
}

Test(descriptor, of_a_flat_picture_has_no_edges_and_one_pattern) {
    static uint8_t picture[SIDE * SIDE];
    float g[DESCRIPTOR_DIM];
    memset(picture, 77, sizeof picture);
    descriptor_make(picture, SIDE, g);
    for (int i = 0; i < DESCRIPTOR_DIM; i++) {
        bool first = i >= DESCRIPTOR_HOG && (i - DESCRIPTOR_HOG) % DESCRIPTOR_PATTERNS == 0;
        cr_assert_float_eq((double)g[i], first ? 0.5 : 0, 1e-7);
    }
}

Test(descriptor, texture_does_not_see_brightness_or_contrast) {
    static uint8_t picture[SIDE * SIDE], other[SIDE * SIDE];
    float g[DESCRIPTOR_DIM], h[DESCRIPTOR_DIM];
    draw_picture(picture, 5, 100);
    for (int i = 0; i < SIDE * SIDE; i++) picture[i] /= 2, other[i] = (uint8_t)(picture[i] + 100);
    descriptor_make(picture, SIDE, g);
    descriptor_make(other, SIDE, h);
    for (int i = DESCRIPTOR_HOG; i < DESCRIPTOR_DIM; i++) cr_assert_eq(g[i], h[i]);
}

/* ---- Ridge ---- */

enum { N = 23, M = 7, C = 3 };

typedef struct {
    float phi[N * M], y[N * C];
    double wide_phi[N * M], wide_y[N * C], penalty[M * M];
    int group[N];
} Fixture;

/* Groups of 1, 2, 3, ... cases, not in order; features with zeros like a bag of words. */
static void draw_fixture(Fixture *x) {
    Rng r = rng_stream(3, RNG_TEST, 1);
    int order[N], at = 0;
    for (int i = 0; i < N; i++) order[i] = i;
    rng_shuffle(&r, order, N);
    for (int g = 0; at < N; g++)
        for (int k = 0; k <= g && at < N; k++) x->group[order[at++]] = g;
    for (int i = 0; i < N * M; i++)
        x->wide_phi[i] = (double)(x->phi[i] = rng_below(&r, 3) ? (float)rng_normal(&r) : 0);
    for (int i = 0; i < N * C; i++) x->wide_y[i] = (double)(x->y[i] = (float)rng_below(&r, 2));
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++) x->penalty[i * M + j] = exp(-0.3 * (i - j) * (i - j));
}

static void is_near(const float *got, const double *want, int n, double tolerance, const char *what) {
    for (int i = 0; i < n; i++)
        cr_assert_float_eq((double)got[i], want[i], tolerance, "%s, number %d", what, i);
}

static void predict(const Fixture *x, const real *mean, const real *weight, float *f) {
    for (int i = 0; i < N; i++) expert_predict(x->phi + i * M, M, weight, mean, C, f + i * C);
}

Test(ridge, fit_and_held_out_predictions_are_the_oracles) {
    Fixture x;
    Error err;
    real mean[C], weight[M * C];
    float held[N * C], f[N * C];
    double want[N * C], identity[M * M];
    draw_fixture(&x);
    for (int i = 0; i < M * M; i++) identity[i] = i % (M + 1) == 0;
    for (int plain = 0; plain < 2; plain++) {
        Ridge r = {.n = N,
                   .m = M,
                   .c = C,
                   .phi = x.phi,
                   .y = x.y,
                   .group = x.group,
                   .penalty = plain ? NULL : x.penalty};
        const double *penalty = plain ? identity : x.penalty;
        bool use[N];
        cr_assert_eq(ridge_fit(&r, mean, weight, held, NULL, &err), STATUS_OK);
        memset(use, 1, sizeof use);
        oracle_ridge(x.wide_phi, x.wide_y, x.group, use, penalty, N, M, C, want);
        predict(&x, mean, weight, f);
        is_near(f, want, N * C, 2e-6, "fit");
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) use[j] = x.group[j] != x.group[i];
            oracle_ridge(x.wide_phi, x.wide_y, x.group, use, penalty, N, M, C, want);
            is_near(held + i * C, want + i * C, C, 2e-6, "held out");
        }
    }
}

Test(ridge, threads_change_no_byte) {
    Fixture x;
    Error err;
    Pool *pool;
    real mean[2][C], weight[2][M * C];
    float held[2][N * C];
    draw_fixture(&x);
    Ridge r = {.n = N, .m = M, .c = C, .phi = x.phi, .y = x.y, .group = x.group};
    cr_assert_eq(pool_create(&pool, 3, &err), STATUS_OK);
    cr_assert_eq(ridge_fit(&r, mean[0], weight[0], held[0], NULL, &err), STATUS_OK);
    cr_assert_eq(ridge_fit(&r, mean[1], weight[1], held[1], pool, &err), STATUS_OK);
    pool_free(pool);
    cr_assert_arr_eq(held[0], held[1], sizeof held[0]);
    cr_assert_arr_eq(weight[0], weight[1], sizeof weight[0]);
    cr_assert_arr_eq(mean[0], mean[1], sizeof mean[0]);
}

/* More cases than are held out at a time, and more features than one block of rows. */
Test(ridge, many_cases_are_held_out_chunk_by_chunk) {
    enum { MANY = 9001, WIDE = 20 };
    Rng r = rng_stream(3, RNG_TEST, 2);
    Error err;
    float *phi = mem_calloc(MANY * WIDE, sizeof *phi), *y = mem_calloc(MANY, sizeof *y),
          *held = mem_calloc(MANY, sizeof *held);
    double *wide_phi = mem_calloc(MANY * WIDE, sizeof *wide_phi), *wide_y = mem_calloc(MANY, sizeof *wide_y),
           *want = mem_calloc(MANY, sizeof *want), identity[WIDE * WIDE];
    int *group = mem_calloc(MANY, sizeof *group);
    bool *use = mem_calloc(MANY, sizeof *use);
    real mean[1], weight[WIDE];
    for (int i = 0; i < MANY * WIDE; i++) wide_phi[i] = (double)(phi[i] = (float)rng_normal(&r));
    for (int i = 0; i < MANY; i++) {
        wide_y[i] = (double)(y[i] = (float)rng_below(&r, 2));
        group[i] = i * 7 % MANY / 3; /* three cases each, far apart */
    }
    for (int i = 0; i < WIDE * WIDE; i++) identity[i] = i % (WIDE + 1) == 0;
    Ridge fit = {.n = MANY, .m = WIDE, .c = 1, .phi = phi, .y = y, .group = group};
    cr_assert_eq(ridge_fit(&fit, mean, weight, held, NULL, &err), STATUS_OK);
    for (int i = 0; i < MANY; i += 1500) {
        for (int j = 0; j < MANY; j++) use[j] = group[j] != group[i];
        oracle_ridge(wide_phi, wide_y, group, use, identity, MANY, WIDE, 1, want);
        is_near(held + i, want + i, 1, 2e-6, "held out");
    }
    void *all[] = {phi, y, held, wide_phi, wide_y, want, group, use};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) mem_free(all[i]);
}

/* ---- Experts ---- */

enum { D = 4, CASES = 40, LANDMARKS = 200 };

/* The first number of a case is 2 to the power of its group, so that a landmark shows which groups it mixes. */
static void draw_cases(float *g, double *wide, int *group, int groups) {
    for (int i = 0; i < CASES; i++) {
        group[i] = i * groups / CASES;
        for (int k = 0; k < D; k++)
            wide[i * D + k] = (double)(g[i * D + k] = (float)(k == 0 ? 1 << group[i] : i * i % 31 + k));
    }
}

/* Whether three cases of the groups that the first number names are the ones mixed. */
static bool is_a_mixture(const double *g, const int *group, int mixed, const real *z) {
    for (int a = 0; a < CASES; a++)
        for (int b = a + 1; b < CASES; b++)
            for (int c = b + 1; c < CASES; c++) {
                if ((1 << group[a]) + (1 << group[b]) + (1 << group[c]) != mixed) continue;
                bool same = true;
                for (int k = 0; k < D; k++)
                    same = same && fabs((double)z[k] - oracle_landmark(g, D, a, b, c, k)) < 1e-4;
                if (same) return true;
            }
    return false;
}

Test(expert, landmarks_mix_three_groups_and_are_no_case) {
    static float g[CASES * D];
    static real z[LANDMARKS * D], again[LANDMARKS * D];
    double wide[CASES * D];
    int group[CASES];
    draw_cases(g, wide, group, 10);
    expert_landmarks(g, CASES, D, group, LANDMARKS, 7, z);
    expert_landmarks(g, CASES, D, group, LANDMARKS, 7, again);
    cr_assert_arr_eq(z, again, sizeof z);
    for (int j = 0; j < LANDMARKS; j++) {
        int mixed = (int)lround(3 * (double)z[j * D]), bits = 0;
        for (int k = 0; k < 10; k++) bits += mixed >> k & 1;
        cr_assert_eq(bits, 3, "landmark %d mixes groups %x", j, (unsigned)mixed);
        cr_assert(is_a_mixture(wide, group, mixed, z + j * D), "landmark %d", j);
        for (int i = 0; i < CASES; i++) cr_assert_neq((float)z[j * D], g[i * D]);
    }
    expert_landmarks(g, CASES, D, group, LANDMARKS, 8, again);
    cr_assert_neq(memcmp(z, again, sizeof z), 0);
}

Test(expert, landmarks_of_two_groups_end) {
    static float g[CASES * D];
    static real z[LANDMARKS * D];
    double wide[CASES * D];
    int group[CASES];
    draw_cases(g, wide, group, 2);
    expert_landmarks(g, CASES, D, group, LANDMARKS, 7, z);
    for (int j = 0; j < LANDMARKS;
         j++) { /* two of one group, one of the other: (1 + 1 + 2)/3 or (1 + 2 + 2)/3 */
        double mixed = 3 * (double)z[j * D];
        cr_assert(fabs(mixed - 4) < 1e-5 || fabs(mixed - 5) < 1e-5, "landmark %d: %g", j, mixed);
    }
}

Test(expert, features_and_penalty_are_the_oracles) {
    static float x[D] = {0.1f, -0.4f, 0.3f, 0.2f};
    static real z[3 * D];
    double wide[D], centre[3][D], penalty[9];
    float phi[3];
    Rng r = rng_stream(9, RNG_TEST, 0);
    for (int i = 0; i < 3 * D; i++) centre[i / D][i % D] = (double)(z[i] = (real)(rng_normal(&r) / 2));
    for (int i = 0; i < D; i++) wide[i] = (double)x[i];
    expert_features(x, D, z, 3, phi);
    expert_penalty(z, 3, D, penalty);
    for (int j = 0; j < 3; j++) {
        cr_assert_float_eq((double)phi[j], oracle_expert_feature(wide, centre[j], D), 1e-6);
        for (int k = 0; k < 3; k++)
            cr_assert_float_eq(penalty[j * 3 + k],
                               oracle_expert_feature(centre[j], centre[k], D) + (j == k ? 1e-6 : 0), 1e-9);
    }
}

Test(expert, clipping_and_mixing_are_the_oracles) {
    static const float said[3][C] = {{-0.5f, 0.3f, 1.4f}, {-1, -2, -0.1f}, {0.2f, 0.2f, 0.1f}};
    for (int i = 0; i < 6; i++) {
        float f[C], p[C] = {0.7f, 0.2f, 0.1f};
        double want[C];
        for (int k = 0; k < C; k++) want[k] = (double)(f[k] = said[i % 3][k]);
        expert_clip(f, C, i < 3);
        oracle_expert_clip(want, C, i < 3);
        is_near(f, want, C, 1e-6, "clipped");
        for (int k = 0; k < C; k++) want[k] = oracle_mixture((double)p[k], want[k], 0.3);
        expert_mix(0.3, f, C, p);
        is_near(p, want, C, 1e-6, "mixed");
    }
    cr_assert_float_eq(expert_prior(1000), 0.5, 0);
}

Test(expert, the_semantic_token_is_the_oracles_also_where_labels_outnumber_places) {
    static const float p[C] = {0.25f, 0, 1};
    double wide[C], want[10];
    for (int k = 0; k < C; k++) wide[k] = (double)p[k];
    for (int d = 4; d <= 10; d += 3) {
        real s[10];
        expert_token(p, C, d, s);
        oracle_semantic(wide, C, d, want);
        for (int k = 0; k < d; k++)
            cr_assert_float_eq((double)s[k], want[k], 1e-6, "%d places, place %d", d, k);
    }
}

/* ---- The share of the networks ---- */

enum { SEEN = 40, LABELS = 4 };

typedef struct {
    float net[SEEN * LABELS], f[SEEN * LABELS];
    uint8_t y[SEEN * LABELS];
    int group[SEEN];
} Opinions;

/* Both predictions are the labels plus noise, with few levels, so that scores tie. */
static MixtureCases draw_opinions(Opinions *o, uint32_t index, bool single, double net_noise,
                                  double f_noise) {
    Rng r = rng_stream(21, RNG_TEST, index);
    for (int i = 0; i < SEEN; i++) {
        int first = (int)rng_below(&r, LABELS);
        o->group[i] = (int)rng_below(&r, 12) * 2;
        for (int k = 0; k < LABELS; k++) {
            int at = i * LABELS + k;
            o->y[at] = k == first || (!single && rng_below(&r, 4) == 0);
            double noise[2] = {floor(rng_uniform(&r) * 5) / 5, floor(rng_uniform(&r) * 5) / 5};
            o->net[at] = (float)((1 - net_noise) * o->y[at] + net_noise * noise[0]);
            o->f[at] = (float)((1 - f_noise) * o->y[at] + f_noise * noise[1]);
        }
    }
    return (MixtureCases){SEEN, LABELS, o->net, o->f, o->y, o->group, single};
}

static double share_of(const MixtureCases *x, double prior) {
    Error err;
    double share;
    cr_assert_eq(mixture_share(x, prior, &share, &err), STATUS_OK);
    return share;
}

Test(mixture, the_share_is_the_oracles) {
    Opinions o;
    int seen[11] = {0}, values = 0;
    for (uint32_t i = 0; i < 24; i++) {
        MixtureCases x = draw_opinions(&o, i, i % 2, 0.5 + 0.02 * i, 0.98 - 0.02 * i);
        double prior = (i % 5) / 4.0,
               want = oracle_share(o.net, o.f, o.y, o.group, SEEN, LABELS, i % 2, prior);
        cr_assert_float_eq(share_of(&x, prior), want, 1e-12, "draw %u", i);
        values += !seen[lround(10 * want)]++;
    }
    cr_assert_gt(values, 4);
}

Test(mixture, a_perfect_network_is_kept_against_the_prior) {
    Opinions o;
    MixtureCases x = draw_opinions(&o, 1, false, 0, 1);
    cr_assert_gt(share_of(&x, 0), 0.3);
    x = draw_opinions(&o, 2, true, 1, 0);
    cr_assert_lt(share_of(&x, 1), 0.7);
}

Test(mixture, equal_opinions_leave_the_prior) {
    Opinions o;
    MixtureCases x = draw_opinions(&o, 3, true, 0.5, 0.5);
    x.f = x.net;
    for (int v = 0; v <= 10; v++) cr_assert_float_eq(share_of(&x, v / 10.0), v / 10.0, 1e-12);
    cr_assert_float_eq(share_of(&x, 0.28), 0.3, 1e-12);
    x.n = 0;
    cr_assert_float_eq(share_of(&x, 0.28), 0.28, 0);
    x.n = 5;
    for (int i = 0; i < 5; i++) o.group[i] = 7; /* nothing to rank */
    cr_assert_float_eq(share_of(&x, 0.28), 0.3, 1e-12);
}

Test(mixture, of_many_cases_some_spread_evenly_are_ranked) {
    enum { MANY = 3 * MIXTURE_CASES };
    static float net[MANY], f[MANY];
    static uint8_t y[MANY];
    static int group[MANY];
    for (int i = 0; i < MANY; i++) {
        y[i] = (uint8_t)(i / 3 % 2);
        group[i] = i;
        net[i] = (i % 3 == 0) == y[i]; /* right only for each third case */
        f[i] = 0.5;
    }
    cr_assert_float_eq(share_of(&(MixtureCases){MANY, 1, net, f, y, group, false}, 0), 0.1, 1e-12);
}

/* ---- The fit of a session ---- */

/* phi (m) of the picture of a case, by the oracles. */
static void picture_features(const Session *s, const Model *m, int which, double *phi) {
    static uint8_t scratch[16 * 16];
    const uint8_t *picture;
    double g[DESCRIPTOR_DIM], z[DESCRIPTOR_DIM];
    Error err = {0};
    cr_assert_eq(dataset_picture(&s->data, which, scratch, &picture, &err), STATUS_OK, "%s", err.message);
    oracle_descriptor(picture, 16, g);
    for (int j = 0; j < m->landmark->dim[0]; j++) {
        for (int k = 0; k < DESCRIPTOR_DIM; k++) z[k] = (double)m->landmark->data[j * DESCRIPTOR_DIM + k];
        phi[j] = oracle_expert_feature(g, z, DESCRIPTOR_DIM);
    }
}

static void check_fit(const Session *s) {
    Model m = {0};
    Error err = {0};
    int n = s->count[SET_TRAIN], c = session_classes(s), landmarks = s->config.landmarks;
    cr_assert_eq(terms_model(s, &m, &err), STATUS_OK);
    cr_assert_eq(experts_fit(s, &m, &err), STATUS_OK, "%s", err.message);
    double *phi = mem_calloc((size_t)(n * landmarks), sizeof *phi),
           *y = mem_calloc((size_t)(n * c), sizeof *y);
    double *p = mem_calloc((size_t)(landmarks * landmarks), sizeof *p),
           *f = mem_calloc((size_t)(n * c), sizeof *f);
    float *got = mem_calloc((size_t)(n * c), sizeof *got);
    int *group = mem_calloc((size_t)n, sizeof *group);
    bool *use = mem_calloc((size_t)n, sizeof *use);
    for (int i = 0; i < n; i++) {
        int which = s->index[SET_TRAIN][i];
        picture_features(s, &m, which, phi + i * landmarks);
        for (int k = 0; k < c; k++) y[i * c + k] = s->manifest.labels[which * c + k];
        group[i] = s->manifest.cases[which].group;
        use[i] = true;
    }
    expert_penalty(m.landmark->data, landmarks, DESCRIPTOR_DIM, p);
    oracle_ridge(phi, y, group, use, p, n, landmarks, c, f);
    cr_assert_eq(experts_cases(s, &m, s->index[SET_TRAIN], n, MODALITY_IMAGE, got, &err), STATUS_OK);
    for (int i = 0; i < n; i++) oracle_expert_clip(f + i * c, c, s->single);
    is_near(got, f, n * c, 1e-4, "image expert");

    float *held = mem_calloc((size_t)(n * c), sizeof *held);
    cr_assert_eq(experts_hold_out(s, &m, MODALITY_IMAGE, held, &err), STATUS_OK);
    for (int i = 0; i < n; i++) use[i] = group[i] != group[0];
    oracle_ridge(phi, y, group, use, p, n, landmarks, c, f);
    oracle_expert_clip(f, c, s->single);
    is_near(held, f, c, 1e-4, "held out");
    void *owned[] = {phi, y, p, f, got, group, use, held};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mem_free(owned[i]);
    model_free(&m);
}

Test(experts, fit_and_held_out_predictions_of_a_session_are_the_oracles) {
    Config c = tiny_config();
    ManifestOptions o = {0};
    Error err = {0};
    c.landmarks = 12;
    Session s;
    cr_assert_eq(session_open(&s, &c, tiny_set("fit", 1), &o, NULL, NULL, &err), STATUS_OK, "%s",
                 err.message);
    check_fit(&s);
    session_close(&s);
}
