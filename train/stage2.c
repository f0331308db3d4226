#include "train/stage2.h"

#include <string.h>

#include "hash/posterior.h"
#include "nn/base/alloc.h"
#include "nn/ops.h"
#include "train/loop.h"

/* ---- The loss ---- */

/* EQ(beta)  beta rises from beta_start to beta_end, by the same step every epoch */
double stage2_beta(const Config *c, int epoch) {
    double share = c->stage2_epochs > 1 ? (double)epoch / (c->stage2_epochs - 1) : 1;
    return c->beta_start + (c->beta_end - c->beta_start) * share;
}

/* Rows (b) of the training cases as places in the manifest. */
static int *cases_of(const Session *s, Tape *t, const int *rows, int b) {
    int *index = arena_alloc(&t->arena, (size_t)b * sizeof *index);
    for (int i = 0; i < b; i++) index[i] = s->index[SET_TRAIN][rows[i]];
    return index;
}

/* c_v, c_t: one modality alone, what a query uses; c_vt: the joint pass, training only.  H_m = tanh(beta s_m). */
TermBatch stage2_forward(const Stage2 *st, const Session *s, const Model *m, Tape *t, const Pair *z,
                         const int *rows, int b, double beta) {
    const Config *o = &s->config;
    int *index = cases_of(s, t, rows, b);
    real dropout = (real)o->dropout;
    Targets labels = session_targets(s, t, index, b, o->smoothing);
    TermBatch x = {.session = s,
                   .model = m,
                   .b = b,
                   .index = index,
                   .features = {z->image, z->text},
                   .labels = {labels, labels},
                   .posterior = {z->posterior[0], z->posterior[1]},
                   .row = rows,
                   .graph = st->graph,
                   .walk = st->walk,
                   .posterior_share = st->posterior,
                   .beta = beta};
    x.context[0] = model_context(t, m, &z->image, NULL, dropout, NULL);
    x.context[1] = model_context(t, m, NULL, &z->text, dropout, NULL);
    if (o->joint_pass) x.context[2] = model_context(t, m, &z->image, &z->text, dropout, NULL);
    for (int k = 0; k < 3 && x.context[k]; k++) {
        x.scores[k] = model_scores(t, m, x.context[k]);
        x.relaxed[k] = model_relaxed(t, x.scores[k], beta);
    }
    return x;
}

/* ---- Features of a batch ---- */

/* Copies rows of `tokens` x d (tokens 0: rows of d) and adds noise in training. */
static Tensor *gather(const FeatureCache *f, const Session *s, Tape *t, const float *from, int tokens,
                      const int *rows, const int *views, int b, const real *spread) {
    size_t size = (size_t)(tokens ? tokens : 1) * (size_t)f->d;
    Tensor *x = tokens ? tape_tensor3(t, b, tokens, f->d) : tape_tensor2(t, b, f->d);
    features_gather(f, from, size, rows, views, b, x->data);
    if (!t->training || s->config.noise <= 0) return x;
    real *scale = arena_alloc(&t->arena, (size_t)f->d * sizeof *scale);
    for (int j = 0; j < f->d; j++) scale[j] = (real)s->config.noise * spread[j];
    return op_noise(t, x, scale);
}

/* Features as they are gathered: u not dropped yet. */
static Pair gather_pair(const FeatureCache *f, const Session *s, Tape *t, const int *rows, const int *views,
                        int b) {
    int *length = arena_alloc(&t->arena, (size_t)b * sizeof *length);
    for (int i = 0; i < b; i++) length[i] = f->length[rows[i]];
    return (Pair){
        .image = {.z = gather(f, s, t, f->z_v, f->n_v, rows, views, b, f->spread_z_v),
                  .u = gather(f, s, t, f->u_v, 0, rows, views, b, f->spread_u_v)},
        .text = {.z = gather(f, s, t, f->z_t, f->n_t, rows, views, b, f->spread_z_t),
                 .u = gather(f, s, t, f->u_t, 0, rows, views, b, f->spread_u_t),
                 .length = length},
    };
}

static void drop(Pair *p, const Session *s, Tape *t) {
    p->image.u = op_dropout(t, p->image.u, (real)s->config.dropout);
    p->text.u = op_dropout(t, p->text.u, (real)s->config.dropout);
}

Pair stage2_features(const FeatureCache *f, const Session *s, Tape *t, const int *rows, const int *views,
                     int b) {
    Pair p = gather_pair(f, s, t, rows, views, b);
    drop(&p, s, t);
    return p;
}

/* p_m (b,c) of u_m (b,d): no part of the loss's graph. */
static const float *posterior_of(const Session *s, const Model *m, Tape *t, Modality modality, Tensor *u) {
    int b = u->dim[0], c = session_classes(s);
    float *p = arena_alloc(&t->arena, (size_t)b * (size_t)c * sizeof *p);
    bool recording = t->recording;
    t->recording = false;
    stage1_probabilities(model_stage1_logits(t, m, modality, u), s->single, p);
    t->recording = recording;
    posterior_unit(p, b, c);
    return p;
}

Pair stage2_batch(const Stage2 *st, const Session *s, const Model *m, Tape *t, const int *rows,
                  const int *views, int b) {
    Pair p = gather_pair(&st->train, s, t, rows, views, b);
    bool used = st->posterior > 0 && s->config.weight_manifold > 0 && !s->config.laplacian;
    for (Modality k = 0; used && k < MODALITIES; k++)
        p.posterior[k] = posterior_of(s, m, t, k, k ? p.text.u : p.image.u);
    drop(&p, s, t);
    return p;
}
