#include "train/stage2.h"

#include <string.h>

#include "nn/base/alloc.h"
#include "nn/ops.h"
#include "train/evaluate.h"

/* ---- Features and graphs ---- */

/* DEV(end-to-end): its features change with every step, so there is no fixed graph, and G is that of omega = 1. */
static bool needs_graph(const Config *c) {
    bool wanted = terms_use(c, USES_GRAPH) || (terms_use(c, USES_TARGET) && c->omega < 1);
    return wanted && !c->end_to_end;
}

static Status build_graph(Stage2 *st, const Session *s, Modality modality, Error *err) {
    const Config *c = &s->config;
    int n = st->train.n, d = st->train.d, classes = session_classes(s);
    float *u = mem_calloc((size_t)n * (size_t)d, sizeof *u);
    float *y = mem_calloc((size_t)n * (size_t)classes, sizeof *y);
    int *group = mem_calloc((size_t)n, sizeof *group);
    Status status = u && y && group ? STATUS_OK : mem_error(err, "the neighbour graph");
    if (status == STATUS_OK) {
        features_clean(&st->train, modality, u);
        for (int i = 0; i < n; i++) {
            int which = s->index[SET_TRAIN][i];
            group[i] = s->manifest.cases[which].group;
            memcpy(y + (size_t)i * (size_t)classes, s->unit_labels + (size_t)which * (size_t)classes,
                   (size_t)classes * sizeof *y);
        }
        status =
            graph_build(&st->graph[modality], u, n, d, group, c->neighbours, c->geodesic != 0, s->pool, err);
    }
    if (status == STATUS_OK) status = graph_set_labels(&st->graph[modality], y, classes, err);
    mem_free(u);
    mem_free(y);
    mem_free(group);
    return status;
}

Status stage2_prepare(Stage2 *st, const Session *s, const Model *m, const char *folder, Error *err) {
    const Config *c = &s->config;
    int classes = session_classes(s);
    st->walk = (WalkOptions){.omega = c->end_to_end ? 1 : c->omega,
                             .rho = c->rho,
                             .t0 = c->t0 < 0 ? 1.0 / (classes > 1 ? classes - 1 : 1) : c->t0};
    st->posterior = c->end_to_end ? 0 : c->posterior; /* no classifier of stage 1 was trained there */
    TRY(features_build(&st->val, s, m, s->index[SET_VAL], s->count[SET_VAL], 0, folder, err));
    if (c->end_to_end) return STATUS_OK;
    TRY(features_build(&st->train, s, m, s->index[SET_TRAIN], s->count[SET_TRAIN], c->views, folder, err));
    if (session_stopped(s) || !needs_graph(c)) return STATUS_OK;
    TRY(build_graph(st, s, 0, err));
    return build_graph(st, s, 1, err);
}

void stage2_free(Stage2 *st) {
    features_free(&st->train);
    features_free(&st->val);
    graph_free(&st->graph[0]);
    graph_free(&st->graph[1]);
}

/* ---- A batch ---- */

TermBatch stage2_begin_batch(const Stage2 *st, const Session *s, const Model *m, Tape *t, const int *rows,
                             int b) {
    int *index = arena_alloc(&t->arena, (size_t)b * sizeof *index);
    for (int i = 0; i < b; i++) index[i] = s->index[SET_TRAIN][rows[i]];
    Targets labels = session_targets(s, t, index, b, s->config.smoothing);
    return (TermBatch){.session = s,
                       .model = m,
                       .b = b,
                       .index = index,
                       .labels = {labels, labels},
                       .row = rows,
                       .graph = st->graph,
                       .walk = st->walk};
}

static Tensor *add_noise(Tape *t, Tensor *x, const real *spread, double noise) {
    if (!t->training || noise <= 0) return x;
    int d = x->dim[x->rank - 1];
    real *scale = arena_alloc(&t->arena, (size_t)d * sizeof *scale);
    for (int j = 0; j < d; j++) scale[j] = (real)noise * spread[j];
    return op_noise(t, x, scale);
}

TermBatch stage2_batch(const Stage2 *st, const Session *s, const Model *m, Tape *t, const int *rows,
                       const int *views, int b) {
    const Config *c = &s->config;
    TermBatch x = stage2_begin_batch(st, s, m, t, rows, b);
    for (Modality k = 0; k < MODALITIES; k++) {
        Features f = features_gather(&st->train, t, k, rows, views, b);
        f.z = add_noise(t, f.z, st->train.z_spread[k], c->noise);
        f.u = add_noise(t, f.u, st->train.u_spread[k], c->noise);
        x.features[k] = f;
    }
    if (st->posterior > 0 && terms_use(c, USES_TARGET)) x.posterior_share = st->posterior;
    for (Modality k = 0; k < MODALITIES; k++)
        if (x.posterior_share > 0 || (terms_use(c, USES_POSTERIOR) && !c->end_to_end))
            x.posterior[k] = features_posterior(&st->train, t, k, rows, views, b);
    for (Modality k = 0; k < MODALITIES; k++)
        x.features[k].u = op_dropout(t, x.features[k].u, (real)c->dropout);
    return x;
}

/* ---- The loss ---- */

/* EQ(beta)  beta rises from beta_start to beta_end, by the same step every epoch */
double stage2_beta(const Config *c, int epoch) {
    double share = c->stage2_epochs > 1 ? (double)epoch / (c->stage2_epochs - 1) : 1;
    return c->beta_start + (c->beta_end - c->beta_start) * share;
}

/* c_v, c_t: one modality alone, as a query is encoded; c_vt: the joint pass, in training only.  H_m = tanh(beta s_m). */
Loss stage2_loss(Tape *t, TermBatch *x, double beta) {
    const Config *c = &x->session->config;
    const Features *v = &x->features[MODALITY_IMAGE], *w = &x->features[MODALITY_TEXT];
    real dropout = (real)c->dropout;
    x->beta = beta;
    x->context[0] = model_context(t, x->model, v, NULL, dropout, NULL);
    x->context[1] = model_context(t, x->model, NULL, w, dropout, NULL);
    x->context[2] = c->joint_pass ? model_context(t, x->model, v, w, dropout, NULL) : NULL;
    for (int k = 0; k < 3 && x->context[k]; k++) {
        x->scores[k] = model_scores(t, x->model, x->context[k]);
        x->relaxed[k] = model_relaxed(t, x->scores[k], beta);
    }
    return terms_loss(t, 2, x);
}

/* ---- Validation ---- */

Status stage2_validate(const Stage2 *st, const Session *s, const Model *m, double map[MODALITIES],
                       Error *err) {
    size_t n = (size_t)s->count[SET_VAL];
    Encoding out[MODALITIES] = {0};
    Status status = STATUS_OK;
    for (Modality k = 0; status == STATUS_OK && k < MODALITIES; k++) {
        out[k].codes = mem_calloc(n + 1, code_bytes(s->config.bits));
        status = out[k].codes ? features_encode(&st->val, m, k, &out[k], s->pool, err)
                              : mem_error(err, "validation");
    }
    if (status == STATUS_OK)
        status = evaluate_validation(s, s->config.bits, (const uint8_t *const[]){out[0].codes, out[1].codes},
                                     map, err);
    for (Modality k = 0; k < MODALITIES; k++) mem_free(out[k].codes);
    return status;
}
