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

/* The weighted sum of an equation's parts. */
static Tensor *sum_of(Tape *t, const char *id, int n, Tensor *const *part, const real *weight) {
    const char *outer = tape_equation(t, id);
    Tensor *sum = op_weighted_sum(t, n, part, weight);
    tape_equation(t, outer);
    return sum;
}

/* S = [Y Y' > 0] (b,b) */
static uint8_t *similar(const Session *s, Tape *t, const int *index, int b) {
    uint8_t *out = arena_calloc(&t->arena, (size_t)b * (size_t)b, 1);
    int c = session_classes(s);
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++)
            for (int k = 0; k < c; k++)
                if (s->manifest.labels[(size_t)index[i] * (size_t)c + (size_t)k] &&
                    s->manifest.labels[(size_t)index[j] * (size_t)c + (size_t)k])
                    out[i * b + j] = 1;
    return out;
}

real *stage2_target(const Stage2 *st, const Session *s, Tape *t, const Pair *z, Modality first,
                    Modality second, const int *rows, int b) {
    int c = session_classes(s), *index = cases_of(s, t, rows, b);
    float *y = arena_alloc(&t->arena, (size_t)b * (size_t)c * sizeof *y);
    real *target = arena_alloc(&t->arena, (size_t)b * (size_t)b * sizeof *target);
    for (int i = 0; i < b; i++)
        memcpy(y + i * c, s->unit_labels + (size_t)index[i] * (size_t)c, (size_t)c * sizeof *y);
    graph_target(&st->graph[first], &st->graph[second], y, c, rows, b, &st->walk, target);
    if (z->posterior[0])
        posterior_target(z->posterior[first], z->posterior[second], b, c, first == second, st->posterior,
                         st->walk.t0, target);
    return target;
}

/* The three pairs of the manifold term, or its Laplacian variant. */
static Tensor *manifold(const Stage2 *st, const Session *s, Tape *t, const Pair *z, Tensor *const h[2],
                        const int *rows, int b) {
    size_t block = (size_t)b * (size_t)b;
    if (s->config.laplacian) {
        real *k_v = arena_alloc(&t->arena, block * sizeof *k_v),
             *k_t = arena_alloc(&t->arena, block * sizeof *k_t);
        graph_block(&st->graph[0], rows, b, k_v);
        graph_block(&st->graph[1], rows, b, k_t);
        return loss_laplacian(t, h[0], h[1], k_v, k_t);
    }
    static const Modality pair[3][2] = {{0, 0}, {1, 1}, {0, 1}};
    Tensor *term[3];
    for (int i = 0; i < 3; i++)
        term[i] = loss_manifold(t, h[pair[i][0]], h[pair[i][1]],
                                stage2_target(st, s, t, z, pair[i][0], pair[i][1], rows, b));
    return sum_of(t, "manifold", 3, term, (real[]){1, 1, 1});
}

/* sum over m of CE(H_m W_c + b_c, Y) + lambda_w |W_c|^2 */
static Tensor *classification(const Session *s, const Model *m, Tape *t, Tensor *const h[3], const int *index,
                              int b) {
    const char *outer = tape_equation(t, "classification");
    Targets y = session_targets(s, t, index, b, s->config.smoothing);
    Tensor *term[4] = {0};
    for (int i = 0; i < 3; i++)
        if (h[i]) term[i] = loss_classification(t, model_class_logits(t, m, h[i]), &y);
    term[3] = loss_weight_decay(t, m->class_weight);
    tape_equation(t, outer);
    return sum_of(t, "classification", 4, term, (real[]){1, 1, 1, (real)s->config.lambda_w});
}

/* EQ(total)  L_2 = l_a L_align + l_m L_man + l_b L_bal + l_c L_cls + l_q L_qua + l_p L_like + l_d L_dec
 * c_v, c_t: one modality alone, what a query uses; c_vt: the joint pass, training only.  H_m = tanh(beta
 * s_m). */
Loss stage2_loss(const Stage2 *st, const Session *s, const Model *m, Tape *t, const Pair *z, const int *rows,
                 int b, double beta) {
    const Config *o = &s->config;
    int *index = cases_of(s, t, rows, b);
    real dropout = (real)o->dropout;
    Tensor *c_v = model_context(t, m, &z->image, NULL, dropout, NULL);
    Tensor *c_t = model_context(t, m, NULL, &z->text, dropout, NULL);
    Tensor *c_vt = o->joint_pass ? model_context(t, m, &z->image, &z->text, dropout, NULL) : NULL;
    Tensor *h[3] = {model_relaxed(t, m, c_v, beta), model_relaxed(t, m, c_t, beta),
                    c_vt ? model_relaxed(t, m, c_vt, beta) : NULL};

    Loss loss = {0};
    if (o->weight_align > 0) {
        Tensor *contrast = loss_align(t, c_v, c_t, stage1_relations(s, t, index, b), o->tau);
        Tensor *teacher = c_vt ? loss_teacher(t, c_v, c_t, c_vt) : NULL;
        loss.term[TERM_ALIGN] = sum_of(t, "align", 2, (Tensor *[]){contrast, teacher}, (real[]){1, 1});
    }
    if (o->weight_manifold > 0) loss.term[TERM_MANIFOLD] = manifold(st, s, t, z, h, rows, b);
    if (o->weight_balance > 0) loss.term[TERM_BALANCE] = loss_balance(t, h[0], h[1]);
    if (o->weight_classification > 0) loss.term[TERM_CLASSIFICATION] = classification(s, m, t, h, index, b);
    if (o->weight_quantisation > 0) loss.term[TERM_QUANTISATION] = loss_quantisation(t, h[0], h[1]);
    if (o->weight_likelihood > 0)
        loss.term[TERM_LIKELIHOOD] = loss_likelihood(t, h[0], h[1], similar(s, t, index, b));
    if (o->weight_decorrelation > 0) loss.term[TERM_DECORRELATION] = loss_decorrelation(t, h[0], h[1]);
    loss.total = sum_of(t, "total", TERM_DECORRELATION + 1, loss.term,
                        (real[]){(real)o->weight_align, (real)o->weight_manifold, (real)o->weight_balance,
                                 (real)o->weight_classification, (real)o->weight_quantisation,
                                 (real)o->weight_likelihood, (real)o->weight_decorrelation});
    return loss;
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
