#include <math.h>
#include <string.h>

#include "tests/oracle/cases.h"
#include "tests/oracle/oracle.h"

/* ---- linear: b rows of (n,in); bias 0 or 1 ---- */

static void linear_setup(Problem *p) {
    const int *a = p->a, b = a[0], n = a[1], in = a[2], out = a[3];
    IN(p, true, VALUES_NORMAL, 3, b, n, in);
    IN(p, false, VALUES_NORMAL, 2, out, in);
    if (a[4])
        IN(p, false, VALUES_NORMAL, 1, out);
    else
        problem_absent(p);
    OUT(p, 3, b, n, out);
}
static Tensor *linear_run(Tape *t, Problem *p) {
    return op_linear(t, p->in[0], p->in[1], p->in[2]);
}
static void linear_oracle(const Problem *p, double *y) {
    oracle_linear(p->a[0] * p->a[1], p->a[2], p->a[3], p->x[0], p->x[1], p->x[2], y);
}

/* ---- conv2d: b h w ci co kh kw stride pad ---- */

static int conv_out(int size, int k, int stride, int pad) {
    return (size + 2 * pad - k) / stride + 1;
}

static void conv2d_setup(Problem *p) {
    const int *a = p->a;
    IN(p, true, VALUES_NORMAL, 4, a[0], a[1], a[2], a[3]);
    IN(p, false, VALUES_NORMAL, 4, a[4], a[3], a[5], a[6]);
    OUT(p, 4, a[0], conv_out(a[1], a[5], a[7], a[8]), conv_out(a[2], a[6], a[7], a[8]), a[4]);
}
static Tensor *conv2d_run(Tape *t, Problem *p) {
    return op_conv2d(t, p->in[0], p->in[1], p->a[7], p->a[8]);
}
static void conv2d_oracle(const Problem *p, double *y) {
    const int *a = p->a;
    oracle_conv2d(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], p->x[0], p->x[1], y);
}

/* ---- conv2d_bn: the same, then a[9]: 1 adds a shortcut, 2 relu, 3 both ---- */

static void conv2d_bn_setup(Problem *p) {
    conv2d_setup(p);
    p->inference = true;
    const int *d = p->out_dim;
    for (int i = 0; i < 4; i++) FIXED(p, false, i == 0 || i == 3 ? VALUES_POSITIVE : VALUES_NORMAL, 1, d[3]);
    if (p->a[9] & 1)
        FIXED(p, true, VALUES_NORMAL, 4, d[0], d[1], d[2], d[3]);
    else
        problem_absent(p);
}
static Tensor *conv2d_bn_run(Tape *t, Problem *p) {
    return op_conv2d_bn(t, p->in[0], p->in[1], p->a[7], p->a[8], p->in[2], p->in[3], p->in[4], p->in[5],
                        p->in[6], p->a[9] & 2);
}
static void conv2d_bn_oracle(const Problem *p, double *y) {
    const int *d = p->out_dim;
    conv2d_oracle(p, y);
    oracle_batchnorm(d[0] * d[1] * d[2], d[3], y, p->x[2], p->x[3], p->x[4], p->x[5], p->x[6], p->a[9] & 2,
                     y);
}

/* ---- conv1d: b n d out k; a[5]: 1 lengths are given ---- */

static void conv1d_setup(Problem *p) {
    const int *a = p->a;
    IN(p, true, VALUES_NORMAL, 3, a[0], a[1], a[2]);
    IN(p, false, VALUES_NORMAL, 3, a[3], a[2], a[4]);
    IN(p, false, VALUES_NORMAL, 1, a[3]);
    problem_ints(p, a[0], 1, 0, a[1]);
    OUT(p, 3, a[0], a[1], a[3]);
}
static const int *lengths_of(const Problem *p, int given) {
    return given ? p->ints[0] : NULL;
}
static Tensor *conv1d_run(Tape *t, Problem *p) {
    return op_conv1d(t, p->in[0], p->in[1], p->in[2], lengths_of(p, p->a[5]));
}
static void conv1d_oracle(const Problem *p, double *y) {
    const int *a = p->a;
    oracle_conv1d(a[0], a[1], a[2], a[3], a[4], p->x[0], p->x[1], p->x[2], lengths_of(p, a[5]), y);
}

/* ---- batchnorm: b h w c; a[4]: 1 adds a shortcut, 2 relu, 3 both ---- */

static void batchnorm_setup(Problem *p) {
    const int *a = p->a;
    IN(p, true, VALUES_NORMAL, 4, a[0], a[1], a[2], a[3]);
    IN(p, false, VALUES_POSITIVE, 1, a[3]);
    IN(p, false, VALUES_NORMAL, 1, a[3]);
    FIXED(p, false, VALUES_NORMAL, 1, a[3]);
    FIXED(p, false, VALUES_POSITIVE, 1, a[3]);
    if (a[4] & 1)
        IN(p, true, VALUES_NORMAL, 4, a[0], a[1], a[2], a[3]);
    else
        problem_absent(p);
    OUT(p, 4, a[0], a[1], a[2], a[3]);
}
static void batchnorm_inference_setup(Problem *p) {
    batchnorm_setup(p);
    p->inference = true;
}
static Tensor *batchnorm_run(Tape *t, Problem *p) {
    return op_batchnorm(t, p->in[0], p->in[1], p->in[2], p->in[3], p->in[4], p->in[5], p->a[4] & 2);
}
static void batchnorm_oracle(const Problem *p, double *y) {
    const int *a = p->a, rows = a[0] * a[1] * a[2];
    double mean[64], var[64];
    oracle_moments(rows, a[3], p->x[0], mean, var);
    oracle_batchnorm(rows, a[3], p->x[0], p->x[1], p->x[2], mean, var, p->x[5], a[4] & 2, y);
}
static void batchnorm_inference_oracle(const Problem *p, double *y) {
    const int *a = p->a;
    oracle_batchnorm(a[0] * a[1] * a[2], a[3], p->x[0], p->x[1], p->x[2], p->x[3], p->x[4], p->x[5], a[4] & 2,
                     y);
}

/* ---- layernorm: b n d ---- */

static void layernorm_setup(Problem *p) {
    const int *a = p->a;
    IN(p, true, VALUES_NORMAL, 3, a[0], a[1], a[2]);
    IN(p, false, VALUES_POSITIVE, 1, a[2]);
    IN(p, false, VALUES_NORMAL, 1, a[2]);
    OUT(p, 3, a[0], a[1], a[2]);
}
static Tensor *layernorm_run(Tape *t, Problem *p) {
    return op_layernorm(t, p->in[0], p->in[1], p->in[2]);
}
static void layernorm_oracle(const Problem *p, double *y) {
    oracle_layernorm(p->a[0] * p->a[1], p->a[2], p->x[0], p->x[1], p->x[2], y);
}

/* ---- element by element: b n d ---- */

static int elements(const Problem *p) {
    return p->a[0] * p->a[1] * p->a[2];
}

static void one_setup(Problem *p) {
    IN(p, true, VALUES_NORMAL, 3, p->a[0], p->a[1], p->a[2]);
    OUT(p, 3, p->a[0], p->a[1], p->a[2]);
}
static void apart_setup(Problem *p) {
    IN(p, true, VALUES_APART, 3, p->a[0], p->a[1], p->a[2]);
    OUT(p, 3, p->a[0], p->a[1], p->a[2]);
}
static void two_setup(Problem *p) {
    one_setup(p);
    IN(p, true, VALUES_NORMAL, 3, p->a[0], p->a[1], p->a[2]);
}

static Tensor *relu_run(Tape *t, Problem *p) {
    return op_relu(t, p->in[0]);
}
static void relu_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = fmax(p->x[0][i], 0);
}

static Tensor *gelu_run(Tape *t, Problem *p) {
    return op_gelu(t, p->in[0]);
}
static void gelu_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = oracle_gelu(p->x[0][i]);
}

static Tensor *tanh_run(Tape *t, Problem *p) {
    return op_tanh(t, p->in[0], (real)p->a[3] / 4);
}
static void tanh_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = tanh(p->a[3] / 4.0 * p->x[0][i]);
}

static Tensor *add_run(Tape *t, Problem *p) {
    return op_add(t, p->in[0], p->in[1]);
}
static void add_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = p->x[0][i] + p->x[1][i];
}
static Tensor *add_self_run(Tape *t, Problem *p) {
    return op_add(t, p->in[0], p->in[0]);
}
static void add_self_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = 2 * p->x[0][i];
}

static Tensor *scale_run(Tape *t, Problem *p) {
    return op_scale(t, p->in[0], (real)-0.75);
}
static void scale_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = -0.75 * p->x[0][i];
}

static Tensor *mul_run(Tape *t, Problem *p) {
    return op_mul(t, p->in[0], p->in[1]);
}
static void mul_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = p->x[0][i] * p->x[1][i];
}
static Tensor *square_run(Tape *t, Problem *p) {
    return op_mul(t, p->in[0], p->in[0]);
}
static void square_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = p->x[0][i] * p->x[0][i];
}

static void add_rows_setup(Problem *p) {
    one_setup(p);
    IN(p, false, VALUES_NORMAL, 2, p->a[1], p->a[2]);
}
static Tensor *add_rows_run(Tape *t, Problem *p) {
    return op_add_rows(t, p->in[0], p->in[1]);
}
static void add_rows_oracle(const Problem *p, double *y) {
    for (int i = 0; i < elements(p); i++) y[i] = p->x[0][i] + p->x[1][i % (p->a[1] * p->a[2])];
}

/* Element i keeps its value where number i of the op's stream, as a share of 2^32, is at least p. */
static Tensor *dropout_run(Tape *t, Problem *p) {
    return op_dropout(t, p->in[0], (real)p->a[3] / 8);
}
static void dropout_oracle(const Problem *p, double *y) {
    Rng r = rng_stream(p->seed, RNG_DROPOUT, 0);
    double share = p->a[3] / 8.0;
    for (int i = 0; i < elements(p); i++) {
        bool dropped = share > 0 && rng_u32(&r) < share * 4294967296.0;
        y[i] = dropped ? 0 : p->x[0][i] / (1 - share);
    }
}

static void noise_setup(Problem *p) {
    one_setup(p);
    problem_reals(p, 1, p->a[2], 0.1, 1);
}
static Tensor *noise_run(Tape *t, Problem *p) {
    return op_noise(t, p->in[0], p->reals[0]);
}
/* Element i takes one normal number, two pairs of the stream: block i. */
static void noise_oracle(const Problem *p, double *y) {
    Rng r = rng_stream(p->seed, RNG_DROPOUT, 0);
    for (int i = 0; i < elements(p); i++) y[i] = p->x[0][i] + p->constant[0][i % p->a[2]] * rng_normal(&r);
}

/* ---- attention: b n d heads; a[4]: 1 lengths are given ---- */

static void attention_setup(Problem *p) {
    const int *a = p->a;
    IN(p, true, VALUES_NORMAL, 3, a[0], a[1], 3 * a[2]);
    problem_ints(p, a[0], 1, 0, a[1]);
    OUT(p, 3, a[0], a[1], a[2]);
}
static Tensor *attention_run(Tape *t, Problem *p) {
    return op_attention(t, p->in[0], p->a[3], lengths_of(p, p->a[4]), NULL);
}
static void attention_oracle(const Problem *p, double *y) {
    const int *a = p->a;
    oracle_attention(a[0], a[1], a[2], a[3], p->x[0], lengths_of(p, a[4]), y, NULL);
}

static void attention_first_setup(Problem *p) {
    const int *a = p->a;
    IN(p, true, VALUES_NORMAL, 2, a[0], a[2]);
    IN(p, true, VALUES_NORMAL, 3, a[0], a[1], 2 * a[2]);
    problem_ints(p, a[0], 1, 0, a[1]);
    OUT(p, 2, a[0], a[2]);
}
static Tensor *attention_first_run(Tape *t, Problem *p) {
    return op_attention_first(t, p->in[0], p->in[1], p->a[3], lengths_of(p, p->a[4]), NULL);
}
static void attention_first_oracle(const Problem *p, double *y) {
    const int *a = p->a;
    oracle_attention_first(a[0], a[1], a[2], a[3], p->x[0], p->x[1], lengths_of(p, a[4]), y);
}

#define ELEMENTS                                                                                             \
    {                                                                                                        \
        {1, 1, 1}, {1, 3, 5}, {2, 1, 7}, {3, 5, 3}, {                                                        \
            4, 2, 9                                                                                          \
        }                                                                                                    \
    }

const OpTest LAYER_OPS[] = {
    {"linear", "linear", "b n in out bias", linear_setup, linear_run, linear_oracle, .cases = true,
     .big = {{3, 100, 67, 130, 1}, {1, 1, 256, 300, 1}, {17, 31, 96, 48, 0}},
     .shapes = {{1, 1, 1, 1, 1},
                {1, 3, 5, 2, 0},
                {3, 1, 7, 4, 1},
                {2, 5, 3, 9, 1},
                {5, 2, 8, 17, 0},
                {4, 3, 17, 3, 1}}},
    {"conv2d", "conv2d", "b h w ci co kh kw stride pad", conv2d_setup, conv2d_run, conv2d_oracle,
     .cases = true,
     .big = {{2, 24, 24, 16, 32, 3, 3, 1, 1},
             {2, 25, 23, 20, 17, 3, 3, 2, 1},
             {3, 16, 16, 32, 64, 1, 1, 2, 0}},
     .shapes = {{1, 1, 1, 1, 1, 1, 1, 1, 0},
                {1, 5, 4, 2, 3, 3, 3, 1, 1},
                {2, 7, 7, 1, 2, 3, 3, 2, 1},
                {2, 5, 6, 3, 2, 1, 1, 2, 0},
                {1, 6, 5, 2, 2, 3, 2, 1, 0},
                {3, 4, 4, 2, 5, 3, 3, 3, 2},
                {1, 2, 3, 2, 2, 3, 3, 1, 1},
                {2, 8, 8, 1, 4, 3, 3, 2, 1}}},
    {"conv2d_bn", "conv2d_bn", "b h w ci co kh kw stride pad add+2relu", conv2d_bn_setup, conv2d_bn_run,
     conv2d_bn_oracle, .cases = true, .no_gradient = true,
     .big = {{2, 24, 24, 16, 32, 3, 3, 1, 1, 3},
             {1, 64, 64, 1, 16, 3, 3, 2, 1, 2},
             {3, 16, 16, 32, 64, 1, 1, 2, 0, 1}},
     .shapes = {{1, 1, 1, 1, 1, 1, 1, 1, 0, 0},
                {2, 5, 4, 2, 3, 3, 3, 1, 1, 2},
                {2, 7, 7, 1, 2, 3, 3, 2, 1, 3},
                {2, 5, 6, 3, 2, 1, 1, 2, 0, 1},
                {3, 4, 4, 2, 5, 3, 3, 1, 1, 3},
                {1, 8, 8, 1, 16, 3, 3, 2, 1, 2}}},
    {"conv1d", "conv1d", "b n d out k lengths", conv1d_setup, conv1d_run, conv1d_oracle, .cases = true,
     .big = {{3, 40, 32, 48, 3, 1}, {2, 65, 33, 17, 5, 1}},
     .shapes = {{1, 1, 1, 1, 1, 0},
                {1, 1, 2, 3, 3, 0},
                {2, 5, 3, 2, 3, 0},
                {3, 6, 2, 4, 3, 1},
                {4, 7, 3, 3, 5, 1},
                {2, 3, 5, 5, 3, 1}}},
    {"batchnorm, training", "batchnorm", "b h w c add+2relu", batchnorm_setup, batchnorm_run,
     batchnorm_oracle, .big = {{3, 16, 16, 48, 3}, {4, 33, 9, 17, 0}},
     .shapes = {{2, 1, 1, 1, 0},
                {1, 3, 3, 2, 0},
                {3, 2, 2, 5, 2},
                {2, 3, 1, 3, 1},
                {4, 2, 3, 4, 3},
                {5, 1, 1, 7, 3}}},
    {"batchnorm, inference", "batchnorm", "b h w c add+2relu", batchnorm_inference_setup, batchnorm_run,
     batchnorm_inference_oracle, .cases = true, .big = {{3, 16, 16, 48, 3}},
     .shapes = {{1, 1, 1, 1, 0}, {1, 3, 3, 2, 0}, {3, 2, 2, 5, 2}, {2, 3, 1, 3, 1}, {4, 2, 3, 4, 3}}},
    {"layernorm", "layernorm", "b n d", layernorm_setup, layernorm_run, layernorm_oracle, .cases = true,
     .big = {{3, 50, 128}, {1, 300, 65}},
     .shapes = {{1, 1, 1}, {1, 1, 2}, {2, 3, 5}, {3, 2, 8}, {1, 7, 3}, {2, 2, 33}}},
    {"relu", "relu", "b n d", apart_setup, relu_run, relu_oracle, .cases = true, .big = {{3, 65, 129}},
     .shapes = ELEMENTS},
    {"gelu", "gelu", "b n d", one_setup, gelu_run, gelu_oracle, .cases = true, .big = {{3, 65, 129}},
     .shapes = ELEMENTS},
    {"tanh", "tanh", "b n d 4beta", one_setup, tanh_run, tanh_oracle, .cases = true, .big = {{3, 65, 129, 8}},
     .shapes = {{1, 1, 1, 4}, {1, 3, 5, 1}, {2, 1, 7, 8}, {3, 5, 3, 5}, {4, 2, 9, 16}}},
    {"add", "add", "b n d", two_setup, add_run, add_oracle, .cases = true, .big = {{3, 65, 129}},
     .shapes = ELEMENTS},
    {"add, one input", "add", "b n d", one_setup, add_self_run, add_self_oracle, .cases = true,
     .shapes = ELEMENTS},
    {"scale", "scale", "b n d", one_setup, scale_run, scale_oracle, .cases = true, .big = {{3, 65, 129}},
     .shapes = ELEMENTS},
    {"mul", "mul", "b n d", two_setup, mul_run, mul_oracle, .cases = true, .big = {{3, 65, 129}},
     .shapes = ELEMENTS},
    {"mul, one input", "mul", "b n d", one_setup, square_run, square_oracle, .cases = true,
     .shapes = ELEMENTS},
    {"add_rows", "add_rows", "b n d", add_rows_setup, add_rows_run, add_rows_oracle, .cases = true,
     .big = {{3, 65, 129}}, .shapes = ELEMENTS},
    {"dropout", "dropout", "b n d 8p", one_setup, dropout_run, dropout_oracle, .random = true,
     .big = {{3, 65, 129, 3}},
     .shapes = {{1, 1, 3, 0}, {1, 3, 5, 2}, {2, 1, 7, 4}, {3, 5, 3, 6}, {4, 2, 9, 1}}},
    {"noise", "noise", "b n d", noise_setup, noise_run, noise_oracle, .random = true,
     .big = {{3, 65, 129, 3}}, .shapes = ELEMENTS},
    {"attention", "attention", "b n d heads lengths", attention_setup, attention_run, attention_oracle,
     .cases = true, .big = {{2, 65, 64, 4, 1}, {1, 130, 32, 2, 0}, {3, 17, 96, 3, 1}},
     .shapes = {{1, 1, 1, 1, 0},
                {1, 2, 4, 2, 0},
                {2, 5, 3, 1, 0},
                {3, 5, 6, 3, 1},
                {4, 7, 8, 2, 1},
                {2, 4, 4, 4, 1}}},
    {"attention_first", "attention_first", "b n d heads lengths", attention_first_setup, attention_first_run,
     attention_first_oracle, .cases = true, .big = {{2, 65, 64, 4, 1}, {1, 130, 34, 2, 0}},
     .shapes = {{1, 1, 1, 1, 0}, {1, 2, 4, 2, 0}, {2, 5, 3, 1, 0}, {3, 5, 6, 3, 1}, {4, 7, 8, 2, 1}}},
};
const size_t N_LAYER_OPS = sizeof LAYER_OPS / sizeof *LAYER_OPS;
