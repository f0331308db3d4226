/* One whole step of each stage against PyTorch: features, contexts, scores, every term, the total, and the
 * gradient of every parameter. The steps are put together here from the model and the constraints, as
 * ALGORITHM says, without dropout. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hash/constraints.h"
#include "hash/graph.h"
#include "hash/model.h"
#include "nn/ops.h"
#include "tests/check.h"
#include "tests/oracle/golden.h"

enum { B1 = 4, B2 = 6, N = 12, D = 8, N_T = 5, Q = 16, C = 3, G = 2 };

static const ModelConfig CONFIG = {.image_size = 32,
                                   .width = 4,
                                   .blocks = 1,
                                   .dim = D,
                                   .text_length = N_T,
                                   .words = 7,
                                   .buckets = 8,
                                   .layers = 2,
                                   .heads = 2,
                                   .bits = Q,
                                   .classes = C,
                                   .transformer = 1,
                                   .deviation = 1};

/* As parameter() of the script: norm weights 1 + 0.25 wave, other vectors 0.25 wave, matrices sqrt(6/fan_in)
 * wave. */
static void fill(const Param *p) {
    Tensor *x = p->tensor;
    size_t n = tensor_size(x), length = strlen(p->name);
    if (p->buffer) return;
    double fan_in = (double)n / x->dim[0];
    golden_wave(p->name, n, x->rank > 1 ? sqrt(6 / fan_in) : 0.25, x->data);
    if (x->rank > 1 || length < 6 || strcmp(p->name + length - 6, "weight") != 0) return;
    for (size_t i = 0; i < n; i++) x->data[i] += 1;
}

static void create(Model *m, const char *const *prefixes, int n) {
    Error err;
    cr_assert_eq(model_create(m, &CONFIG, 1, &err), STATUS_OK);
    for (size_t i = 0; i < m->params.count; i++) fill(&m->params.items[i]);
    params_train_only(&m->params, prefixes, n);
}

static void check(const Golden *g, const char *stage, const char *what, const char *name, const real *x,
                  size_t n) {
    char entry[128];
    snprintf(entry, sizeof entry, "%s/%s%s", stage, what, name);
    golden_check(g, entry, x, n, 0);
}

static void check_tensor(const Golden *g, const char *name, const Tensor *x) {
    golden_check(g, name, x->data, tensor_size(x), 0);
}

/* All gradients of the trained parameters; returns how many there are. */
static int check_gradients_of(const Golden *g, const Model *m, const char *stage) {
    int count = 0;
    for (size_t i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        if (!p->tensor->needs_grad) continue;
        check(g, stage, "grad/", p->name, p->tensor->grad, tensor_size(p->tensor));
        count++;
    }
    return count;
}

/* ---- Stage 1 ---- */

static const int32_t WORDS[B1 * N_T] = {3, 0, 5, 1, 2, 2, 2, 0, 0, 0, 6, 4, 1, 0, 0, 1, 6, 3, 5, 0};
static const int32_t GRAMS[B1 * N_T * G] = {0, 7, -1, -1, 3, -1, 2, 2, 4,  5,  1,  4, 5, -1,
                                            0, 0, 0,  0,  0, 0,  6, 7, 7,  7,  -1, 3, 0, 0,
                                            0, 0, 5,  1,  2, 0,  3, 3, -1, -1, 0,  0};
static const int LENGTHS[B1] = {5, 2, 3, 4}, LABELS[B1] = {0, 2, 1, 0};
static const uint8_t RELATION[B1 * B1] = {1, 0, 0, 1, 0, 1, 2, 0, 0, 2, 1, 0, 2, 0, 0, 1};

Test(golden, one_whole_step_of_stage_1) {
    Golden g = golden_read("stage1.bin");
    Model m;
    Tape t;
    create(&m, MODEL_STAGE1, 3);
    tape_init(&t, NULL);
    Tensor *x = golden_input(&t, "stage1/x", false, 4, (int[]){B1, 32, 32, 1});
    Tensor *z_v = model_image_tokens(&t, &m, x), *u_v = op_mean_tokens(&t, z_v, NULL);
    Tensor *z_t = model_text_tokens(&t, &m, WORDS, GRAMS, B1, N_T, G, LENGTHS),
           *u_t = op_mean_tokens(&t, z_t, LENGTHS);
    Targets y = {.b = B1, .c = C, .single = true, .label = LABELS};
    Tensor *term[3] = {loss_classification(&t, model_stage1_logits(&t, &m, 0, u_v), &y),
                       loss_classification(&t, model_stage1_logits(&t, &m, 1, u_t), &y),
                       loss_align(&t, u_v, u_t, RELATION, 0.2)};
    Tensor *loss = op_weighted_sum(&t, 3, term, (real[]){1, 1, (real)0.3});
    check_tensor(&g, "stage1/z_v", z_v);
    check_tensor(&g, "stage1/u_v", u_v);
    check_tensor(&g, "stage1/z_t", z_t);
    check_tensor(&g, "stage1/u_t", u_t);
    golden_check(&g, "stage1/terms", (real[]){term[0]->data[0], term[1]->data[0], term[2]->data[0]}, 3, 0);
    check_tensor(&g, "stage1/loss", loss);
    tape_backward(&t, loss);
    cr_assert_eq(check_gradients_of(&g, &m, "stage1"), 48);
    for (size_t i = 0; i < m.params.count; i++)
        if (m.params.items[i].buffer)
            check(&g, "stage1", "after/", m.params.items[i].name, m.params.items[i].tensor->data,
                  tensor_size(m.params.items[i].tensor));
    tape_free(&t);
    model_free(&m);
    golden_free(&g);
}

/* ---- Stage 2 ---- */

static const int BATCH[B2] = {0, 4, 3, 7, 10, 11}, BATCH_LENGTHS[B2] = {3, 1, 5, 4, 2, 5};
static const int GROUPS[N] = {0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 7, 8};
static const char *const PAIRS[3] = {"vv", "tt", "vt"};

/* The batch's rows of u (n,d). */
static Tensor *batch_rows(Tape *t, const char *name) {
    Tensor *all = golden_input(t, name, false, 2, (int[]){N, D}), *u = tape_tensor2(t, B2, D);
    for (int i = 0; i < B2; i++) memcpy(u->data + i * D, all->data + BATCH[i] * D, D * sizeof(real));
    return u;
}

static Tensor *align_term(Tape *t, const Golden *g, Tensor *const c[3]) {
    uint8_t *relation = arena_alloc(&t->arena, B2 * B2);
    golden_bytes(g, "stage2/relation", B2 * B2, relation);
    Tensor *part[2] = {loss_align(t, c[0], c[1], relation, 0.25), loss_teacher(t, c[0], c[1], c[2])};
    return op_weighted_sum(t, 2, part, (real[]){1, 1});
}

static Tensor *manifold_term(Tape *t, const Golden *g, Tensor *const h[3]) {
    Tensor *part[3];
    for (int i = 0; i < 3; i++) {
        char entry[32];
        real *target = arena_alloc(&t->arena, B2 * B2 * sizeof *target);
        snprintf(entry, sizeof entry, "stage2/target_%s", PAIRS[i]);
        golden_reals(g, entry, B2 * B2, target);
        part[i] = loss_manifold(t, h[i == 1], h[i > 0], target);
    }
    return op_weighted_sum(t, 3, part, (real[]){1, 1, 1});
}

/* y (b,c) of the batch */
static real *batch_labels(Tape *t, const Golden *g) {
    real all[N * C], *y = arena_alloc(&t->arena, B2 * C * sizeof *y);
    golden_reals(g, "stage2/labels", N * C, all);
    for (int i = 0; i < B2; i++) memcpy(y + i * C, all + BATCH[i] * C, C * sizeof *y);
    return y;
}

static Tensor *classification_term(Tape *t, const Model *m, const real *labels, Tensor *const h[3]) {
    Targets y = {.b = B2, .c = C, .y = labels, .bce_weight = 3};
    Tensor *part[4];
    for (int i = 0; i < 3; i++) part[i] = loss_classification(t, model_class_logits(t, m, h[i]), &y);
    part[3] = loss_weight_decay(t, m->class_weight);
    return op_weighted_sum(t, 4, part, (real[]){1, 1, 1, (real)0.01});
}

static Tensor *likelihood_term(Tape *t, const real *labels, Tensor *const h[3]) {
    uint8_t *similar = arena_calloc(&t->arena, B2 * B2, 1);
    for (int i = 0; i < B2; i++)
        for (int j = 0; j < B2; j++)
            for (int k = 0; k < C; k++) similar[i * B2 + j] |= labels[i * C + k] * labels[j * C + k] > 0;
    return loss_likelihood(t, h[0], h[1], similar);
}

static void check_laplacian(Tape *t, const Golden *g, Tensor *const h[3]) {
    real k_v[B2 * B2], k_t[B2 * B2];
    golden_reals(g, "stage2/kernel_v", B2 * B2, k_v);
    golden_reals(g, "stage2/kernel_t", B2 * B2, k_t);
    check_tensor(g, "stage2/laplacian", loss_laplacian(t, h[0], h[1], k_v, k_t));
}

/* The contexts c_v, c_t, c_vt, their scores and relaxed codes, compared on the way. */
static void forward(Tape *t, const Model *m, const Golden *g, Tensor *c[3], Tensor *h[3]) {
    static const char *const contexts[3] = {"stage2/c_v", "stage2/c_t", "stage2/c_vt"};
    static const char *const scores[3] = {"stage2/s_v", "stage2/s_t", "stage2/s_vt"};
    Features image = {.z = golden_input(t, "stage2/z_v", false, 3, (int[]){B2, 4, D}),
                      .u = batch_rows(t, "stage2/u_v")};
    Features text = {.z = golden_input(t, "stage2/z_t", false, 3, (int[]){B2, N_T, D}),
                     .u = batch_rows(t, "stage2/u_t"),
                     .length = BATCH_LENGTHS};
    for (int i = 0; i < 3; i++) {
        c[i] = model_context(t, m, i == 1 ? NULL : &image, i == 0 ? NULL : &text, 0, NULL);
        Tensor *s = model_scores(t, m, c[i]);
        h[i] = op_tanh(t, s, (real)1.5);
        check_tensor(g, contexts[i], c[i]);
        check_tensor(g, scores[i], s);
    }
}

Test(golden, one_whole_step_of_stage_2) {
    Golden g = golden_read("stage2.bin");
    Model m;
    Tape t;
    Tensor *c[3], *h[3];
    real values[7];
    create(&m, MODEL_STAGE2, 4);
    tape_init(&t, NULL);
    forward(&t, &m, &g, c, h);
    const real *labels = batch_labels(&t, &g);
    Tensor *term[7] = {align_term(&t, &g, c),
                       manifold_term(&t, &g, h),
                       loss_balance(&t, h[0], h[1]),
                       classification_term(&t, &m, labels, h),
                       loss_quantisation(&t, h[0], h[1]),
                       likelihood_term(&t, labels, h),
                       loss_decorrelation(&t, h[0], h[1])};
    const real weight[7] = {(real)0.3, (real)0.5, (real)0.7, 2, (real)0.2, (real)0.4, (real)0.6};
    Tensor *loss = op_weighted_sum(&t, 7, term, weight);
    for (int i = 0; i < 7; i++) values[i] = term[i]->data[0];
    golden_check(&g, "stage2/terms", values, 7, 0);
    check_tensor(&g, "stage2/loss", loss);
    check_laplacian(&t, &g, h);
    tape_backward(&t, loss);
    cr_assert_eq(check_gradients_of(&g, &m, "stage2"), 34);
    tape_free(&t);
    model_free(&m);
    golden_free(&g);
}

/* ---- The graph, which is float in both builds ---- */

static void unit_labels(const Golden *g, float *unit) {
    real y[N * C];
    golden_reals(g, "stage2/labels", N * C, y);
    for (int i = 0; i < N; i++) {
        double count = 0;
        for (int k = 0; k < C; k++) count += (double)y[i * C + k];
        for (int k = 0; k < C; k++)
            unit[i * C + k] = count > 0 ? (float)((double)y[i * C + k] / sqrt(count)) : 0;
    }
}

Test(golden, kernels_and_targets_of_the_graph) {
    Golden g = golden_read("stage2.bin");
    Graph graph[2];
    Error err;
    float unit[N * C], labels[B2 * C];
    real out[B2 * B2];
    unit_labels(&g, unit);
    for (int i = 0; i < B2; i++) memcpy(labels + i * C, unit + BATCH[i] * C, C * sizeof(float));
    for (int k = 0; k < 2; k++) {
        real wave[N * D];
        float u[N * D];
        golden_wave(k ? "stage2/u_t" : "stage2/u_v", N * D, 1, wave);
        for (int i = 0; i < N * D; i++) u[i] = (float)wave[i];
        cr_assert_eq(graph_build(&graph[k], u, N, D, GROUPS, 3, false, NULL, &err), STATUS_OK);
        cr_assert_eq(graph_set_labels(&graph[k], unit, C, &err), STATUS_OK);
        graph_block(&graph[k], BATCH, B2, out);
        golden_check(&g, k ? "stage2/kernel_t" : "stage2/kernel_v", out, B2 * B2, 2e-6);
    }
    const WalkOptions o = {.omega = 0.4, .rho = 0.7, .t0 = 0.5};
    for (int i = 0; i < 3; i++) {
        char entry[32];
        snprintf(entry, sizeof entry, "stage2/target_%s", PAIRS[i]);
        graph_target(&graph[i == 1], &graph[i > 0], labels, C, BATCH, B2, &o, out);
        golden_check(&g, entry, out, B2 * B2, 2e-6);
    }
    graph_free(&graph[0]);
    graph_free(&graph[1]);
    golden_free(&g);
}
