#include "train/terms.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hash/posterior.h"
#include "nn/base/parts.h"
#include "nn/ops.h"
#include "train/experts.h"
#include "train/own_input.h"

/* ---- Shared by terms ---- */

static bool share_label(const Session *s, int x, int y) {
    size_t c = (size_t)session_classes(s);
    const uint8_t *a = s->manifest.labels + (size_t)x * c, *b = s->manifest.labels + (size_t)y * c;
    for (size_t k = 0; k < c; k++)
        if (a[k] && b[k]) return true;
    return false;
}

/* EQ(pairs)  relation (b,b) of the alignment. Positive: the pair itself, and cases of the same group or text that share a
 * label. Negative: cases of other groups and texts that share none. All others are ignored. */
uint8_t *term_relations(const Session *s, Tape *t, const int *index, int b) {
    uint8_t *relation = arena_alloc(&t->arena, (size_t)b * (size_t)b);
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) {
            int x = index[i], y = index[j];
            bool shared = share_label(s, x, y);
            bool related =
                s->manifest.cases[x].group == s->manifest.cases[y].group || s->text_key[x] == s->text_key[y];
            relation[i * b + j] = i == j || (shared && related) ? RELATION_POSITIVE
                                  : !shared && !related         ? RELATION_NEGATIVE
                                                                : RELATION_IGNORED;
        }
    return relation;
}

/* S = [Y Y' > 0] (b,b) */
static uint8_t *similar_cases(Tape *t, const TermBatch *x) {
    uint8_t *similar = arena_alloc(&t->arena, (size_t)x->b * (size_t)x->b);
    for (int i = 0; i < x->b; i++)
        for (int j = 0; j < x->b; j++)
            similar[i * x->b + j] = share_label(x->session, x->index[i], x->index[j]);
    return similar;
}

/* p_m (b,c), rows no longer than 1 */
static const float *unit_posterior(Tape *t, const TermBatch *x, Modality m) {
    size_t size = (size_t)x->b * (size_t)session_classes(x->session) * sizeof(float);
    float *p = arena_alloc(&t->arena, size);
    memcpy(p, x->posterior[m], size);
    posterior_unit(p, x->b, session_classes(x->session));
    return p;
}

real *term_target(Tape *t, const TermBatch *x, Modality first, Modality second) {
    int b = x->b, c = session_classes(x->session);
    float *y = arena_alloc(&t->arena, (size_t)b * (size_t)c * sizeof *y);
    real *target = arena_alloc(&t->arena, (size_t)b * (size_t)b * sizeof *target);
    for (int i = 0; i < b; i++)
        memcpy(y + i * c, x->session->unit_labels + (size_t)x->index[i] * (size_t)c, (size_t)c * sizeof *y);
    graph_target(&x->graph[first], &x->graph[second], y, c, x->row, b, &x->walk, target);
    if (x->posterior_share > 0)
        posterior_target(unit_posterior(t, x, first), unit_posterior(t, x, second), b, c, first == second,
                         x->posterior_share, x->walk.t0, target);
    return target;
}

/* The share of labels in R: the mean share of the networks, which have memorised the labels of the training cases, or the prior. */
static double labels_share(const TermBatch *x) {
    const Tensor *share = x->model->expert_share;
    return share ? ((double)share->data[0] + (double)share->data[1]) / 2 : expert_prior(x->session->groups);
}

/* EQ(trust)  g = min(1, 2 alpha), alpha = (alpha_v + alpha_t)/2; g L_align and g L_man replace L_align and L_man where there are
 *            experts and L_soft. Where the mixture leaves the networks out, because they predict unseen cases poorly, pairs and labels of
 *            training cases are misleading: L_soft alone, whose R then holds no label, gives better codes. */
double terms_trust(const TermBatch *x) {
    const Config *c = &x->session->config;
    bool always = !c->label_trust || !x->model->expert_share || c->weight_soft_pairs <= 0;
    return always ? 1 : fmin(1, 2 * labels_share(x));
}

static Tensor *by_trust(Tape *t, const TermBatch *x, Tensor *value) {
    double g = terms_trust(x);
    return g > 0 ? op_scale(t, value, (real)g) : NULL;
}

/* ---- Stage 1 ---- */

static Tensor *image(Tape *t, const TermBatch *x) {
    return loss_classification(t, x->logits[0], &x->labels[0]);
}

static Tensor *text(Tape *t, const TermBatch *x) {
    return loss_classification(t, x->logits[1], &x->labels[1]);
}

static Tensor *align_features(Tape *t, const TermBatch *x) {
    if (x->mixed) return NULL;
    return loss_align(t, x->features[0].u, x->features[1].u, term_relations(x->session, t, x->index, x->b),
                      x->session->config.tau1);
}

/* ---- Stage 2 ---- */

/* The contrastive loss of pairs, and the joint pass as a teacher where there is one. */
static Tensor *align(Tape *t, const TermBatch *x) {
    Tensor *const *c = x->context;
    Tensor *contrast =
        loss_align(t, c[0], c[1], term_relations(x->session, t, x->index, x->b), x->session->config.tau);
    Tensor *teacher = c[2] ? loss_teacher(t, c[0], c[1], c[2]) : NULL;
    return by_trust(t, x, op_weighted_sum(t, 2, (Tensor *[]){contrast, teacher}, (real[]){1, 1}));
}

static bool has_squared_form(const Config *c) {
    return !c->laplacian;
}

/* The pairs of modalities (v,v), (t,t), (v,t). */
static Tensor *manifold(Tape *t, const TermBatch *x) {
    static const Modality pair[3][2] = {{0, 0}, {1, 1}, {0, 1}};
    Tensor *part[3];
    for (int i = 0; i < 3; i++)
        part[i] = loss_manifold(t, x->relaxed[pair[i][0]], x->relaxed[pair[i][1]],
                                term_target(t, x, pair[i][0], pair[i][1]));
    return by_trust(t, x, op_weighted_sum(t, 3, part, (real[]){1, 1, 1}));
}

static bool has_laplacian_form(const Config *c) {
    return c->laplacian;
}

static Tensor *laplacian(Tape *t, const TermBatch *x) {
    real *k[2];
    for (int m = 0; PART_VARIANTS && m < 2; m++) {
        k[m] = arena_alloc(&t->arena, (size_t)x->b * (size_t)x->b * sizeof *k[m]);
        graph_block(&x->graph[m], x->row, x->b, k[m]);
    }
    return PART_VARIANTS ? loss_laplacian(t, x->relaxed[0], x->relaxed[1], k[0], k[1]) : NULL;
}

static Tensor *balance(Tape *t, const TermBatch *x) {
    return loss_balance(t, x->relaxed[0], x->relaxed[1]);
}

/* sum over m of CE(H_m W_c + b_c, Y) + lambda_w |W_c|^2 */
static Tensor *classification(Tape *t, const TermBatch *x) {
    Tensor *part[4] = {0};
    for (int m = 0; m < 3; m++)
        if (x->relaxed[m])
            part[m] =
                loss_classification(t, model_class_logits(t, x->model, x->relaxed[m]), &x->labels[m == 1]);
    part[3] = loss_weight_decay(t, x->model->class_weight);
    return op_weighted_sum(t, 4, part, (real[]){1, 1, 1, (real)x->session->config.lambda_w});
}

static Tensor *quantisation(Tape *t, const TermBatch *x) {
    return loss_quantisation(t, x->relaxed[0], x->relaxed[1]);
}

static Tensor *likelihood(Tape *t, const TermBatch *x) {
    return PART_VARIANTS ? loss_likelihood(t, x->relaxed[0], x->relaxed[1], similar_cases(t, x)) : NULL;
}

/* End to end there are no posteriors. */
static Tensor *soft_pairs(Tape *t, const TermBatch *x) {
    const Session *s = x->session;
    int b = x->b, c = session_classes(s);
    const float *nothing = arena_calloc(&t->arena, (size_t)b * (size_t)c, sizeof *nothing);
    const float *p_v = x->posterior[0], *p_t = x->posterior[1];
    real *wanted = arena_alloc(&t->arena, (size_t)b * (size_t)b * sizeof *wanted);
    posterior_chance(p_v ? p_v : nothing, p_t ? p_t : nothing, similar_cases(t, x), b, c, s->single,
                     p_v ? labels_share(x) : 1, wanted);
    return loss_soft_pairs(t, x->relaxed[0], x->relaxed[1], term_parameter(x, TERM_SOFT_PAIRS, "scale"),
                           term_parameter(x, TERM_SOFT_PAIRS, "offset"), wanted);
}

static Tensor *decorrelation(Tape *t, const TermBatch *x) {
    return PART_VARIANTS ? loss_decorrelation(t, x->relaxed[0], x->relaxed[1]) : NULL;
}

/* ---- The table ---- */

const LossTerm TERMS[TERM_COUNT] = {
    [TERM_IMAGE] = {.name = "image", .symbol = "CE_v", .equation = "stage1", .stage = 1, .compute = image},
    [TERM_TEXT] = {.name = "text", .symbol = "CE_t", .equation = "stage1", .stage = 1, .compute = text},
    [TERM_ALIGN_FEATURES] = {.name = "align_features",
                             .symbol = "L_align",
                             .equation = "align",
                             .stage = 1,
                             .weight = "eta",
                             .compute = align_features},
    [TERM_ALIGN] = {.name = "align",
                    .symbol = "L_align",
                    .equation = "align",
                    .stage = 2,
                    .weight = "weight_align",
                    .compute = align},
    [TERM_MANIFOLD] = {.name = "manifold",
                       .symbol = "L_man",
                       .equation = "manifold",
                       .stage = 2,
                       .weight = "weight_manifold",
                       .compute = manifold,
                       .applies = has_squared_form,
                       .uses = USES_TARGET},
    [TERM_LAPLACIAN] = {.name = "laplacian",
                        .symbol = "L_man",
                        .equation = "laplacian",
                        .stage = 2,
                        .weight = "weight_manifold",
                        .compute = laplacian,
                        .applies = has_laplacian_form,
                        .uses = USES_GRAPH},
    [TERM_BALANCE] = {.name = "balance",
                      .symbol = "L_bal",
                      .equation = "balance",
                      .stage = 2,
                      .weight = "weight_balance",
                      .compute = balance},
    [TERM_CLASSIFICATION] = {.name = "classification",
                             .symbol = "L_cls",
                             .equation = "classification",
                             .stage = 2,
                             .weight = "weight_classification",
                             .compute = classification},
    [TERM_QUANTISATION] = {.name = "quantisation",
                           .symbol = "L_qua",
                           .equation = "quantisation",
                           .stage = 2,
                           .weight = "weight_quantisation",
                           .compute = quantisation},
    [TERM_LIKELIHOOD] = {.name = "likelihood",
                         .symbol = "L_like",
                         .equation = "likelihood",
                         .stage = 2,
                         .weight = "weight_likelihood",
                         .compute = likelihood},
    [TERM_SOFT_PAIRS] = {.name = "soft_pairs",
                         .symbol = "L_soft",
                         .equation = "soft-pairs",
                         .stage = 2,
                         .weight = "weight_soft_pairs",
                         .compute = soft_pairs,
                         .parameter = {{"scale", 1, 2.0794415416798357}, {"offset", 1, -2}}, /* e^scale = 8 */
                         .uses = USES_POSTERIOR},
    [TERM_DECORRELATION] = {.name = "decorrelation",
                            .symbol = "L_dec",
                            .equation = "decorrelation",
                            .stage = 2,
                            .weight = "weight_decorrelation",
                            .compute = decorrelation},
}; /* TERMS */

double term_weight(const Config *c, const LossTerm *term) {
    if (term->applies && !term->applies(c)) return 0;
    return term->weight ? config_number(c, term->weight) : 1;
}

bool terms_use(const Config *c, unsigned what) {
    for (int i = 0; i < TERM_COUNT; i++)
        if ((TERMS[i].uses & what) && term_weight(c, &TERMS[i]) > 0) return true;
    return false;
}

/* EQ(total)  L_2 = l_a L_align + l_m L_man + l_b L_bal + l_c L_cls + l_q L_qua + l_p L_like + l_s L_soft + l_d L_dec */
Loss terms_loss(Tape *t, int stage, const TermBatch *x) {
    Loss loss = {0};
    Tensor *part[TERM_COUNT];
    real weight[TERM_COUNT];
    int n = 0;
    for (int i = 0; i < TERM_COUNT; i++) {
        double w = term_weight(&x->session->config, &TERMS[i]);
        if (TERMS[i].stage != stage || w <= 0) continue;
        const char *outer = tape_equation(t, TERMS[i].equation);
        loss.term[i] = TERMS[i].compute(t, x);
        tape_equation(t, outer);
        part[n] = loss.term[i];
        weight[n++] = (real)w;
    }
    const char *outer = tape_equation(t, stage == 1 ? "stage1" : "total");
    loss.total = op_weighted_sum(t, n, part, weight);
    tape_equation(t, outer);
    return loss;
}

Status terms_check(const Config *c, Error *err) {
    for (int stage = 1; stage <= 2; stage++) {
        bool on = false;
        for (int i = 0; i < TERM_COUNT; i++)
            on = on || (TERMS[i].stage == stage && term_weight(c, &TERMS[i]) > 0);
        if (!on)
            return error_set(err, STATUS_USAGE,
                             "all terms of the loss of stage %d have the weight 0; set one of them above 0, "
                             "such as weight_manifold",
                             stage);
    }
    return STATUS_OK;
}

/* ---- Parameters of terms ---- */

static void parameter_name(const LossTerm *term, const char *name, char out[PARAM_NAME]) {
    snprintf(out, PARAM_NAME, "term%d.%s.%s", term->stage, term->name, name);
}

int terms_parameters(const Config *c, ModelExtra *out) {
    int n = 0;
    for (int i = 0; i < TERM_COUNT; i++)
        for (int k = 0; k < TERM_PARAMETERS && TERMS[i].parameter[k].name; k++) {
            const TermParameter *p = &TERMS[i].parameter[k];
            if (term_weight(c, &TERMS[i]) <= 0) continue;
            NN_REQUIRE(n < MODEL_EXTRAS, "more than %d parameters of terms", MODEL_EXTRAS);
            parameter_name(&TERMS[i], p->name, out[n].name);
            out[n].size = p->size;
            out[n++].initial = p->initial;
        }
    return n;
}

Status terms_model(const Session *s, Model *m, Error *err) {
    ModelConfig c = config_model(&s->config);
    c.words = TOKEN_FIRST_WORD + s->vocab.n;
    c.classes = session_classes(s);
    c.mean = s->mean;
    c.deviation = s->deviation;
    c.single = s->single;
    c.bag = experts_bag(c.words);
    c.n_extra = terms_parameters(&s->config, c.extra);
    for (Modality k = 0; k < MODALITIES; k++)
        if (s->own[k].x) c.own[k] = (OwnInput){s->own[k].width, s->own[k].tokens, s->own[k].crc};
    TRY(model_create(m, &c, (uint64_t)s->config.seed, err));
    for (Modality k = 0; k < MODALITIES; k++)
        if (PART_ARRAYS && s->own[k].x) own_input_measure(s, k, m);
    return STATUS_OK;
}

Tensor *term_parameter(const TermBatch *x, TermId id, const char *name) {
    char full[PARAM_NAME];
    parameter_name(&TERMS[id], name, full);
    const Param *p = params_find(&x->model->params, full);
    NN_REQUIRE(p, "no parameter %s", full);
    return p->tensor;
}
