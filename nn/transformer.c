#include "nn/transformer.h"

#include <stdio.h>

#include "nn/base/error.h"
#include "nn/base/parts.h"
#include "nn/ops.h"

static Tensor *add_param(ParamSet *p, int layer, const char *suffix, int rows, int columns) {
    char name[PARAM_NAME];
    snprintf(name, sizeof name, "encoder.layer%d.%s", layer + 1, suffix);
    return columns ? params_add(p, name, 2, (int[]){rows, columns}) : params_add(p, name, 1, (int[]){rows});
}

void transformer_add(Transformer *e, ParamSet *p, int layers, int heads, int d) {
    NN_REQUIRE(layers >= 0 && layers <= TRANSFORMER_MAX_LAYERS, "%d layers", layers);
    NN_REQUIRE(heads > 0 && d % heads == 0, "%d heads for width %d", heads, d);
    e->layers = layers;
    e->heads = heads;
    for (int i = 0; i < layers; i++)
        e->layer[i] = (TransformerLayer){
            .norm1_weight = add_param(p, i, "norm1.weight", d, 0),
            .norm1_bias = add_param(p, i, "norm1.bias", d, 0),
            .norm2_weight = add_param(p, i, "norm2.weight", d, 0),
            .norm2_bias = add_param(p, i, "norm2.bias", d, 0),
            .qkv_weight = add_param(p, i, "attn.qkv.weight", 3 * d, d),
            .qkv_bias = add_param(p, i, "attn.qkv.bias", 3 * d, 0),
            .out_weight = add_param(p, i, "attn.out.weight", d, d),
            .out_bias = add_param(p, i, "attn.out.bias", d, 0),
            .in_weight = add_param(p, i, "ff.in.weight", 2 * d, d),
            .in_bias = add_param(p, i, "ff.in.bias", 2 * d, 0),
            .ff_weight = add_param(p, i, "ff.out.weight", d, 2 * d),
            .ff_bias = add_param(p, i, "ff.out.bias", d, 0),
        };
    e->norm_weight = params_add(p, "encoder.norm.weight", 1, (int[]){d});
    e->norm_bias = params_add(p, "encoder.norm.bias", 1, (int[]){d});
}

void transformer_init(const Transformer *e, ParamSet *p, uint64_t seed) {
    for (int i = 0; i < e->layers; i++) {
        const TransformerLayer *l = &e->layer[i];
        param_init_constant(l->norm1_weight, 1);
        param_init_constant(l->norm2_weight, 1);
        param_init_glorot(p, l->qkv_weight, seed);
        param_init_glorot(p, l->out_weight, seed);
        param_init_glorot(p, l->in_weight, seed);
        param_init_glorot(p, l->ff_weight, seed);
    }
    param_init_constant(e->norm_weight, 1);
}

static Tensor *attend(Tape *t, const TransformerLayer *l, int heads, Tensor *x, const int *length) {
    return op_attention(t, op_linear(t, x, l->qkv_weight, l->qkv_bias), heads, length, NULL);
}

/* Only the first token of the last layer is used, so that layer computes one query and the keys and values of all tokens. */
static Tensor *attend_first(Tape *t, const TransformerLayer *l, int heads, Tensor *x, const int *length,
                            real *weights) {
    int d = tensor_last(x);
    Tensor *q = op_linear(t, op_token(t, x, 0), op_slice_rows(t, l->qkv_weight, 0, d),
                          op_slice_rows(t, l->qkv_bias, 0, d));
    Tensor *kv =
        op_linear(t, x, op_slice_rows(t, l->qkv_weight, d, 2 * d), op_slice_rows(t, l->qkv_bias, d, 2 * d));
    return op_attention_first(t, q, kv, heads, length, weights);
}

/* EQ(encoder)
 *     each layer: x = x + attention(LN(x));  x = x + W_out gelu(W_in LN(x))
 *     result: the first token of LN(x) after the last layer */
Tensor *transformer_first(Tape *t, const Transformer *e, Tensor *x, const int *length, real dropout,
                          real *weights) {
    const char *outer = tape_equation(t, "encoder");
    for (int i = 0; i < e->layers; i++) {
        const TransformerLayer *l = &e->layer[i];
        bool last = i == e->layers - 1;
        Tensor *normed = op_layernorm(t, x, l->norm1_weight, l->norm1_bias);
        Tensor *a = last || !PART_VARIANTS ? attend_first(t, l, e->heads, normed, length, weights)
                                           : attend(t, l, e->heads, normed, length);
        if (last) x = op_token(t, x, 0); /* the rest of a layer is row by row */
        x = op_add(t, x, op_dropout(t, op_linear(t, a, l->out_weight, l->out_bias), dropout));
        Tensor *y =
            op_linear(t, op_layernorm(t, x, l->norm2_weight, l->norm2_bias), l->in_weight, l->in_bias);
        y = op_linear(t, op_gelu(t, y), l->ff_weight, l->ff_bias);
        x = op_add(t, x, op_dropout(t, y, dropout));
    }
    if (e->layers == 0) x = op_token(t, x, 0);
    x = op_layernorm(t, x, e->norm_weight, e->norm_bias);
    tape_equation(t, outer);
    return x;
}
