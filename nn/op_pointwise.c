/* Elementwise ops: y = f(x), dx += dy f'(x).
 *     gelu      y = x/2 (1 + erf(x/sqrt 2))     dx += dy (Phi(x) + x phi(x)), phi = e^(-x^2/2)/sqrt(2 pi)    saved: nothing
 *     tanh      y = tanh(beta x)                dx += dy beta (1 - y^2)                                      beta
 *     add       y = x1 + x2                     dx1 += dy, dx2 += dy                                         nothing
 *     scale     y = factor x                    dx += factor dy                                              factor
 *     add_rows  y[i,:] = x[i,:] + row           dx += dy, drow += sum over i of dy[i,:]                      nothing
 *     dropout   y = x m/(1-p)                   dx += dy m/(1-p)                                             p, m as bytes
 *     noise     y[:,j] = x[:,j] + scale[j] N    dx += dy                                                     nothing */
#include <math.h>

#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

static void *save_real(Tape *t, real value) {
    real *saved = arena_alloc(&t->arena, sizeof *saved);
    *saved = value;
    return saved;
}

/* dx += factor dy, for an x of y's size. */
static void pass_gradient(Tape *t, const Tensor *y, Tensor *x, real factor) {
    real *dx = tape_grad(t, x);
    for (size_t i = 0; dx && i < tensor_size(y); i++) dx[i] += factor * y->grad[i];
}

static void pass_backward(Tape *t, const Node *node) {
    pass_gradient(t, node->out, node->in[0], 1);
}

/* ---- gelu ---- */

/* EQ(gelu)  with the error function, not its tanh approximation */
static void gelu_forward(Tape *t, const Tensor *x, Tensor *y) {
    (void)t;
    for (size_t i = 0; i < tensor_size(x); i++) {
        double v = (double)x->data[i];
        y->data[i] = (real)(v / 2 * (1 + erf(v / sqrt(2))));
    }
}

static void gelu_backward(Tape *t, const Node *node) {
    const double root_two_pi = 2.50662827463100050242;
    real *dx = tape_grad(t, node->in[0]);
    for (size_t i = 0; i < tensor_size(node->out); i++) {
        double v = (double)node->in[0]->data[i];
        double cdf = (1 + erf(v / sqrt(2))) / 2, density = exp(-v * v / 2) / root_two_pi;
        dx[i] += (real)((double)node->out->grad[i] * (cdf + v * density));
    }
}

Tensor *op_gelu(Tape *t, Tensor *x) {
    Tensor *y = tape_like(t, x);
    FAST_OR(gelu, gelu_forward)(t, x, y);
    tape_record(t, "gelu", FAST_OR(gelu_backward, gelu_backward), y, 1, &x, NULL);
    return y;
}

/* ---- tanh ---- */

static void tanh_forward(size_t n, real beta, const real *x, real *y) {
    for (size_t i = 0; i < n; i++) y[i] = (real)tanh((double)(beta * x[i]));
}

static void tanh_backward(Tape *t, const Node *node) {
    const Tensor *y = node->out;
    real *dx = tape_grad(t, node->in[0]), beta = *(real *)node->saved;
    for (size_t i = 0; i < tensor_size(y); i++) dx[i] += y->grad[i] * beta * (1 - y->data[i] * y->data[i]);
}

Tensor *op_tanh(Tape *t, Tensor *x, real beta) {
    Tensor *y = tape_like(t, x);
    FAST_OR(tanh, tanh_forward)(tensor_size(x), beta, x->data, y->data);
    tape_record(t, "tanh", tanh_backward, y, 1, &x, save_real(t, beta));
    return y;
}

/* ---- add ---- */

static void add_forward(Tape *t, const Tensor *x1, const Tensor *x2, Tensor *y) {
    (void)t;
    for (size_t i = 0; i < tensor_size(y); i++) y->data[i] = x1->data[i] + x2->data[i];
}

static void add_backward(Tape *t, const Node *node) {
    pass_gradient(t, node->out, node->in[0], 1);
    pass_gradient(t, node->out, node->in[1], 1);
}

Tensor *op_add(Tape *t, Tensor *x, Tensor *y) {
    char a[64], b[64];
    NN_REQUIRE(tensor_same_shape(x, y), "add: %s and %s", tensor_shape(x, a), tensor_shape(y, b));
    Tensor *out = tape_like(t, x);
    FAST_OR(add, add_forward)(t, x, y, out);
    tape_record(t, "add", FAST_OR(add_backward, add_backward), out, 2, (Tensor *[]){x, y}, NULL);
    return out;
}

/* ---- scale ---- */

static void scale_backward(Tape *t, const Node *node) {
    pass_gradient(t, node->out, node->in[0], *(real *)node->saved);
}

Tensor *op_scale(Tape *t, Tensor *x, real factor) {
    Tensor *y = tape_like(t, x);
    for (size_t i = 0; i < tensor_size(x); i++) y->data[i] = factor * x->data[i];
    tape_record(t, "scale", scale_backward, y, 1, &x, save_real(t, factor));
    return y;
}

/* ---- add_rows ---- */

static void add_rows_forward(Tape *t, const Tensor *x, const Tensor *row, Tensor *y) {
    (void)t;
    size_t period = tensor_size(row);
    for (size_t i = 0; i < tensor_size(x); i++) y->data[i] = x->data[i] + row->data[i % period];
}

static void add_rows_backward(Tape *t, const Node *node) {
    size_t period = tensor_size(node->in[1]);
    real *drow = tape_grad(t, node->in[1]);
    for (size_t i = 0; drow && i < tensor_size(node->out); i++) drow[i % period] += node->out->grad[i];
    pass_gradient(t, node->out, node->in[0], 1);
}

Tensor *op_add_rows(Tape *t, Tensor *x, Tensor *row) {
    char a[64], b[64];
    bool fits = x->rank == row->rank + 1;
    for (int i = 0; fits && i < row->rank; i++) fits = x->dim[i + 1] == row->dim[i];
    NN_REQUIRE(fits, "add_rows: %s and %s", tensor_shape(x, a), tensor_shape(row, b));
    Tensor *y = tape_like(t, x);
    FAST_OR(add_rows, add_rows_forward)(t, x, row, y);
    tape_record(t, "add_rows", FAST_OR(add_rows_backward, add_rows_backward), y, 2, (Tensor *[]){x, row},
                NULL);
    return y;
}

/* ---- dropout: element i draws number i of the op's stream ---- */

static void dropout_forward(Tape *t, const Tensor *x, real p, Rng stream, unsigned char *mask, Tensor *y) {
    (void)t;
    uint32_t limit = (uint32_t)((double)p * 4294967296.0);
    for (size_t i = 0; i < tensor_size(x); i++) {
        bool kept = rng_u32(&stream) >= limit;
        if (mask) mask[i] = kept;
        y->data[i] = kept ? x->data[i] * (1 / (1 - p)) : 0;
    }
}

static void dropout_backward(Tape *t, const Node *node) {
    const DropoutSaved *saved = node->saved;
    real *dx = tape_grad(t, node->in[0]);
    for (size_t i = 0; i < tensor_size(node->out); i++)
        dx[i] += saved->mask[i] ? node->out->grad[i] * (1 / (1 - saved->p)) : 0;
}

Tensor *op_dropout(Tape *t, Tensor *x, real p) {
    NN_REQUIRE(p >= 0 && p < 1, "dropout: a probability of %g", (double)p);
    if (!t->training || p == 0) return x;
    Tensor *y = tape_like(t, x);
    DropoutSaved *saved = NULL;
    if (tape_needs(t, 1, &x)) {
        saved = arena_alloc(&t->arena, sizeof *saved);
        *saved = (DropoutSaved){p, arena_alloc(&t->arena, tensor_size(x))};
    }
    FAST_OR(dropout, dropout_forward)(t, x, p, tape_rng(t), saved ? saved->mask : NULL, y);
    tape_record(t, "dropout", FAST_OR(dropout_backward, dropout_backward), y, 1, &x, saved);
    return y;
}

/* ---- noise: element i draws normal number i of the op's stream ---- */

static void noise_forward(Tape *t, const Tensor *x, const real *scale, Rng stream, Tensor *y) {
    (void)t;
    size_t d = (size_t)tensor_last(x);
    for (size_t i = 0; i < tensor_size(x); i++)
        y->data[i] = x->data[i] + scale[i % d] * (real)rng_normal(&stream);
}

Tensor *op_noise(Tape *t, Tensor *x, const real *scale) {
    if (!t->training) return x;
    Tensor *y = tape_like(t, x);
    FAST_OR(noise, noise_forward)(t, x, scale, tape_rng(t), y);
    tape_record(t, "noise", FAST_OR(noise_backward, pass_backward), y, 1, &x, NULL);
    return y;
}
