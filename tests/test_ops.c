/* Properties of single ops beyond their formula: ties, limits, empty cases, random streams, and that padding changes no bit.
 * Formulas and gradients: grad_ops.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/ops.h"
#include "tests/check.h"
#include "tests/oracle/oracle.h"

static Tape tape(void) {
    Tape t;
    tape_init(&t, NULL);
    return t;
}

static Tensor *values(Tape *t, int rank, const int *dim, const real *data) {
    Tensor *x = tape_input(t, rank, dim, data);
    x->needs_grad = true;
    x->grad = arena_calloc(&t->arena, tensor_size(x), sizeof(real));
    return x;
}

static Tensor *normal(Tape *t, int rank, const int *dim, uint32_t stream) {
    Tensor *x = tape_tensor(t, rank, dim);
    Rng r = rng_stream(1, RNG_TEST, stream);
    for (size_t i = 0; i < tensor_size(x); i++) x->data[i] = (real)rng_normal(&r);
    return x;
}

#define DIMS(...) ((int[]){__VA_ARGS__})
#define REALS(...) ((real[]){__VA_ARGS__})

/* ---- Ties and limits ---- */

Test(pointwise, relu_has_derivative_0_at_0) {
    Tape t = tape();
    Tensor *x = values(&t, 1, DIMS(3), REALS(-1, 0, 1));
    tape_backward(&t, op_sum_squares(&t, op_add(&t, op_relu(&t, x), values(&t, 1, DIMS(3), REALS(1, 1, 1)))));
    cr_assert(x->grad[0] == 0 && x->grad[1] == 0 && x->grad[2] == 4);
    tape_free(&t);
}

Test(cross_entropy, is_the_logarithm_of_the_classes_where_nothing_is_known) {
    Tape t = tape();
    Tensor *z = values(&t, 2, DIMS(2, 3), REALS(7, 7, 7, 0, 0, 0));
    cr_assert_float_eq(op_cross_entropy_softmax(&t, z, DIMS(0, 2))->data[0], log(3), 1e-6);
    cr_assert_float_eq(op_cross_entropy_soft(&t, z, REALS(.2f, .3f, .5f, 0, 1, 0))->data[0], log(3), 1e-6);
    Tensor *zero = values(&t, 2, DIMS(1, 2), REALS(0, 0));
    cr_assert_float_eq(op_cross_entropy_sigmoid(&t, zero, REALS(1, 0))->data[0], log(2), 1e-6);
    tape_free(&t);
}

Test(cross_entropy, stays_finite_at_logits_of_ten_thousand) {
    Tape t = tape();
    Tensor *z = values(&t, 2, DIMS(1, 2), REALS(1e4f, -1e4f));
    cr_assert_float_eq(op_cross_entropy_softmax(&t, z, DIMS(1))->data[0], 2e4, 1e-2);
    cr_assert_float_eq(op_cross_entropy_softmax(&t, z, DIMS(0))->data[0], 0, 1e-9);
    Tensor *wrong = op_cross_entropy_sigmoid(&t, z, REALS(0, 1));
    cr_assert_float_eq(wrong->data[0], 1e4, 1e-2);
    tape_backward(&t, wrong);
    cr_assert_float_eq(z->grad[0], 0.5, 1e-6);
    cr_assert_float_eq(z->grad[1], -0.5, 1e-6);
    tape_free(&t);
}

Test(tokens, the_mean_of_no_token_is_0_and_sends_no_gradient) {
    Tape t = tape();
    Tensor *x = values(&t, 3, DIMS(2, 2, 1), REALS(3, 5, 7, 9));
    Tensor *y = op_mean_tokens(&t, x, DIMS(0, 1));
    cr_assert(y->data[0] == 0 && y->data[1] == 7);
    tape_backward(&t, op_mean(&t, y));
    cr_assert(x->grad[0] == 0 && x->grad[1] == 0 && x->grad[2] == (real)0.5 && x->grad[3] == 0);
    tape_free(&t);
}

/* ---- Embedding ---- */

Test(embedding, a_token_without_buckets_is_its_word_and_position_alone) {
    Tape t = tape();
    Tensor *word = values(&t, 2, DIMS(2, 1), REALS(10, 20)), *sub = values(&t, 2, DIMS(2, 1), REALS(1, 3));
    Tensor *pos = values(&t, 2, DIMS(3, 1), REALS(100, 200, 300));
    const int32_t w[] = {1, 1, 0}, s[] = {-1, -1, 1, -1, 0, 1};
    Tensor *y = op_embedding(&t, word, sub, pos, w, s, 1, 3, 2, DIMS(3));
    cr_assert(y->data[0] == 120 && y->data[1] == 223 && y->data[2] == 312);
    tape_free(&t);
}

Test(embedding, ids_beyond_the_length_are_not_looked_at) {
    Tape t = tape();
    Tensor *word = values(&t, 2, DIMS(2, 1), REALS(10, 20)), *pos = values(&t, 2, DIMS(2, 1), REALS(1, 2));
    const int32_t w[] = {1, 999};
    Tensor *y = op_embedding(&t, word, NULL, pos, w, NULL, 1, 2, 0, DIMS(1));
    cr_assert(y->data[0] == 21 && y->data[1] == 0);
    tape_free(&t);
}

/* ---- Normalisation ---- */

Test(batchnorm, training_moves_the_running_statistics_a_tenth_of_the_way) {
    Tape t = tape();
    Tensor *x = values(&t, 2, DIMS(3, 1), REALS(1, 2, 6)); /* mean 3, unbiased variance 7 */
    Tensor *one = values(&t, 1, DIMS(1), REALS(1)), *zero = values(&t, 1, DIMS(1), REALS(0));
    Tensor *mean = tape_input(&t, 1, DIMS(1), REALS(10)), *var = tape_input(&t, 1, DIMS(1), REALS(1));
    op_batchnorm(&t, x, one, zero, mean, var, NULL, false);
    cr_assert_float_eq(mean->data[0], 0.9 * 10 + 0.1 * 3, 1e-5);
    cr_assert_float_eq(var->data[0], 0.9 * 1 + 0.1 * 7, 1e-5);
    tape_free(&t);
}

Test(batchnorm, inference_leaves_the_running_statistics) {
    Tape t = tape();
    t.training = false;
    Tensor *x = values(&t, 2, DIMS(3, 1), REALS(1, 2, 6)), *one = values(&t, 1, DIMS(1), REALS(1));
    Tensor *mean = tape_input(&t, 1, DIMS(1), REALS(10)), *var = tape_input(&t, 1, DIMS(1), REALS(4));
    Tensor *y = op_batchnorm(&t, x, one, one, mean, var, NULL, false);
    cr_assert(mean->data[0] == 10 && var->data[0] == 4);
    cr_assert_float_eq(y->data[0], (1 - 10) / 2.0 + 1, 1e-4);
    tape_free(&t);
}

/* ---- Attention ---- */

Test(attention, tells_how_much_the_first_token_looks_at_each) {
    enum { B = 3, N = 5, D = 6, HEADS = 2 };
    Tape t = tape();
    Tensor *qkv = normal(&t, 3, DIMS(B, N, 3 * D), 0);
    real weights[B * HEADS * N];
    double x[B * N * 3 * D], y[B * N * D], expected[B * HEADS * N];
    const int length[B] = {5, 2, 1};
    for (int i = 0; i < B * N * 3 * D; i++) x[i] = (double)qkv->data[i];
    op_attention(&t, qkv, HEADS, length, weights);
    oracle_attention(B, N, D, HEADS, x, length, y, expected);
    for (int i = 0; i < B * HEADS * N; i++) cr_assert_float_eq(weights[i], expected[i], 1e-5, "%d", i);
    for (int i = 0; i < B * HEADS; i++) {
        double sum = 0;
        for (int k = 0; k < N; k++) sum += (double)weights[i * N + k];
        cr_assert_float_eq(sum, 1, 1e-5);
    }
    tape_free(&t);
}

/* ---- Random ops ---- */

Test(dropout, zeros_its_share_and_scales_the_rest) {
    Tape t = tape();
    Tensor *x = tape_tensor1(&t, 20000);
    for (int i = 0; i < 20000; i++) x->data[i] = 3;
    const Tensor *y = op_dropout(&t, x, (real)0.25);
    int dropped = 0;
    for (int i = 0; i < 20000; i++) {
        cr_assert(y->data[i] == 0 || fabs((double)y->data[i] - 4) < 1e-5);
        dropped += y->data[i] == 0;
    }
    cr_assert_lt(abs(dropped - 5000), 250); /* four deviations */
    tape_free(&t);
}

Test(dropout, draws_anew_for_each_op_and_step_and_repeats_from_the_seed) {
    Tape t = tape();
    Tensor *x = normal(&t, 1, DIMS(64), 1);
    const Tensor *a = op_dropout(&t, x, (real)0.5), *b = op_dropout(&t, x, (real)0.5);
    t.step = 1;
    t.draws = 0;
    const Tensor *c = op_dropout(&t, x, (real)0.5);
    t.step = 0;
    t.draws = 0;
    const Tensor *d = op_dropout(&t, x, (real)0.5);
    cr_assert(memcmp(a->data, b->data, 64 * sizeof(real)) != 0);
    cr_assert(memcmp(a->data, c->data, 64 * sizeof(real)) != 0);
    cr_assert_eq(memcmp(a->data, d->data, 64 * sizeof(real)), 0);
    tape_free(&t);
}

Test(dropout, and_noise_change_nothing_outside_training) {
    Tape t = tape();
    t.training = false;
    Tensor *x = normal(&t, 2, DIMS(4, 2), 1);
    cr_assert_eq(memcmp(op_dropout(&t, x, (real)0.5)->data, x->data, 8 * sizeof(real)), 0);
    cr_assert_eq(memcmp(op_noise(&t, x, REALS(1, 1))->data, x->data, 8 * sizeof(real)), 0);
    tape_free(&t);
}

Test(noise, has_the_deviation_of_its_column) {
    Tape t = tape();
    Tensor *x = tape_tensor2(&t, 10000, 2);
    memset(x->data, 0, 20000 * sizeof(real));
    const Tensor *y = op_noise(&t, x, REALS(0, 2));
    double square = 0;
    for (int i = 0; i < 10000; i++) {
        cr_assert(y->data[2 * i] == 0);
        square += (double)y->data[2 * i + 1] * (double)y->data[2 * i + 1] / 10000;
    }
    cr_assert_float_eq(sqrt(square), 2, 0.06);
    tape_free(&t);
}

/* ---- Padding: the first `length` tokens of a case have the same bits at any n ---- */

enum { SHORT = 5, LONG = 11, CASES = 3, WIDTH = 16 };
static const int LENGTH[CASES] = {5, 3, 1};

/* x (b,SHORT,d) with LONG - SHORT tokens of arbitrary values behind each case. */
static Tensor *padded(Tape *t, const Tensor *x) {
    size_t d = (size_t)x->dim[2];
    Tensor *y = normal(t, 3, DIMS(CASES, LONG, x->dim[2]), 99);
    for (size_t i = 0; i < CASES; i++)
        memcpy(y->data + i * LONG * d, x->data + i * SHORT * d, (size_t)LENGTH[i] * d * sizeof(real));
    return y;
}

/* Whether tokens agree up to each case's length and are zero behind it. */
static bool same_tokens(const Tensor *x, const Tensor *y) {
    size_t d = (size_t)x->dim[2], n = (size_t)x->dim[1], m = (size_t)y->dim[1];
    bool same = true;
    for (size_t i = 0; i < CASES; i++) {
        size_t size = (size_t)LENGTH[i] * d;
        same = same && memcmp(x->data + i * n * d, y->data + i * m * d, size * sizeof(real)) == 0;
        for (size_t k = size; k < m * d; k++) same = same && y->data[i * m * d + k] == 0;
    }
    return same;
}

Test(padding, changes_no_bit_of_attention) {
    Tape t = tape();
    t.recording = t.training = false;
    Tensor *x = normal(&t, 3, DIMS(CASES, SHORT, 3 * WIDTH), 2);
    cr_assert(
        same_tokens(op_attention(&t, x, 2, LENGTH, NULL), op_attention(&t, padded(&t, x), 2, LENGTH, NULL)));
    tape_free(&t);
}

Test(padding, changes_no_bit_of_a_token_convolution) {
    Tape t = tape();
    t.recording = t.training = false;
    Tensor *x = normal(&t, 3, DIMS(CASES, SHORT, WIDTH), 3), *w = normal(&t, 3, DIMS(WIDTH, WIDTH, 3), 4);
    Tensor *b = normal(&t, 1, DIMS(WIDTH), 5);
    cr_assert(same_tokens(op_conv1d(&t, x, w, b, LENGTH), op_conv1d(&t, padded(&t, x), w, b, LENGTH)));
    tape_free(&t);
}

Test(padding, changes_no_bit_of_a_mean_of_tokens) {
    Tape t = tape();
    t.recording = t.training = false;
    Tensor *x = normal(&t, 3, DIMS(CASES, SHORT, WIDTH), 6);
    const Tensor *y = op_mean_tokens(&t, x, LENGTH), *z = op_mean_tokens(&t, padded(&t, x), LENGTH);
    cr_assert_eq(memcmp(y->data, z->data, tensor_size(y) * sizeof(real)), 0);
    tape_free(&t);
}

Test(padding, changes_no_bit_of_a_linear_map) {
    Tape t = tape();
    t.recording = t.training = false;
    Tensor *x = normal(&t, 3, DIMS(CASES, SHORT, 40), 7), *w = normal(&t, 2, DIMS(70, 40), 8);
    const Tensor *y = op_linear(&t, x, w, NULL), *z = op_linear(&t, padded(&t, x), w, NULL);
    for (size_t i = 0; i < CASES; i++)
        cr_assert_eq(
            memcmp(y->data + i * SHORT * 70, z->data + i * LONG * 70, (size_t)LENGTH[i] * 70 * sizeof(real)),
            0);
    tape_free(&t);
}

Test(padding, changes_no_bit_of_an_embedding) {
    Tape t = tape();
    t.recording = t.training = false;
    Tensor *word = normal(&t, 2, DIMS(9, WIDTH), 9), *pos = normal(&t, 2, DIMS(LONG, WIDTH), 10);
    int32_t few[CASES * SHORT], many[CASES * LONG];
    for (int i = 0; i < CASES * LONG; i++) many[i] = i * 5 % 9;
    for (int i = 0; i < CASES; i++)
        for (int j = 0; j < SHORT; j++) few[i * SHORT + j] = many[i * LONG + j];
    cr_assert(same_tokens(op_embedding(&t, word, NULL, pos, few, NULL, CASES, SHORT, 0, LENGTH),
                          op_embedding(&t, word, NULL, pos, many, NULL, CASES, LONG, 0, LENGTH)));
    tape_free(&t);
}
