#include "train/stage1.h"

#include <math.h>

#include "nn/ops.h"

void stage1_probabilities(const Tensor *logits, bool single, float *p) {
    int c = logits->dim[1];
    for (int i = 0; i < logits->dim[0]; i++) {
        const real *z = logits->data + (size_t)i * (size_t)c;
        double top = (double)z[0], sum = 0;
        for (int k = 1; k < c; k++) top = (double)z[k] > top ? (double)z[k] : top;
        for (int k = 0; k < c; k++) sum += exp((double)z[k] - top);
        for (int k = 0; k < c; k++)
            p[(size_t)i * (size_t)c + (size_t)k] =
                (float)(single ? exp((double)z[k] - top) / sum : 1 / (1 + exp(-(double)z[k])));
    }
}

/* y_i = lambda y_i + (1-lambda) y_mix(i) */
static void mix_targets(Tape *t, Targets *y, const int *mix, double lambda) {
    real *mixed = arena_alloc(&t->arena, (size_t)y->b * (size_t)y->c * sizeof *mixed);
    for (int i = 0; i < y->b; i++)
        for (int k = 0; k < y->c; k++)
            mixed[i * y->c + k] =
                (real)lambda * y->y[i * y->c + k] + (real)(1 - lambda) * y->y[mix[i] * y->c + k];
    y->y = mixed;
    y->soft = true;
}

Tensor *stage1_images(const Session *s, Tape *t, const Batch *b, const int *mix, double lambda) {
    int side = s->config.image_size;
    size_t pixels = (size_t)side * (size_t)side;
    Tensor *x = tape_tensor4(t, b->n, side, side, 1);
    for (int i = 0; i < b->n; i++) {
        const float *own = b->image + (size_t)i * pixels,
                    *other = b->image + (size_t)(mix ? mix[i] : i) * pixels;
        real *to = x->data + (size_t)i * pixels;
        for (size_t k = 0; k < pixels; k++)
            to[k] = mix ? (real)lambda * own[k] + (real)(1 - lambda) * other[k] : own[k];
    }
    return x;
}

/* EQ(stage1)  L_1 = CE(u_v V_v + a_v, Y) + CE(u_t V_t + a_t, Y)  [+ eta L_align(u_v, u_t)]
 * u_m = mean over (real) tokens of Z_m. Images may be mixed in pairs (Zhang et al. 2018, arXiv 1710.09412)
 * and labels smoothed (Szegedy et al. 2016, arXiv 1512.00567) [O].
 * DEV(mixup): a mixed batch has the mixed Y in place of Y and no L_align, whose pairs mixing takes apart.
 * DEV(smoothing): Y is (1-s) Y + s/c here and in L_cls, (1-s) Y + s/2 where cases have several labels. */
Loss stage1_loss(const Session *s, const Model *m, Tape *t, const Batch *b, const int *index, const int *mix,
                 double lambda) {
    const Config *c = &s->config;
    const char *outer = tape_equation(t, "stage1");
    Targets labels = session_targets(s, t, index, b->n, c->smoothing);
    TermBatch x = {.session = s,
                   .model = m,
                   .b = b->n,
                   .index = index,
                   .labels = {labels, labels},
                   .mixed = mix != NULL,
                   .features = {{.z = NULL}, {.length = b->length}}};
    if (mix) mix_targets(t, &x.labels[0], mix, lambda);
    x.features[0].z = model_image_tokens(t, m, stage1_images(s, t, b, mix, lambda));
    x.features[0].u = op_mean_tokens(t, x.features[0].z, NULL);
    x.features[1].z =
        model_text_tokens(t, m, b->word, b->gram, b->n, b->text_length, TOKEN_NGRAMS, b->length);
    x.features[1].u = op_mean_tokens(t, x.features[1].z, b->length);
    Tensor *dropped[2] = {op_dropout(t, x.features[0].u, (real)c->image_dropout),
                          op_dropout(t, x.features[1].u, (real)c->text_dropout)};
    for (int k = 0; k < 2; k++) x.logits[k] = model_stage1_logits(t, m, (Modality)k, dropped[k]);
    tape_equation(t, outer);
    return terms_loss(t, 1, &x);
}
