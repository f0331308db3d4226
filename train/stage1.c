#include "train/stage1.h"

#include <math.h>

#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "nn/ops.h"
#include "train/encode.h"

/* ---- The loss ---- */

bool stage1_mix(const Session *s, uint32_t step, int b, int *mix, double *lambda) {
    double a = s->config.mixup;
    if (a <= 0) return false;
    Rng rng = rng_stream((uint64_t)s->config.seed, RNG_NOISE, step);
    double x, y;
    do {
        x = pow(rng_uniform(&rng), 1 / a);
        y = pow(rng_uniform(&rng), 1 / a);
    } while (x + y > 1 || x + y == 0);
    *lambda = x / (x + y);
    for (int i = 0; i < b; i++) mix[i] = i;
    rng_shuffle(&rng, mix, (size_t)b);
    return true;
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

/* x (b,size) of the batch, each case mixed with its partner: lambda x_i + (1-lambda) x_mix(i). mix NULL: x itself. */
static const float *mixed_input(Tape *t, const float *x, int b, size_t size, const int *mix, double lambda) {
    if (!mix) return x;
    float *to = arena_alloc(&t->arena, (size_t)b * size * sizeof *to);
    for (int i = 0; i < b; i++) {
        const float *own = x + (size_t)i * size, *other = x + (size_t)mix[i] * size;
        for (size_t k = 0; k < size; k++)
            to[(size_t)i * size + k] = (float)lambda * own[k] + (float)(1 - lambda) * other[k];
    }
    return to;
}

/* Z_v of pictures, or of own features instead. */
static Tensor *image_tokens(Tape *t, const Model *m, const Batch *b, const int *mix, double lambda) {
    const OwnInput *own = &m->config.own[MODALITY_IMAGE];
    if (PART_ARRAYS && own->width) {
        size_t size = (size_t)own->tokens * (size_t)own->width;
        return model_own_tokens(t, m, MODALITY_IMAGE,
                                mixed_input(t, b->own[MODALITY_IMAGE], b->n, size, mix, lambda), b->n);
    }
    const float *x = mixed_input(t, b->image, b->n, (size_t)b->side * (size_t)b->side, mix, lambda);
    return cnn_forward(t, &m->image, tape_input(t, 4, (int[]){b->n, b->side, b->side, 1}, x));
}

/* EQ(stage1)  L_1 = CE(u_v V_v + a_v, Y) + CE(u_t V_t + a_t, Y)  [+ eta L_align(u_v, u_t)]
 * u_m = mean over (real) tokens of Z_m. Images may be mixed in pairs (Zhang et al. 2018, arXiv 1710.09412)
 * and labels smoothed (Szegedy et al. 2016, arXiv 1512.00567) [O].
 * DEV(mixup): a mixed batch has the mixed Y instead of Y and no L_align, since mixing separates its pairs.
 * DEV(smoothing): Y is (1-s) Y + s/c here and in L_cls, (1-s) Y + s/2 where cases have several labels. */
Loss stage1_loss(const Session *s, const Model *m, Tape *t, const Batch *b, const int *index, const int *mix,
                 double lambda) {
    const Config *c = &s->config;
    const char *outer = tape_equation(t, "stage1");
    Targets labels = session_targets(s, t, index, b->n, c->smoothing);
    TermBatch x = {
        .session = s,
        .model = m,
        .b = b->n,
        .index = index,
        .labels = {labels, labels},
        .mixed = mix != NULL,
        .features = {{.z = image_tokens(t, m, b, mix, lambda)}, encode_features(t, m, b, MODALITY_TEXT)}};
    if (mix) mix_targets(t, &x.labels[0], mix, lambda);
    x.features[0].u = op_mean_tokens(t, x.features[0].z, NULL);
    Tensor *dropped[2] = {op_dropout(t, x.features[0].u, (real)c->image_dropout),
                          op_dropout(t, x.features[1].u, (real)c->text_dropout)};
    for (int k = 0; k < 2; k++) x.logits[k] = model_stage1_logits(t, m, (Modality)k, dropped[k]);
    tape_equation(t, outer);
    return terms_loss(t, 1, &x);
}

/* ---- Accuracy ---- */

static int hits(const Session *s, const Tensor *logits, const int *index) {
    int c = logits->dim[1], right = 0;
    for (int i = 0; i < logits->dim[0]; i++) {
        int best = 0;
        for (int k = 1; k < c; k++)
            if (logits->data[i * c + k] > logits->data[i * c + best]) best = k;
        right += s->manifest.labels[(size_t)index[i] * (size_t)c + (size_t)best];
    }
    return right;
}

static Status count_hits(const Session *s, const Model *m, const int *index, int n, Batch *b, Tape *t,
                         int right[2], Error *err) {
    BatchOptions o = session_view(s, NULL, 0);
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "the accuracy of stage 1");
    for (int first = 0; first < n; first += ENCODE_TILE) {
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE;
        TRY(batch_fill(b, &s->data, index + first, tile, &o, s->pool, err));
        for (Modality k = 0; k < MODALITIES; k++)
            right[k] += hits(s, model_stage1_logits(t, m, k, encode_features(t, m, b, k).u), index + first);
        tape_reset(t);
    }
    return STATUS_OK;
}

Status stage1_accuracy(const Session *s, const Model *m, const int *index, int n, double out[2], Error *err) {
    Batch b;
    Tape t;
    int right[2] = {0, 0};
    tape_init(&t, s->pool);
    t.recording = t.training = false;
    Status status = batch_init(&b, &s->data, ENCODE_TILE, s->pool, err);
    if (status == STATUS_OK) status = count_hits(s, m, index, n, &b, &t, right, err);
    for (int i = 0; i < 2; i++) out[i] = n ? (double)right[i] / n : 0;
    batch_free(&b);
    tape_free(&t);
    return status;
}
