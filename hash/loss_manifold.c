/* EQ(manifold)  L_man = sum over (v,v), (t,t), (v,t) of  1/b^2 | H_m H_n' / q - G_mn |_F^2      [P named; G target; O form]
 * One call is one pair of modalities; graph.c makes the target G (b,b).
 *     D = H_m H_n'/q - G          L = 1/b^2 sum D^2
 *     dL/dH_m = 2/(b^2 q) D H_n          dL/dH_n = 2/(b^2 q) D' H_m          (both where m = n) */
#include "hash/constraints.h"
#include "nn/base/error.h"
#include "nn/blas.h"

static void manifold_backward(Tape *t, const Node *node) {
    const real *d = node->saved; /* D (b,b) */
    Tensor *h_m = node->in[0], *h_n = node->in[1];
    int b = h_m->dim[0], q = h_m->dim[1];
    real up = (real)(2 * (double)node->out->grad[0] / ((double)b * b * q));
    real *g_m = tape_grad(t, h_m);
    if (g_m) blas_gemm(false, false, b, q, b, up, d, b, h_n->data, q, 1, g_m, q);
    real *g_n = tape_grad(t, h_n);
    if (g_n) blas_gemm(true, false, b, q, b, up, d, b, h_m->data, q, 1, g_n, q);
}

Tensor *loss_manifold(Tape *t, Tensor *h_m, Tensor *h_n, const real *target) {
    NN_REQUIRE(h_m->rank == 2 && tensor_same_shape(h_m, h_n), "manifold: codes of different shapes");
    int b = h_m->dim[0], q = h_m->dim[1];
    size_t n = (size_t)b * (size_t)b;
    real *d = arena_alloc(&t->arena, n * sizeof *d);
    for (size_t i = 0; i < n; i++) d[i] = target[i];
    blas_gemm(false, true, b, b, q, (real)1 / (real)q, h_m->data, q, h_n->data, q, -1, d, b);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)d[i] * (double)d[i];
    return tape_scalar(t, "manifold", "manifold", manifold_backward, sum / (double)n, 2,
                       (Tensor *[]){h_m, h_n}, d);
}
