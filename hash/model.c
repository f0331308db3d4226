#include "hash/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/error.h"
#include "nn/base/parts.h"
#include "nn/ops.h"

const char *const MODEL_STAGE1[MODEL_STAGE1_PREFIXES] = {"image.", "text.", "stage1.", "term1."};
const char *const MODEL_STAGE2[MODEL_STAGE2_PREFIXES] = {"encoder.", "output.", "head.", "classifier.",
                                                         "term2."};

static void add_experts(Model *m) {
    const ModelConfig *c = &m->config;
    ParamSet *p = &m->params;
    int descriptor = c->own[MODALITY_IMAGE].width ? c->own[MODALITY_IMAGE].width : c->descriptor,
        bag = c->own[MODALITY_TEXT].width ? c->own[MODALITY_TEXT].width : c->bag;
    m->landmark = params_add(p, "expert.image.landmark", 2, (int[]){c->landmarks, descriptor});
    m->expert_image = params_add(p, "expert.image.weight", 2, (int[]){c->landmarks, c->classes});
    m->idf = params_add(p, "expert.text.idf", 1, (int[]){bag});
    m->expert_text = params_add(p, "expert.text.weight", 2, (int[]){bag, c->classes});
    m->expert_mean = params_add(p, "expert.mean", 1, (int[]){c->classes});
    m->expert_share = params_add(p, "expert.share", 1, (int[]){MODALITIES});
}

static void add_params(Model *m) {
    const ModelConfig *c = &m->config;
    ParamSet *p = &m->params;
    int d = c->dim;
    if (PART_ARRAYS && c->own[MODALITY_IMAGE].width)
        model_own_add(m, MODALITY_IMAGE);
    else
        cnn_add(&m->image, p, c->image_size, c->width, c->blocks, d);
    if (PART_ARRAYS && c->own[MODALITY_TEXT].width)
        model_own_add(m, MODALITY_TEXT);
    else
        text_encoder_add(&m->text, p, c->words, c->buckets, c->text_length, d);
    m->stage1_image_weight = params_add(p, "stage1.image.weight", 2, (int[]){c->classes, d});
    m->stage1_image_bias = params_add(p, "stage1.image.bias", 1, (int[]){c->classes});
    m->stage1_text_weight = params_add(p, "stage1.text.weight", 2, (int[]){c->classes, d});
    m->stage1_text_bias = params_add(p, "stage1.text.bias", 1, (int[]){c->classes});
    if (c->landmarks) add_experts(m);
    m->cls = params_add(p, "encoder.cls", 1, (int[]){d});
    m->modality = params_add(p, "encoder.modality", 2, (int[]){2, d});
    transformer_add(&m->encoder, p, c->layers, c->heads, d);
    m->output_norm_weight = params_add(p, "output.norm.weight", 1, (int[]){d});
    m->output_norm_bias = params_add(p, "output.norm.bias", 1, (int[]){d});
    m->head_weight = params_add(p, "head.weight", 2, (int[]){c->bits, d});
    m->head_bias = params_add(p, "head.bias", 1, (int[]){c->bits});
    m->class_weight = params_add(p, "classifier.weight", 2, (int[]){c->classes, c->bits});
    m->class_bias = params_add(p, "classifier.bias", 1, (int[]){c->classes});
    for (int i = 0; i < c->n_extra; i++) params_add(p, c->extra[i].name, 1, &c->extra[i].size);
}

static void init_params(Model *m, uint64_t seed) {
    ParamSet *p = &m->params;
    if (!m->config.own[MODALITY_IMAGE].width) cnn_init(&m->image, p, seed);
    if (!m->config.own[MODALITY_TEXT].width) text_encoder_init(&m->text, p, seed);
    for (Modality k = 0; PART_ARRAYS && k < MODALITIES; k++)
        if (m->config.own[k].width) model_own_init(m, k, seed);
    transformer_init(&m->encoder, p, seed);
    if (m->expert_share) param_init_constant(m->expert_share, 1); /* until the experts are fitted */
    for (Modality k = 0; k < MODALITIES; k++)
        if (!m->config.own[k].width)
            param_init_glorot(p, k == MODALITY_IMAGE ? m->stage1_image_weight : m->stage1_text_weight, seed);
    param_init_normal(p, m->cls, seed, 0.02);
    param_init_normal(p, m->modality, seed, 0.02);
    param_init_constant(m->output_norm_weight, 1);
    param_init_glorot(p, m->head_weight, seed);
    param_init_glorot(p, m->class_weight, seed);
    for (int i = 0; i < m->config.n_extra; i++)
        param_init_constant(params_find(p, m->config.extra[i].name)->tensor,
                            (real)m->config.extra[i].initial);
}

Status model_allocate(Model *m, const ModelConfig *c, Error *err) {
    memset(m, 0, sizeof *m);
    m->config = *c;
    add_params(m);
    return params_seal(&m->params, err);
}

Status model_create(Model *m, const ModelConfig *c, uint64_t seed, Error *err) {
    TRY(model_allocate(m, c, err));
    init_params(m, seed);
    return STATUS_OK;
}

void model_free(Model *m) {
    params_free(&m->params);
    memset(m, 0, sizeof *m);
}

Tensor *model_image_tokens(Tape *t, const Model *m, Tensor *x) {
    return cnn_forward(t, &m->image, x);
}

Tensor *model_text_tokens(Tape *t, const Model *m, const int32_t *w, const int32_t *s, int b, int n, int g,
                          const int *length) {
    return text_encoder_forward(t, &m->text, w, s, b, n, g, length);
}

Tensor *model_stage1_logits(Tape *t, const Model *m, Modality modality, Tensor *u) {
    return modality == MODALITY_IMAGE ? op_linear(t, u, m->stage1_image_weight, m->stage1_image_bias)
                                      : op_linear(t, u, m->stage1_text_weight, m->stage1_text_bias);
}

void model_posterior(const Model *m, Modality modality, const Tensor *logits, const float *f, float *p) {
    int b = logits->dim[0], c = logits->dim[1];
    for (int i = 0; i < b; i++) {
        const real *z = logits->data + (size_t)i * (size_t)c;
        float *row = p + (size_t)i * (size_t)c;
        double top = (double)z[0], sum = 0;
        for (int k = 1; k < c; k++) top = fmax(top, (double)z[k]);
        for (int k = 0; k < c; k++) sum += exp((double)z[k] - top);
        for (int k = 0; k < c; k++)
            row[k] = (float)(m->config.single ? exp((double)z[k] - top) / sum : 1 / (1 + exp(-(double)z[k])));
        if (m->expert_share)
            expert_mix((double)m->expert_share->data[modality], f + (size_t)i * (size_t)c, c, row);
    }
}

Features model_semantic(Tape *t, const Model *m, const float *p, int b) {
    int c = m->config.classes, d = m->config.dim;
    Features f = {.z = tape_tensor3(t, b, 1, d), .u = tape_tensor2(t, b, d)};
    for (int i = 0; i < b; i++) {
        expert_token(p + (size_t)i * (size_t)c, c, d, f.u->data + (size_t)i * (size_t)d);
        memcpy(f.z->data + (size_t)i * (size_t)d, f.u->data + (size_t)i * (size_t)d,
               (size_t)d * sizeof(real));
    }
    return f;
}

/* u_v, u_t, or (u_v + u_t)/2. */
static Tensor *residual(Tape *t, const Features *image, const Features *text) {
    if (!text) return image->u;
    if (!image) return text->u;
    return op_scale(t, op_add(t, image->u, text->u), (real)0.5);
}

/* 1 (CLS) + the tokens of each case, or NULL where all are real. */
static int *sequence_length(Tape *t, const Features *image, const Features *text) {
    if (!text || !text->length) return NULL;
    int b = text->z->dim[0], image_tokens = image ? image->z->dim[1] : 0;
    int *length = arena_alloc(&t->arena, (size_t)b * sizeof *length);
    for (int i = 0; i < b; i++) length[i] = 1 + image_tokens + text->length[i];
    return length;
}

/* EQ(context)  c = LN( Enc([CLS ; Z + e])_CLS + u ) */
Tensor *model_context(Tape *t, const Model *m, const Features *image, const Features *text, real dropout,
                      real *weights) {
    NN_REQUIRE(image || text, "a context needs a modality");
    NN_REQUIRE(!(image && image->length), "image tokens are never padded");
    const char *outer = tape_equation(t, "context");
    Tensor *c = residual(t, image, text);
    if (m->config.transformer) {
        const Features *first = image ? image : text, *second = image && text ? text : NULL;
        Tensor *sequence = op_sequence(
            t, m->cls, m->modality, first->z, image ? MODALITY_IMAGE : MODALITY_TEXT, first->length,
            second ? second->z : NULL, MODALITY_TEXT, second ? second->length : NULL);
        const int *length = sequence_length(t, image, text);
        c = op_add(t, transformer_first(t, &m->encoder, sequence, length, dropout, weights), c);
    }
    c = op_layernorm(t, c, m->output_norm_weight, m->output_norm_bias);
    tape_equation(t, outer);
    return c;
}

/* EQ(head)  s = c W_h + b_h;  H = tanh(beta s) */
Tensor *model_scores(Tape *t, const Model *m, Tensor *c) {
    const char *outer = tape_equation(t, "head");
    Tensor *s = op_linear(t, c, m->head_weight, m->head_bias);
    tape_equation(t, outer);
    return s;
}

Tensor *model_relaxed(Tape *t, Tensor *s, double beta) {
    const char *outer = tape_equation(t, "head");
    Tensor *h = op_tanh(t, s, (real)beta);
    tape_equation(t, outer);
    return h;
}

Tensor *model_class_logits(Tape *t, const Model *m, Tensor *h) {
    return op_linear(t, h, m->class_weight, m->class_bias);
}
