/* EQ(likelihood)  L_like = mean over i,j of softplus(theta) - S theta,  theta = 1/2 sqrt(32/q) H_v H_t',  S = [Y Y' > 0]
 * [O, pairwise likelihood of DCMH; sqrt(32/q) keeps theta's spread the same at every code length]
 *     softplus(z) = max(z,0) + log1p(exp(-|z|))       never overflows
 *     E = (sigmoid(theta) - S)/b^2     dL/dH_v = a E H_t     dL/dH_t = a E' H_v     a = 1/2 sqrt(32/q) */
#include <math.h>

#include "hash/constraints.h"
#include "nn/base/error.h"
#include "nn/blas.h"

static double theta_scale(int q) {
    return 0.5 * sqrt(32.0 / q);
}

static void likelihood_backward(Tape *t, const Node *node) {
    const real *e = node->saved; /* E (b,b) */
    Tensor *h_v = node->in[0], *h_t = node->in[1];
    int b = h_v->dim[0], q = h_v->dim[1];
    real up = (real)((double)node->out->grad[0] * theta_scale(q));
    real *g_v = tape_grad(t, h_v), *g_t = tape_grad(t, h_t);
    if (g_v) blas_gemm(false, false, b, q, b, up, e, b, h_t->data, q, 1, g_v, q);
    if (g_t) blas_gemm(true, false, b, q, b, up, e, b, h_v->data, q, 1, g_t, q);
}

Tensor *loss_likelihood(Tape *t, Tensor *h_v, Tensor *h_t, const uint8_t *similar) {
    NN_REQUIRE(h_v->rank == 2 && tensor_same_shape(h_v, h_t), "likelihood: codes of different shapes");
    int b = h_v->dim[0], q = h_v->dim[1];
    size_t n = (size_t)b * (size_t)b;
    real *e = arena_alloc(&t->arena, n * sizeof *e);
    blas_gemm(false, true, b, b, q, (real)theta_scale(q), h_v->data, q, h_t->data, q, 0, e, b);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double theta = (double)e[i], s = similar[i], tail = exp(-fabs(theta));
        sum += fmax(theta, 0) + log1p(tail) - s * theta;
        double sigmoid = theta >= 0 ? 1 / (1 + tail) : tail / (1 + tail);
        e[i] = (real)((sigmoid - s) / (double)n);
    }
    return tape_scalar(t, "likelihood", "likelihood", likelihood_backward, sum / (double)n, 2,
                       (Tensor *[]){h_v, h_t}, e);
}
