/* The networks and the model against their oracles, in training and in inference, over edge sizes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hash/model.h"
#include "nn/base/rng.h"
#include "nn/ops.h"
#include "tests/check.h"
#include "tests/oracle/oracle_model.h"

#ifdef NN_DOUBLE
static const double BOUND = 1e-10;
#else
static const double BOUND = 1e-4;
#endif

enum { MOST_WEIGHTS = 256, WORDS = 9, BUCKETS = 6 };

/* A model with random weights, and the same weights for the oracle. */
typedef struct {
    Model model;
    OracleModel oracle;
    OracleWeight weight[MOST_WEIGHTS];
    Tape t;
    Rng rng;
} Both;

static double *widened(Both *x, const real *from, size_t n) {
    double *to = arena_alloc(&x->t.arena, n * sizeof *to);
    for (size_t i = 0; i < n; i++) to[i] = (double)from[i];
    return to;
}

static void randomise(Both *x, const Param *p) {
    size_t n = tensor_size(p->tensor);
    bool positive = strstr(p->name, "running_var") || (p->tensor->rank == 1 && strstr(p->name, ".weight"));
    for (size_t i = 0; i < n; i++)
        p->tensor->data[i] =
            (real)((positive ? 1 : 0) + (p->tensor->rank > 1 ? 0.4 : 0.25) * rng_range(&x->rng, -1, 1));
}

static void both_create(Both *x, const ModelConfig *c, bool training) {
    Error err;
    memset(x, 0, sizeof *x);
    tape_init(&x->t, NULL);
    x->t.recording = x->t.training = training;
    x->rng = rng_stream(11, RNG_TEST, (uint32_t)(c->image_size + 7 * c->dim + c->layers));
    cr_assert_eq(model_create(&x->model, c, 1, &err), STATUS_OK);
    cr_assert(x->model.params.count <= MOST_WEIGHTS);
    for (size_t i = 0; i < x->model.params.count; i++) {
        const Param *p = &x->model.params.items[i];
        randomise(x, p);
        x->weight[i] = (OracleWeight){p->name, widened(x, p->tensor->data, tensor_size(p->tensor))};
    }
    x->oracle = (OracleModel){.items = x->weight,
                              .n = (int)x->model.params.count,
                              .side = c->image_size,
                              .width = c->width,
                              .blocks = c->blocks,
                              .d = c->dim,
                              .layers = c->layers,
                              .heads = c->heads,
                              .bits = c->bits,
                              .subwords = c->buckets > 0,
                              .training = training};
}

static void both_free(Both *x) {
    tape_free(&x->t);
    model_free(&x->model);
}

static Tensor *random_tensor(Both *x, int rank, const int *dim) {
    Tensor *y = tape_tensor(&x->t, rank, dim);
    for (size_t i = 0; i < tensor_size(y); i++) y->data[i] = (real)rng_normal(&x->rng);
    return y;
}

static void check_equal(const char *what, const Tensor *y, const double *wanted) {
    double largest = 1, error = 0;
    for (size_t i = 0; i < tensor_size(y); i++) {
        double e = fabs((double)y->data[i] - wanted[i]);
        if (!(e <= error)) error = isnan(e) ? INFINITY : e;
        largest = fmax(largest, fabs(wanted[i]));
    }
    cr_assert(error <= BOUND * largest, "%s differs from its oracle by %.3g", what, error / largest);
}

static double *wanted_like(Both *x, const Tensor *y) {
    return arena_calloc(&x->t.arena, tensor_size(y), sizeof(double));
}

static const ModelConfig SMALL = {.image_size = 16,
                                  .width = 4,
                                  .blocks = 1,
                                  .dim = 6,
                                  .text_length = 5,
                                  .words = WORDS,
                                  .buckets = BUCKETS,
                                  .layers = 1,
                                  .heads = 2,
                                  .bits = 16,
                                  .classes = 3,
                                  .transformer = 1,
                                  .deviation = 1};

/* ---- Networks ---- */

static void check_cnn(int side, int width, int blocks, int b, bool training) {
    ModelConfig c = SMALL;
    Both x;
    c.image_size = side;
    c.width = width;
    c.blocks = blocks;
    both_create(&x, &c, training);
    Tensor *image = random_tensor(&x, 4, (int[]){b, side, side, 1});
    Tensor *z = model_image_tokens(&x.t, &x.model, image);
    double *wanted = wanted_like(&x, z);
    cr_assert_eq(z->dim[1], side / 16 * (side / 16));
    oracle_cnn(&x.oracle, b, widened(&x, image->data, tensor_size(image)), wanted);
    check_equal("Z_v", z, wanted);
    both_free(&x);
}

Test(model, image_tokens_are_the_oracles_in_training) {
    check_cnn(16, 4, 1, 5, true);
    check_cnn(32, 4, 1, 2, true);
    check_cnn(48, 5, 2, 1, true);
    check_cnn(32, 3, 3, 3, true);
    check_cnn(64, 4, 1, 1, true);
}

Test(model, image_tokens_are_the_oracles_with_running_statistics) {
    check_cnn(16, 4, 1, 1, false);
    check_cnn(32, 4, 1, 2, false);
    check_cnn(48, 5, 2, 1, false);
    check_cnn(32, 3, 3, 3, false);
    check_cnn(64, 4, 1, 1, false);
}

static void check_text(int b, int n, int g, int d, bool training) {
    ModelConfig c = SMALL;
    Both x;
    c.dim = d;
    c.buckets = g ? BUCKETS : 0;
    both_create(&x, &c, training);
    int words[64], grams[256], length[8];
    for (int i = 0; i < b * n; i++) words[i] = (int)rng_below(&x.rng, WORDS);
    for (int i = 0; i < b * n * g; i++) grams[i] = (int)rng_below(&x.rng, BUCKETS + 2) - 2;
    for (int i = 0; i < b; i++) length[i] = i == 1 ? 0 : 1 + (int)rng_below(&x.rng, (uint32_t)n);
    for (int i = 0; i < b * n * g; i++) grams[i] = grams[i] < 0 ? -1 : grams[i];
    Tensor *z = model_text_tokens(&x.t, &x.model, (const int32_t *)words, g ? (const int32_t *)grams : NULL,
                                  b, n, g, length);
    double *wanted = wanted_like(&x, z);
    oracle_text(&x.oracle, b, n, g, words, grams, length, wanted);
    check_equal("Z_t", z, wanted);
    both_free(&x);
}

Test(model, text_tokens_are_the_oracles_also_for_empty_texts_and_without_subwords) {
    for (int training = 0; training < 2; training++) {
        check_text(1, 1, 3, 6, training);
        check_text(3, 5, 2, 6, training);
        check_text(2, 4, 1, 8, training);
        check_text(5, 3, 4, 10, training);
        check_text(4, 5, 0, 6, training);
    }
}

static void check_encoder(int b, int n, int d, int heads, int layers, bool lengths) {
    ModelConfig c = SMALL;
    Both x;
    c.dim = d;
    c.heads = heads;
    c.layers = layers;
    both_create(&x, &c, true);
    int length[8];
    for (int i = 0; i < b; i++) length[i] = 1 + (int)rng_below(&x.rng, (uint32_t)n);
    Tensor *tokens = random_tensor(&x, 3, (int[]){b, n, d});
    const int *given = lengths ? length : NULL;
    Tensor *y = transformer_first(&x.t, &x.model.encoder, tokens, given, 0, NULL);
    double *wanted = wanted_like(&x, y);
    oracle_encoder(&x.oracle, b, n, widened(&x, tokens->data, tensor_size(tokens)), given, wanted);
    check_equal("the encoded CLS", y, wanted);
    both_free(&x);
}

Test(model, the_encoded_first_token_is_the_oracles) {
    check_encoder(1, 1, 6, 1, 1, false);
    check_encoder(2, 5, 6, 2, 1, true);
    check_encoder(3, 4, 12, 3, 2, false);
    check_encoder(5, 7, 8, 8, 3, true);
    check_encoder(2, 3, 6, 2, 0, false);
}

/* ---- Context and head ---- */

typedef struct {
    Features own;
    OracleFeatures oracle;
} Tokens;

static Tokens tokens_of(Both *x, int b, int n, const int *length) {
    int d = x->model.config.dim;
    Tokens k = {.own = {.z = random_tensor(x, 3, (int[]){b, n, d}),
                        .u = random_tensor(x, 2, (int[]){b, d}),
                        .length = length}};
    k.oracle = (OracleFeatures){n, widened(x, k.own.z->data, tensor_size(k.own.z)),
                                widened(x, k.own.u->data, tensor_size(k.own.u)), length};
    return k;
}

static void check_context(int b, int n_v, int n_t, const int *length, int layers) {
    ModelConfig c = SMALL;
    Both x;
    c.layers = layers;
    both_create(&x, &c, true);
    Tokens v = tokens_of(&x, b, n_v, NULL), t = tokens_of(&x, b, n_t, length);
    for (int pass = 0; pass < 3; pass++) {
        Tensor *y =
            model_context(&x.t, &x.model, pass == 1 ? NULL : &v.own, pass == 0 ? NULL : &t.own, 0, NULL);
        double *wanted = wanted_like(&x, y);
        oracle_context(&x.oracle, b, pass == 1 ? NULL : &v.oracle, pass == 0 ? NULL : &t.oracle, wanted);
        check_equal("c", y, wanted);
        Tensor *s = model_scores(&x.t, &x.model, y);
        double *scores = wanted_like(&x, s);
        oracle_head(&x.oracle, b, wanted, scores);
        check_equal("s", s, scores);
    }
    both_free(&x);
}

Test(model, contexts_and_scores_are_the_oracles_for_one_modality_and_for_both) {
    check_context(1, 1, 1, NULL, 1);
    check_context(3, 4, 5, (int[]){5, 0, 2}, 1);
    check_context(2, 9, 3, (int[]){1, 3}, 2);
    check_context(4, 1, 4, NULL, 2);
    check_context(5, 2, 2, (int[]){2, 2, 1, 0, 1}, 3);
}

Test(model, without_transformer_the_context_is_the_normalised_feature) {
    ModelConfig c = SMALL;
    Both x;
    c.transformer = 0;
    both_create(&x, &c, true);
    Tokens v = tokens_of(&x, 3, 4, NULL);
    Tensor *y = model_context(&x.t, &x.model, &v.own, NULL, 0, NULL);
    Tensor *plain = op_layernorm(&x.t, v.own.u, x.model.output_norm_weight, x.model.output_norm_bias);
    for (size_t i = 0; i < tensor_size(y); i++) cr_assert_eq(y->data[i], plain->data[i]);
    both_free(&x);
}

/* A code does not depend on the batch: alone, in a batch and with longer padding a text has the same bits. */
Test(model, a_text_has_the_same_scores_alone_in_a_batch_and_with_longer_padding) {
    static const int32_t words[3 * 5] = {1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 8, 1, 2, 0, 0};
    const int length[3] = {5, 2, 3};
    ModelConfig c = SMALL;
    Both x;
    c.buckets = 0;
    both_create(&x, &c, false);
    real batch[3][16];
    for (int alone = 0; alone < 2; alone++)
        for (int i = 0; i < (alone ? 3 : 1); i++) {
            int b = alone ? 1 : 3, n = alone ? length[i] : 5;
            Features f = {.length = length + i};
            f.z = model_text_tokens(&x.t, &x.model, words + 5 * i, NULL, b, n, 0, f.length);
            f.u = op_mean_tokens(&x.t, f.z, f.length);
            Tensor *s = model_scores(&x.t, &x.model, model_context(&x.t, &x.model, NULL, &f, 0, NULL));
            if (!alone) memcpy(batch, s->data, sizeof batch);
            for (int k = 0; alone && k < 16; k++) cr_assert_eq(s->data[k], batch[i][k]);
        }
    both_free(&x);
}

Test(model, an_image_has_the_same_scores_alone_and_in_a_batch) {
    enum { B = 5, PIXELS = 32 * 32 };
    ModelConfig c = SMALL;
    Both x;
    c.image_size = 32;
    both_create(&x, &c, false);
    Tensor *all = random_tensor(&x, 4, (int[]){B, 32, 32, 1});
    real batch[B][16];
    for (int i = -1; i < B; i++) {
        Tensor *image = i < 0 ? all : tape_input(&x.t, 4, (int[]){1, 32, 32, 1}, all->data + i * PIXELS);
        Features f = {.z = model_image_tokens(&x.t, &x.model, image)};
        f.u = op_mean_tokens(&x.t, f.z, NULL);
        Tensor *s = model_scores(&x.t, &x.model, model_context(&x.t, &x.model, &f, NULL, 0, NULL));
        if (i < 0) memcpy(batch, s->data, sizeof batch);
        for (int k = 0; i >= 0 && k < 16; k++) cr_assert_eq(s->data[k], batch[i][k]);
    }
    both_free(&x);
}

Test(model, a_context_of_nothing_aborts, .signal = SIGABRT) {
    Both x;
    both_create(&x, &SMALL, true);
    model_context(&x.t, &x.model, NULL, NULL, 0, NULL);
}
