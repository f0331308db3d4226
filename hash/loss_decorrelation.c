/* EQ(decorrelation)  L_dec = sum_{m=v,t} 1/q^2 | H_m' H_m / b - 1 |_F^2   (1 the identity)          [O]
 * Two bits that always agree carry one bit.
 *     R = H' H / b - 1          dL/dH = 4/(q^2 b) H R          (R is symmetric) */
#include "hash/constraints.h"
#include "nn/base/error.h"
#include "nn/blas.h"

static void decorrelation_backward(Tape *t, const Node *node) {
    const real *r = node->saved; /* R (2,q,q) */
    for (int m = 0; m < 2; m++) {
        Tensor *h = node->in[m];
        int b = h->dim[0], q = h->dim[1];
        real up = (real)(4 * (double)node->out->grad[0] / ((double)q * q * b));
        real *g = tape_grad(t, h);
        if (g)
            blas_gemm(false, false, b, q, q, up, h->data, q, r + (size_t)m * (size_t)q * (size_t)q, q, 1, g,
                      q);
    }
}

Tensor *loss_decorrelation(Tape *t, Tensor *h_v, Tensor *h_t) {
    NN_REQUIRE(h_v->rank == 2 && tensor_same_shape(h_v, h_t), "decorrelation: codes of different shapes");
    int b = h_v->dim[0], q = h_v->dim[1];
    size_t n = (size_t)q * (size_t)q;
    real *r = arena_calloc(&t->arena, 2 * n, sizeof *r);
    for (int i = 0; i < q; i++) r[i * q + i] = r[n + (size_t)(i * q + i)] = 1;
    blas_gemm(true, false, q, q, b, (real)1 / (real)b, h_v->data, q, h_v->data, q, -1, r, q);
    blas_gemm(true, false, q, q, b, (real)1 / (real)b, h_t->data, q, h_t->data, q, -1, r + n, q);
    double sum = 0;
    for (size_t i = 0; i < 2 * n; i++) sum += (double)r[i] * (double)r[i];
    return tape_scalar(t, "decorrelation", "decorrelation", decorrelation_backward, sum / (double)n, 2,
                       (Tensor *[]){h_v, h_t}, r);
}
