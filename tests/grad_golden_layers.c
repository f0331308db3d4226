/* Every layer against PyTorch: forward, and the gradient of mean(y * up) for every input. */
#include <stdio.h>
#include <string.h>

#include "nn/ops.h"
#include "tests/check.h"
#include "tests/oracle/golden.h"

enum { INPUTS = 5 };

typedef struct {
    const char *name;
    Golden g;
    Tape t;
    int n;
    Tensor *in[INPUTS];
    const char *in_name[INPUTS];
} Layer;

static void layer_begin(Layer *l, const char *name) {
    memset(l, 0, sizeof *l);
    l->name = name;
    l->g = golden_read("layers.bin");
    tape_init(&l->t, NULL);
}

static const char *entry(const Layer *l, char text[96], const char *what, const char *input) {
    snprintf(text, 96, "%s/%s%s", l->name, what, input);
    return text;
}

static Tensor *add_input(Layer *l, const char *name, int rank, const int *dim) {
    char text[96];
    Tensor *x = golden_input(&l->t, entry(l, text, "", name), true, rank, dim);
    l->in[l->n] = x;
    l->in_name[l->n++] = name;
    return x;
}

#define IN(l, name, rank, ...) add_input(l, name, rank, (int[]){__VA_ARGS__})

static void layer_check(Layer *l, const char *what, const real *x, size_t n) {
    char text[96];
    golden_check(&l->g, entry(l, text, what, ""), x, n, 0);
}

/* Compares y, runs the backward pass, and compares the gradients. */
static void layer_end(Layer *l, Tensor *y) {
    char text[96];
    layer_check(l, "y", y->data, tensor_size(y));
    Tensor *up = golden_input(&l->t, entry(l, text, "up", ""), false, y->rank, y->dim);
    tape_backward(&l->t, op_mean(&l->t, op_mul(&l->t, y, up)));
    for (int i = 0; i < l->n; i++)
        golden_check(&l->g, entry(l, text, "grad/", l->in_name[i]), l->in[i]->grad, tensor_size(l->in[i]), 0);
    tape_free(&l->t);
    golden_free(&l->g);
}

/* ---- Convolution and normalisation ---- */

Test(golden, conv2d) {
    Layer l;
    layer_begin(&l, "conv2d");
    Tensor *x = IN(&l, "x", 4, 2, 4, 3, 3), *w = IN(&l, "w", 4, 4, 3, 3, 3);
    layer_end(&l, op_conv2d(&l.t, x, w, 1, 1));
}

Test(golden, conv2d_with_stride) {
    Layer l;
    layer_begin(&l, "conv2d_stride");
    Tensor *x = IN(&l, "x", 4, 2, 5, 4, 2), *w = IN(&l, "w", 4, 3, 2, 3, 3);
    layer_end(&l, op_conv2d(&l.t, x, w, 2, 1));
}

Test(golden, conv2d_of_one_pixel) {
    Layer l;
    layer_begin(&l, "conv2d_1x1");
    Tensor *x = IN(&l, "x", 4, 2, 5, 4, 2), *w = IN(&l, "w", 4, 3, 2, 1, 1);
    layer_end(&l, op_conv2d(&l.t, x, w, 2, 0));
}

static Tensor *statistics(Layer *l, const char *name, double around) {
    char text[96];
    Tensor *x = tape_tensor1(&l->t, 4);
    golden_wave(entry(l, text, "", name), 4, 0.5, x->data);
    for (int i = 0; i < 4; i++) x->data[i] += (real)around;
    return x;
}

static void check_batchnorm(const char *name, bool training, bool add, bool relu) {
    Layer l;
    layer_begin(&l, name);
    l.t.training = training;
    Tensor *x = IN(&l, "x", 4, 3, 2, 3, 4), *gamma = IN(&l, "gamma", 1, 4), *beta = IN(&l, "beta", 1, 4);
    Tensor *shortcut = add ? IN(&l, "shortcut", 4, 3, 2, 3, 4) : NULL;
    Tensor *mean = statistics(&l, "running_mean", 0), *var = statistics(&l, "running_var", 1);
    Tensor *y = op_batchnorm(&l.t, x, gamma, beta, mean, var, shortcut, relu);
    layer_check(&l, "mean_after", mean->data, 4);
    layer_check(&l, "var_after", var->data, 4);
    layer_end(&l, y);
}

Test(golden, batchnorm) {
    check_batchnorm("batchnorm", true, false, false);
}
Test(golden, batchnorm_with_relu) {
    check_batchnorm("batchnorm_relu", true, false, true);
}
Test(golden, batchnorm_with_shortcut_and_relu) {
    check_batchnorm("batchnorm_add_relu", true, true, true);
}
Test(golden, batchnorm_of_running_statistics) {
    check_batchnorm("batchnorm_running", false, true, true);
}

Test(golden, conv1d_over_lengths) {
    Layer l;
    layer_begin(&l, "conv1d");
    Tensor *x = IN(&l, "x", 3, 3, 4, 4), *w = IN(&l, "w", 3, 4, 4, 3), *b = IN(&l, "b", 1, 4);
    layer_end(&l, op_conv1d(&l.t, x, w, b, (int[]){4, 2, 0}));
}

Test(golden, layernorm) {
    Layer l;
    layer_begin(&l, "layernorm");
    Tensor *x = IN(&l, "x", 3, 2, 3, 6), *gamma = IN(&l, "gamma", 1, 6), *beta = IN(&l, "beta", 1, 6);
    layer_end(&l, op_layernorm(&l.t, x, gamma, beta));
}

/* ---- Products and pointwise ops ---- */

Test(golden, linear) {
    Layer l;
    layer_begin(&l, "linear");
    Tensor *x = IN(&l, "x", 3, 2, 3, 5), *w = IN(&l, "w", 2, 4, 5), *b = IN(&l, "b", 1, 4);
    layer_end(&l, op_linear(&l.t, x, w, b));
}

Test(golden, relu) {
    Layer l;
    layer_begin(&l, "relu");
    layer_end(&l, op_relu(&l.t, IN(&l, "x", 3, 2, 3, 4)));
}

Test(golden, gelu) {
    Layer l;
    layer_begin(&l, "gelu");
    layer_end(&l, op_gelu(&l.t, IN(&l, "x", 3, 2, 3, 4)));
}

Test(golden, tanh) {
    Layer l;
    layer_begin(&l, "tanh");
    layer_end(&l, op_tanh(&l.t, IN(&l, "x", 3, 2, 3, 4), (real)1.5));
}

Test(golden, attention_over_lengths_and_the_attention_of_cls) {
    Layer l;
    real cls[3 * 2 * 4];
    layer_begin(&l, "attention");
    Tensor *y = op_attention(&l.t, IN(&l, "qkv", 3, 3, 4, 12), 2, (int[]){4, 2, 1}, cls);
    layer_check(&l, "cls", cls, 3 * 2 * 4);
    layer_end(&l, y);
}

/* ---- Pooling and tokens ---- */

Test(golden, mean_tokens_over_lengths) {
    Layer l;
    layer_begin(&l, "mean_tokens");
    layer_end(&l, op_mean_tokens(&l.t, IN(&l, "x", 3, 3, 4, 3), (int[]){4, 2, 0}));
}

static const int LENGTHS[3] = {4, 2, 3};

Test(golden, embedding_with_subwords) {
    static const int32_t words[12] = {3, 0, 5, 1, 2, 2, 0, 0, 6, 4, 1, 0};
    static const int32_t grams[24] = {0, 7, -1, -1, 3, -1, 2, 2, 1,  4, 5, -1,
                                      0, 0, 0,  0,  6, 7,  7, 7, -1, 3, 0, 0};
    Layer l;
    layer_begin(&l, "embedding");
    Tensor *word = IN(&l, "word", 2, 7, 4), *subword = IN(&l, "subword", 2, 8, 4),
           *pos = IN(&l, "pos", 2, 5, 4);
    layer_end(&l, op_embedding(&l.t, word, subword, pos, words, grams, 3, 4, 2, LENGTHS));
}

Test(golden, sequence_of_both_modalities) {
    Layer l;
    layer_begin(&l, "sequence");
    Tensor *cls = IN(&l, "cls", 1, 4), *modality = IN(&l, "modality", 2, 2, 4);
    Tensor *v = IN(&l, "v", 3, 3, 2, 4), *text = IN(&l, "t", 3, 3, 4, 4);
    layer_end(&l, op_sequence(&l.t, cls, modality, v, 0, NULL, text, 1, LENGTHS));
}

/* ---- Cross-entropies ---- */

Test(golden, cross_entropy_of_one_label) {
    Layer l;
    layer_begin(&l, "cross_entropy");
    layer_end(&l, op_cross_entropy_softmax(&l.t, IN(&l, "z", 2, 3, 4), (int[]){3, 0, 1}));
}

Test(golden, cross_entropy_of_mixed_labels) {
    Layer l;
    real target[12];
    layer_begin(&l, "cross_entropy_soft");
    golden_reals(&l.g, "cross_entropy_soft/target", 12, target);
    layer_end(&l, op_cross_entropy_soft(&l.t, IN(&l, "z", 2, 3, 4), target));
}

Test(golden, cross_entropy_of_several_labels) {
    Layer l;
    layer_begin(&l, "cross_entropy_sigmoid");
    layer_end(&l, op_cross_entropy_sigmoid(&l.t, IN(&l, "z", 2, 3, 4),
                                           (real[]){1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0}));
}
