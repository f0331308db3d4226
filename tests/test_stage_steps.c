/* The losses of both stages as training computes them, against PyTorch (tests/golden): relations from groups
 * and texts, targets from the neighbour graph, every term, the total, every gradient; and which parameters
 * each stage trains. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/oracle/golden.h"
#include "tests/oracle/oracle_expert.h"
#include "tests/oracle/oracle_hash.h"
#include "train/stage2.h"

/* ---- A session without files: n cases, all of them training cases ---- */

static void session_begin(Session *s, int n, const int *groups, const int *texts, const uint8_t *labels) {
    memset(s, 0, sizeof *s);
    config_default(&s->config);
    Config *c = &s->config;
    c->image_size = 32;
    c->image_dropout = c->text_dropout = c->dropout = c->noise = c->smoothing = c->mixup = 0;
    s->manifest.n = n;
    s->manifest.n_labels = STEP_C;
    s->manifest.cases = mem_calloc((size_t)n, sizeof *s->manifest.cases);
    s->manifest.labels = mem_calloc((size_t)n * STEP_C, 1);
    s->label = mem_calloc((size_t)n, sizeof *s->label);
    s->unit_labels = mem_calloc((size_t)n * STEP_C, sizeof *s->unit_labels);
    s->text_key = mem_calloc((size_t)n, sizeof *s->text_key);
    s->index[SET_TRAIN] = mem_calloc((size_t)n, sizeof(int));
    s->count[SET_TRAIN] = n;
    memcpy(s->manifest.labels, labels, (size_t)n * STEP_C);
    for (int i = 0; i < n; i++) {
        int count = 0;
        for (int k = 0; k < STEP_C; k++) count += labels[i * STEP_C + k];
        for (int k = STEP_C - 1; k >= 0; k--) {
            if (!labels[i * STEP_C + k]) continue;
            s->label[i] = k;
            s->unit_labels[i * STEP_C + k] = (float)(1 / sqrt(count));
        }
        s->manifest.cases[i].group = groups[i];
        s->text_key[i] = (uint64_t)texts[i];
        s->index[SET_TRAIN][i] = i;
    }
}

static void session_end(Session *s) {
    mem_free(s->manifest.cases);
    mem_free(s->manifest.labels);
    mem_free(s->label);
    mem_free(s->unit_labels);
    mem_free(s->text_key);
    mem_free(s->index[SET_TRAIN]);
}

static double value(const Tensor *x) {
    return (double)x->data[0];
}

/* ---- Every term ---- */

/* The total is the sum of weight times value over the stage's terms, except for rounding. */
static void check_total(const Loss *loss, const Config *c, int stage) {
    double sum = 0;
    for (int i = 0; i < TERM_COUNT; i++) {
        if (TERMS[i].stage != stage) cr_assert_null(loss->term[i], "%s", TERMS[i].name);
        if (loss->term[i]) sum += term_weight(c, &TERMS[i]) * value(loss->term[i]);
    }
    cr_assert_float_eq(value(loss->total), sum, 1e-6 * (1 + fabs(sum)));
}

static void set_weight(Config *c, int i, double weight) {
    char text[32];
    Error err = {0};
    snprintf(text, sizeof text, "%.17g", weight);
    cr_assert_eq(config_set(c, TERMS[i].weight, text, &err), STATUS_OK, "%s", err.message);
}

/* ---- Stage 1 ---- */

/* The batch of the step; words have STEP1_G of TOKEN_NGRAMS n-grams. */
static Batch batch_of_stage1(Tape *t) {
    Batch b = {.n = STEP1_B, .capacity = STEP1_B, .side = 32, .text_length = STEP_N_T};
    size_t tokens = STEP1_B * STEP_N_T;
    const Tensor *x = golden_input(t, "stage1/x", false, 1, (int[]){STEP1_B * 32 * 32});
    b.image = arena_alloc(&t->arena, tensor_size(x) * sizeof *b.image);
    for (size_t i = 0; i < tensor_size(x); i++) b.image[i] = (float)x->data[i];
    b.word = arena_alloc(&t->arena, tokens * sizeof *b.word);
    memcpy(b.word, STEP1_WORDS, sizeof STEP1_WORDS);
    b.length = arena_alloc(&t->arena, sizeof STEP1_LENGTHS);
    memcpy(b.length, STEP1_LENGTHS, sizeof STEP1_LENGTHS);
    b.gram = arena_alloc(&t->arena, tokens * TOKEN_NGRAMS * sizeof *b.gram);
    for (size_t i = 0; i < tokens * TOKEN_NGRAMS; i++) b.gram[i] = -1;
    for (size_t i = 0; i < tokens * STEP1_G; i++)
        b.gram[i / STEP1_G * TOKEN_NGRAMS + i % STEP1_G] = STEP1_GRAMS[i];
    return b;
}

static void begin_stage1(Session *s) {
    uint8_t labels[STEP1_B * STEP_C] = {0};
    const int texts[STEP1_B] = {0, 1, 2, 3};
    for (int i = 0; i < STEP1_B; i++) labels[i * STEP_C + STEP1_LABELS[i]] = 1;
    session_begin(s, STEP1_B, STEP1_GROUPS, texts, labels);
    s->single = true;
    s->config.eta = 0.3;
    s->config.tau1 = 0.2;
}

Test(stage1, loss_and_every_gradient_are_pytorchs) {
    Golden g = golden_read("stage1.bin");
    Session s;
    Model m;
    Tape t;
    const int index[STEP1_B] = {0, 1, 2, 3};
    begin_stage1(&s);
    golden_model(&m, MODEL_STAGE1, 3);
    tape_init(&t, NULL);
    Batch b = batch_of_stage1(&t);
    Loss loss = stage1_loss(&s, &m, &t, &b, index, NULL, 1);
    const real term[3] = {loss.term[TERM_IMAGE]->data[0], loss.term[TERM_TEXT]->data[0],
                          loss.term[TERM_ALIGN_FEATURES]->data[0]};
    golden_check(&g, "stage1/terms", term, 3, 0);
    golden_check(&g, "stage1/loss", loss.total->data, 1, 0);
    const double terms[3] = {(double)term[0], (double)term[1], (double)term[2]}, weights[3] = {1, 1, 0.3};
    cr_assert_float_eq(value(loss.total), oracle_total(terms, weights, 3), 1e-6);
    tape_backward(&t, loss.total);
    golden_check_gradients(&g, &m, "stage1", 48);
    golden_check_statistics(&g, &m, "stage1");
    tape_free(&t);
    model_free(&m);
    session_end(&s);
    golden_free(&g);
}

Test(stage1, without_eta_the_pairs_do_not_meet_and_with_it_the_total_moves_by_eta_times_their_term) {
    Session s;
    Model m;
    Tape t;
    const int index[STEP1_B] = {0, 1, 2, 3};
    begin_stage1(&s);
    golden_model(&m, MODEL_STAGE1, 3);
    tape_init(&t, NULL);
    t.training = false; /* running statistics: both losses are of the same features */
    Batch b = batch_of_stage1(&t);
    s.config.eta = 0;
    Loss without = stage1_loss(&s, &m, &t, &b, index, NULL, 1);
    s.config.eta = 0.3;
    Loss with = stage1_loss(&s, &m, &t, &b, index, NULL, 1);
    check_total(&without, &s.config, 1);
    check_total(&with, &s.config, 1);
    cr_assert_null(without.term[TERM_ALIGN_FEATURES]);
    cr_assert_float_eq(value(without.total), value(without.term[TERM_IMAGE]) + value(without.term[TERM_TEXT]),
                       1e-6);
    cr_assert_gt(value(with.term[TERM_ALIGN_FEATURES]), 1e-3);
    cr_assert_float_eq(value(with.total) - value(without.total), 0.3 * value(with.term[TERM_ALIGN_FEATURES]),
                       1e-6);
    tape_free(&t);
    model_free(&m);
    session_end(&s);
}

/* ---- Stage 2 ---- */

static const uint8_t LABELS2[STEP2_N * STEP_C] = {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0,
                                                  0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1};
/* In the order of tests/golden. */
static const TermId GOLDEN_TERMS[7] = {TERM_ALIGN,          TERM_MANIFOLD,     TERM_BALANCE,
                                       TERM_CLASSIFICATION, TERM_QUANTISATION, TERM_LIKELIHOOD,
                                       TERM_DECORRELATION};
static const double WEIGHTS2[7] = {0.3, 0.5, 0.7, 2, 0.2, 0.4, 0.6};

static void begin_stage2(Session *s) {
    session_begin(s, STEP2_N, STEP2_GROUPS, STEP2_TEXTS, LABELS2);
    Config *c = &s->config;
    c->joint_pass = 1;
    c->laplacian = c->geodesic = 0;
    c->tau = 0.25;
    c->bce_weight = 3;
    c->lambda_w = 0.01;
    c->weight_soft_pairs = 0; /* which tests/golden does not know */
    for (int i = 0; i < 7; i++) set_weight(c, (int)GOLDEN_TERMS[i], WEIGHTS2[i]);
}

/* Tokens of the batch's cases at their indices among the training cases. */
static float *spread_tokens(const char *name, int tokens) {
    size_t size = (size_t)tokens * STEP_D;
    real *batch = mem_calloc(STEP2_B * size, sizeof *batch);
    float *all = mem_calloc(STEP2_N * size, sizeof *all);
    golden_wave(name, STEP2_B * size, 1, batch);
    for (size_t i = 0; i < STEP2_B; i++)
        for (size_t k = 0; k < size; k++) all[(size_t)STEP2_BATCH[i] * size + k] = (float)batch[i * size + k];
    mem_free(batch);
    return all;
}

static float *pooled(const char *name) {
    real wave[STEP2_N * STEP_D];
    float *u = mem_calloc(STEP2_N * STEP_D, sizeof *u);
    golden_wave(name, STEP2_N * STEP_D, 1, wave);
    for (int i = 0; i < STEP2_N * STEP_D; i++) u[i] = (float)wave[i];
    return u;
}

static void stage2_begin(Stage2 *st, const Session *s) {
    Error err;
    memset(st, 0, sizeof *st);
    st->walk = (WalkOptions){.omega = 0.4, .rho = 0.7, .t0 = 0.5};
    st->train = (FeatureCache){.n = STEP2_N, .views = 1, .tokens = {4, STEP_N_T}, .d = STEP_D, .c = STEP_C};
    for (int k = 0; k < 2; k++) {
        st->train.p[k] = mem_calloc(STEP2_N * STEP_C, sizeof(float));
        for (int i = 0; i < STEP2_N * STEP_C; i++) st->train.p[k][i] = (float)((1 + sin(i * (k + 1.0))) / 4);
    }
    st->train.z[0] = spread_tokens("stage2/z_v", 4);
    st->train.z[1] = spread_tokens("stage2/z_t", STEP_N_T);
    st->train.u[0] = pooled("stage2/u_v");
    st->train.u[1] = pooled("stage2/u_t");
    st->train.length = mem_calloc(STEP2_N, sizeof *st->train.length);
    for (int i = 0; i < STEP2_B; i++) st->train.length[STEP2_BATCH[i]] = STEP2_LENGTHS[i];
    for (int k = 0; k < 2; k++) {
        const float *u = st->train.u[k];
        cr_assert_eq(graph_build(&st->graph[k], u, STEP2_N, STEP_D, STEP2_GROUPS, 3, false, NULL, &err),
                     STATUS_OK);
        cr_assert_eq(graph_set_labels(&st->graph[k], s->unit_labels, STEP_C, &err), STATUS_OK);
    }
}

static void stage2_end(Stage2 *st) {
    mem_free(st->train.z[0]);
    mem_free(st->train.z[1]);
    mem_free(st->train.u[0]);
    mem_free(st->train.u[1]);
    st->train.block = NULL;
    stage2_free(st);
}

static Loss loss_of_stage2(Tape *t, const Stage2 *st, const Session *s, const Model *m) {
    TermBatch x = stage2_batch(st, s, m, t, STEP2_BATCH, NULL, STEP2_B);
    return stage2_loss(t, &x, 1.5);
}

Test(stage2, loss_and_every_gradient_are_pytorchs) {
    Golden g = golden_read("stage2.bin");
    Session s;
    Stage2 st;
    Model m;
    Tape t;
    real terms[7];
    double wide[7];
    begin_stage2(&s);
    stage2_begin(&st, &s);
    golden_model(&m, MODEL_STAGE2, 4);
    tape_init(&t, NULL);
    Loss loss = loss_of_stage2(&t, &st, &s, &m);
    for (int i = 0; i < 7; i++) {
        terms[i] = loss.term[GOLDEN_TERMS[i]]->data[0];
        wide[i] = (double)terms[i];
    }
    golden_check(&g, "stage2/terms", terms, 7, 0);
    golden_check(&g, "stage2/loss", loss.total->data, 1, 0);
    cr_assert_float_eq(value(loss.total), oracle_total(wide, WEIGHTS2, 7), 1e-5);
    tape_backward(&t, loss.total);
    golden_check_gradients(&g, &m, "stage2", 34);
    tape_free(&t);
    model_free(&m);
    stage2_end(&st);
    session_end(&s);
    golden_free(&g);
}

Test(stage2, the_laplacian_variant_takes_the_place_of_the_three_pairs) {
    Golden g = golden_read("stage2.bin");
    Session s;
    Stage2 st;
    Model m;
    Tape t;
    begin_stage2(&s);
    s.config.laplacian = 1;
    stage2_begin(&st, &s);
    golden_model(&m, MODEL_STAGE2, 4);
    tape_init(&t, NULL);
    Loss loss = loss_of_stage2(&t, &st, &s, &m);
    golden_check(&g, "stage2/laplacian", loss.term[TERM_LAPLACIAN]->data, 1, 0);
    cr_assert_null(loss.term[TERM_MANIFOLD]);
    tape_free(&t);
    model_free(&m);
    stage2_end(&st);
    session_end(&s);
    golden_free(&g);
}

/* The effect of the weight of term i on the total. */
static void check_weight(Tape *t, const Stage2 *st, Session *s, const Model *m, int i) {
    static const double weights[3] = {0, 0.7, 5};
    double total[3], size = 0;
    s->config.laplacian = i == TERM_LAPLACIAN;
    for (int k = 0; k < 3; k++) {
        set_weight(&s->config, i, weights[k]);
        Loss loss = loss_of_stage2(t, st, s, m);
        cr_assert_eq(loss.term[i] == NULL, k == 0, "%s", TERMS[i].name);
        check_total(&loss, &s->config, 2);
        total[k] = value(loss.total);
        if (k) size = value(loss.term[i]);
    }
    cr_assert_gt(fabs(size), 1e-4, "%s", TERMS[i].name);
    for (int k = 1; k < 3; k++)
        cr_assert_float_eq(total[k] - total[0], weights[k] * size, 1e-5, "%s at %g", TERMS[i].name,
                           weights[k]);
    set_weight(&s->config, i, 0.3);
}

/* A model with the parameters of every term of stage 2. */
static void model_of_all_terms(Model *m, Config c) {
    Error err;
    golden_model(m, MODEL_STAGE2, 4);
    ModelConfig sizes = m->config;
    for (int i = 0; i < TERM_COUNT; i++)
        if (TERMS[i].stage == 2) set_weight(&c, i, 1);
    sizes.n_extra = terms_parameters(&c, sizes.extra);
    model_free(m);
    cr_assert_eq(model_create(m, &sizes, 1, &err), STATUS_OK);
}

Test(stage2, a_weight_moves_the_total_by_itself_times_its_terms_value_and_0_leaves_the_term_out) {
    Session s;
    Stage2 st;
    Model m;
    Tape t;
    int checked = 0;
    begin_stage2(&s);
    stage2_begin(&st, &s);
    model_of_all_terms(&m, s.config);
    tape_init(&t, NULL);
    for (int i = 0; i < TERM_COUNT; i++) {
        if (TERMS[i].stage != 2) continue;
        tape_reset(&t);
        check_weight(&t, &st, &s, &m, i);
        checked++;
    }
    cr_assert_geq(checked, 8);
    tape_free(&t);
    model_free(&m);
    stage2_end(&st);
    session_end(&s);
}

/* p of the batch's cases from the cache, scaled to norm at most 1, in double. */
static void check_posteriors(const Stage2 *st, const TermBatch *z, double wide[2][STEP2_B * STEP_C]) {
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < STEP2_B; i++) {
            double length = 0;
            for (int j = 0; j < STEP_C; j++) {
                float p = st->train.p[k][STEP2_BATCH[i] * STEP_C + j];
                cr_assert_eq(z->posterior[k][i * STEP_C + j], p, "modality %d, case %d", k, i);
                length += (double)p * (double)p;
            }
            for (int j = 0; j < STEP_C; j++)
                wide[k][i * STEP_C + j] = (double)z->posterior[k][i * STEP_C + j] / fmax(sqrt(length), 1);
        }
}

Test(stage2, what_stage_1_knows_enters_the_target) {
    enum { BLOCK = STEP2_B * STEP2_B };
    Session s;
    Stage2 st;
    Model m;
    Tape t;
    double p[2][STEP2_B * STEP_C], want[BLOCK];
    begin_stage2(&s);
    stage2_begin(&st, &s);
    st.posterior = 0.4;
    golden_model(&m, MODEL_STAGE2, 4);
    tape_init(&t, NULL);
    TermBatch z = stage2_batch(&st, &s, &m, &t, STEP2_BATCH, NULL, STEP2_B);
    check_posteriors(&st, &z, p);
    Loss with = stage2_loss(&t, &z, 1.5);
    st.posterior = 0;
    TermBatch plain = stage2_batch(&st, &s, &m, &t, STEP2_BATCH, NULL, STEP2_B);
    cr_assert_null(plain.posterior[0]);
    Loss without = stage2_loss(&t, &plain, 1.5);
    st.posterior = 0.4;
    static const Modality pair[3][2] = {{0, 0}, {1, 1}, {0, 1}};
    for (int k = 0; k < 3; k++) {
        Modality x = pair[k][0], y = pair[k][1];
        const real *g = term_target(&t, &z, x, y), *before = term_target(&t, &plain, x, y);
        for (int i = 0; i < BLOCK; i++) want[i] = (double)before[i];
        oracle_posterior(p[x], p[y], STEP2_B, STEP_C, x == y, 0.4, 0.5, want);
        for (int i = 0; i < BLOCK; i++) cr_assert_float_eq((double)g[i], want[i], 1e-6, "pair %d, %d", k, i);
    }
    cr_assert_gt(fabs(value(with.term[TERM_MANIFOLD]) - value(without.term[TERM_MANIFOLD])), 1e-3);
    s.config.weight_soft_pairs = 1;
    TermBatch known = stage2_batch(&st, &s, &m, &t, STEP2_BATCH, NULL, STEP2_B), labelled = known;
    labelled.posterior[0] = labelled.posterior[1] = NULL;
    labelled.posterior_share = 0;
    with = stage2_loss(&t, &known, 1.5);
    without = stage2_loss(&t, &labelled, 1.5); /* of true labels alone, as end to end */
    cr_assert_gt(fabs(value(with.term[TERM_SOFT_PAIRS]) - value(without.term[TERM_SOFT_PAIRS])), 1e-3);
    s.config.weight_soft_pairs = 0;
    t.training = true; /* u is dropped for the context, not for p */
    s.config.dropout = 0.5;
    TermBatch dropped = stage2_batch(&st, &s, &m, &t, STEP2_BATCH, NULL, STEP2_B);
    int zeros = 0;
    for (size_t i = 0; i < tensor_size(dropped.features[0].u); i++)
        zeros += dropped.features[0].u->data[i] == 0;
    cr_assert_gt(zeros, 0);
    cr_assert_arr_eq(dropped.posterior[0], z.posterior[0], STEP2_B * STEP_C * sizeof(float));
    s.config.dropout = 0;
    s.config.laplacian = 1;
    cr_assert_null(stage2_batch(&st, &s, &m, &t, STEP2_BATCH, NULL, STEP2_B).posterior[0]);
    tape_free(&t);
    model_free(&m);
    stage2_end(&st);
    session_end(&s);
}

/* p of logits by plain loops; with experts, mixed by their share. */
Test(stage2, the_networks_posterior_is_softmax_or_sigmoids_and_the_experts_share_mixes_it) {
    enum { B = 3 };
    Tape t;
    tape_init(&t, NULL);
    Tensor *z = tape_tensor2(&t, B, STEP_C);
    float p[B * STEP_C], said[B * STEP_C];
    for (int i = 0; i < B * STEP_C; i++) {
        z->data[i] = (real)(3 * sin(i + 1.0));
        said[i] = (float)(i % 5) / 5;
    }
    Tensor *share = tape_tensor2(&t, 1, MODALITIES);
    share->data[0] = (real)0.25, share->data[1] = (real)0.5;
    for (int form = 0; form < 6; form++) {
        Modality modality = form < 4 ? MODALITY_IMAGE : MODALITY_TEXT;
        Model m = {.config = {.single = form % 2, .classes = STEP_C},
                   .expert_share = form < 2 ? NULL : share};
        model_posterior(&m, modality, z, form < 2 ? NULL : said, p);
        for (int i = 0; i < B; i++) {
            double sum = 0;
            for (int k = 0; k < STEP_C; k++) sum += exp((double)z->data[i * STEP_C + k]);
            for (int k = 0; k < STEP_C; k++) {
                double e = exp((double)z->data[i * STEP_C + k]), want = form % 2 ? e / sum : e / (1 + e);
                if (form >= 2)
                    want = oracle_mixture(want, (double)said[i * STEP_C + k], modality ? 0.5 : 0.25);
                cr_assert_float_eq((double)p[i * STEP_C + k], want, 1e-6, "form %d, %d %d", form, i, k);
            }
        }
    }
    tape_free(&t);
}

/* With experts and L_soft, L_align and L_man are multiplied by g; the other terms do not change. */
Test(stage2, terms_of_labels_weigh_what_the_networks_are_trusted) {
    static const double shares[][2] = {{0, 0}, {0.1, 0.3}, {0.3, 0.7}, {0.9, 1}};
    Session s;
    Stage2 st;
    Model m;
    Tape t;
    begin_stage2(&s);
    stage2_begin(&st, &s);
    golden_model(&m, MODEL_STAGE2, 4);
    tape_init(&t, NULL);
    Loss plain = loss_of_stage2(&t, &st, &s, &m);
    double align = value(plain.term[TERM_ALIGN]), manifold = value(plain.term[TERM_MANIFOLD]),
           balance = value(plain.term[TERM_BALANCE]);
    Tensor share = {.rank = 1, .dim = {MODALITIES}};
    m.expert_share = &share;
    s.config.weight_soft_pairs = 0.5;
    s.config.label_trust = 1;
    for (size_t i = 0; i < 2 * sizeof shares / sizeof *shares; i++) {
        real alpha[MODALITIES] = {(real)shares[i / 2][0], (real)shares[i / 2][1]};
        double g = i % 2 ? oracle_trust(shares[i / 2][0], shares[i / 2][1]) : 1;
        share.data = alpha;
        s.config.label_trust = i % 2;
        Loss loss = loss_of_stage2(&t, &st, &s, &m);
        cr_assert_eq(loss.term[TERM_ALIGN] == NULL, g == 0);
        cr_assert_eq(loss.term[TERM_MANIFOLD] == NULL, g == 0);
        if (g > 0) cr_assert_float_eq(value(loss.term[TERM_ALIGN]), g * align, 1e-6);
        if (g > 0) cr_assert_float_eq(value(loss.term[TERM_MANIFOLD]), g * manifold, 1e-6);
        cr_assert_float_eq(value(loss.term[TERM_BALANCE]), balance, 1e-6);
        check_total(&loss, &s.config, 2);
    }
    s.config.weight_soft_pairs = 0; /* the squares are then the only form */
    cr_assert_float_eq(value(loss_of_stage2(&t, &st, &s, &m).term[TERM_MANIFOLD]), manifold, 1e-6);
    m.expert_share = NULL;
    tape_free(&t);
    model_free(&m);
    stage2_end(&st);
    session_end(&s);
}

Test(stage2, without_joint_pass_there_is_no_teacher_and_two_classified_codes) {
    Session s;
    Stage2 st;
    Model m;
    Tape t;
    double with[2], without[2];
    begin_stage2(&s);
    stage2_begin(&st, &s);
    golden_model(&m, MODEL_STAGE2, 4);
    tape_init(&t, NULL);
    for (int joint = 0; joint < 2; joint++) {
        s.config.joint_pass = joint;
        Loss loss = loss_of_stage2(&t, &st, &s, &m);
        double *to = joint ? with : without;
        to[0] = value(loss.term[TERM_ALIGN]);
        to[1] = value(loss.term[TERM_CLASSIFICATION]);
    }
    cr_assert_lt(without[0], with[0]);
    cr_assert_lt(without[1], with[1]);
    tape_free(&t);
    model_free(&m);
    stage2_end(&st);
    session_end(&s);
}
