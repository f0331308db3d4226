/* One whole step of each stage against PyTorch: features, contexts, scores, every term, the total, and the gradient of every
 * parameter. The steps are composed here from the model and the constraints as in ALGORITHM.md, without dropout. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hash/constraints.h"
#include "hash/graph.h"
#include "hash/model.h"
#include "nn/ops.h"
#include "tests/check.h"
#include "tests/oracle/golden.h"

static void check_tensor(const Golden *g, const char *name, const Tensor *x) {
    golden_check(g, name, x->data, tensor_size(x), 0);
}

/* ---- Stage 1 ---- */

static const uint8_t RELATION[STEP1_B * STEP1_B] = {1, 0, 0, 1, 0, 1, 2, 0, 0, 2, 1, 0, 1, 0, 0, 1};

Test(golden, one_whole_step_of_stage_1) {
    Golden g = golden_read("stage1.bin");
    Model m;
    Tape t;
    golden_model(&m, MODEL_STAGE1, 3);
    tape_init(&t, NULL);
    Tensor *x = golden_input(&t, "stage1/x", false, 4, (int[]){STEP1_B, 32, 32, 1});
    Tensor *z_v = model_image_tokens(&t, &m, x), *u_v = op_mean_tokens(&t, z_v, NULL);
    Tensor *z_t =
               model_text_tokens(&t, &m, STEP1_WORDS, STEP1_GRAMS, STEP1_B, STEP_N_T, STEP1_G, STEP1_LENGTHS),
           *u_t = op_mean_tokens(&t, z_t, STEP1_LENGTHS);
    Targets y = {.b = STEP1_B, .c = STEP_C, .single = true, .label = STEP1_LABELS};
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
    golden_check_gradients(&g, &m, "stage1", 48);
    golden_check_statistics(&g, &m, "stage1");
    tape_free(&t);
    model_free(&m);
    golden_free(&g);
}

/* ---- Stage 2 ---- */

static const char *const PAIRS[3] = {"vv", "tt", "vt"};

/* The batch's rows of u (n,d). */
static Tensor *batch_rows(Tape *t, const char *name) {
    Tensor *all = golden_input(t, name, false, 2, (int[]){STEP2_N, STEP_D}),
           *u = tape_tensor2(t, STEP2_B, STEP_D);
    for (int i = 0; i < STEP2_B; i++)
        memcpy(u->data + i * STEP_D, all->data + STEP2_BATCH[i] * STEP_D, STEP_D * sizeof(real));
    return u;
}

static Tensor *align_term(Tape *t, const Golden *g, Tensor *const c[3]) {
    uint8_t *relation = arena_alloc(&t->arena, STEP2_B * STEP2_B);
    golden_bytes(g, "stage2/relation", STEP2_B * STEP2_B, relation);
    Tensor *part[2] = {loss_align(t, c[0], c[1], relation, 0.25), loss_teacher(t, c[0], c[1], c[2])};
    return op_weighted_sum(t, 2, part, (real[]){1, 1});
}

static Tensor *manifold_term(Tape *t, const Golden *g, Tensor *const h[3]) {
    Tensor *part[3];
    for (int i = 0; i < 3; i++) {
        char entry[32];
        real *target = arena_alloc(&t->arena, STEP2_B * STEP2_B * sizeof *target);
        snprintf(entry, sizeof entry, "stage2/target_%s", PAIRS[i]);
        golden_reals(g, entry, STEP2_B * STEP2_B, target);
        part[i] = loss_manifold(t, h[i == 1], h[i > 0], target);
    }
    return op_weighted_sum(t, 3, part, (real[]){1, 1, 1});
}

/* y (b,c) of the batch */
static real *batch_labels(Tape *t, const Golden *g) {
    real all[STEP2_N * STEP_C], *y = arena_alloc(&t->arena, STEP2_B * STEP_C * sizeof *y);
    golden_reals(g, "stage2/labels", STEP2_N * STEP_C, all);
    for (int i = 0; i < STEP2_B; i++)
        memcpy(y + i * STEP_C, all + STEP2_BATCH[i] * STEP_C, STEP_C * sizeof *y);
    return y;
}

static Tensor *classification_term(Tape *t, const Model *m, const real *labels, Tensor *const h[3]) {
    Targets y = {.b = STEP2_B, .c = STEP_C, .y = labels, .bce_weight = 3};
    Tensor *part[4];
    for (int i = 0; i < 3; i++) part[i] = loss_classification(t, model_class_logits(t, m, h[i]), &y);
    part[3] = loss_weight_decay(t, m->class_weight);
    return op_weighted_sum(t, 4, part, (real[]){1, 1, 1, (real)0.01});
}

static Tensor *likelihood_term(Tape *t, const real *labels, Tensor *const h[3]) {
    uint8_t *similar = arena_calloc(&t->arena, STEP2_B * STEP2_B, 1);
    for (int i = 0; i < STEP2_B; i++)
        for (int j = 0; j < STEP2_B; j++)
            for (int k = 0; k < STEP_C; k++)
                similar[i * STEP2_B + j] |= labels[i * STEP_C + k] * labels[j * STEP_C + k] > 0;
    return loss_likelihood(t, h[0], h[1], similar);
}

static void check_laplacian(Tape *t, const Golden *g, Tensor *const h[3]) {
    real k_v[STEP2_B * STEP2_B], k_t[STEP2_B * STEP2_B];
    golden_reals(g, "stage2/kernel_v", STEP2_B * STEP2_B, k_v);
    golden_reals(g, "stage2/kernel_t", STEP2_B * STEP2_B, k_t);
    check_tensor(g, "stage2/laplacian", loss_laplacian(t, h[0], h[1], k_v, k_t));
}

/* Computes the contexts c_v, c_t, c_vt, their scores and relaxed codes, and compares each. */
static void forward(Tape *t, const Model *m, const Golden *g, Tensor *c[3], Tensor *h[3]) {
    static const char *const contexts[3] = {"stage2/c_v", "stage2/c_t", "stage2/c_vt"};
    static const char *const scores[3] = {"stage2/s_v", "stage2/s_t", "stage2/s_vt"};
    Features image = {.z = golden_input(t, "stage2/z_v", false, 3, (int[]){STEP2_B, 4, STEP_D}),
                      .u = batch_rows(t, "stage2/u_v")};
    Features text = {.z = golden_input(t, "stage2/z_t", false, 3, (int[]){STEP2_B, STEP_N_T, STEP_D}),
                     .u = batch_rows(t, "stage2/u_t"),
                     .length = STEP2_LENGTHS};
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
    golden_model(&m, MODEL_STAGE2, 4);
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
    golden_check_gradients(&g, &m, "stage2", 34);
    tape_free(&t);
    model_free(&m);
    golden_free(&g);
}

/* ---- The graph, which is float in both builds ---- */

static void unit_labels(const Golden *g, float *unit) {
    real y[STEP2_N * STEP_C];
    golden_reals(g, "stage2/labels", STEP2_N * STEP_C, y);
    for (int i = 0; i < STEP2_N; i++) {
        double count = 0;
        for (int k = 0; k < STEP_C; k++) count += (double)y[i * STEP_C + k];
        for (int k = 0; k < STEP_C; k++)
            unit[i * STEP_C + k] = count > 0 ? (float)((double)y[i * STEP_C + k] / sqrt(count)) : 0;
    }
}

Test(golden, kernels_and_targets_of_the_graph) {
    Golden g = golden_read("stage2.bin");
    Graph graph[2];
    Error err;
    float unit[STEP2_N * STEP_C], labels[STEP2_B * STEP_C];
    real out[STEP2_B * STEP2_B];
    unit_labels(&g, unit);
    for (int i = 0; i < STEP2_B; i++)
        memcpy(labels + i * STEP_C, unit + STEP2_BATCH[i] * STEP_C, STEP_C * sizeof(float));
    for (int k = 0; k < 2; k++) {
        real wave[STEP2_N * STEP_D];
        float u[STEP2_N * STEP_D];
        golden_wave(k ? "stage2/u_t" : "stage2/u_v", STEP2_N * STEP_D, 1, wave);
        for (int i = 0; i < STEP2_N * STEP_D; i++) u[i] = (float)wave[i];
        cr_assert_eq(graph_build(&graph[k], u, STEP2_N, STEP_D, STEP2_GROUPS, 3, false, NULL, &err),
                     STATUS_OK);
        cr_assert_eq(graph_set_labels(&graph[k], unit, STEP_C, &err), STATUS_OK);
        graph_block(&graph[k], STEP2_BATCH, STEP2_B, out);
        golden_check(&g, k ? "stage2/kernel_t" : "stage2/kernel_v", out, STEP2_B * STEP2_B, 2e-6);
    }
    const WalkOptions o = {.omega = 0.4, .rho = 0.7, .t0 = 0.5};
    for (int i = 0; i < 3; i++) {
        char entry[32];
        snprintf(entry, sizeof entry, "stage2/target_%s", PAIRS[i]);
        graph_target(&graph[i == 1], &graph[i > 0], labels, STEP_C, STEP2_BATCH, STEP2_B, &o, out);
        golden_check(&g, entry, out, STEP2_B * STEP2_B, 2e-6);
    }
    graph_free(&graph[0]);
    graph_free(&graph[1]);
    golden_free(&g);
}
