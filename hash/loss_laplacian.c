/* EQ(laplacian)  L = 1/(b^2 q) tr(H' (D - K) H),  H = [H_v;H_t] (2b,q),  K = [[K_v,1],[1,K_t]],  D = diag(K 1)
 * The variant of the manifold term after Belkin & Niyogi 2003 [O]. With M = (D - K) H:
 *     L = 1/(b^2 q) sum_ij H_ij M_ij          dL/dH = 2/(b^2 q) M          (K is symmetric)
 *     row i of image part:  M_i = deg_i H_v,i - sum_j K_v,ij H_v,j - H_t,i,   deg_i = 1 + sum_j K_v,ij */
#include "hash/constraints.h"
#include "nn/base/error.h"
#include "nn/blas.h"

/* out (b,q) = (deg - K) H - H_other */
static void laplacian_times(const real *k, const Tensor *h, const Tensor *other, real *out) {
    int b = h->dim[0], q = h->dim[1];
    for (int i = 0; i < b; i++) {
        double degree = 1;
        for (int j = 0; j < b; j++) degree += (double)k[i * b + j];
        for (int j = 0; j < q; j++)
            out[i * q + j] = (real)degree * h->data[i * q + j] - other->data[i * q + j];
    }
    blas_gemm(false, false, b, q, b, -1, k, b, h->data, q, 1, out, q);
}

static void laplacian_backward(Tape *t, const Node *node) {
    const real *product = node->saved; /* M (2,b,q) */
    size_t n = tensor_size(node->in[0]);
    int b = node->in[0]->dim[0];
    real up = (real)(2 * (double)node->out->grad[0] / ((double)b * (double)n));
    for (int m = 0; m < 2; m++) {
        real *g = tape_grad(t, node->in[m]);
        for (size_t i = 0; g && i < n; i++) g[i] += up * product[(size_t)m * n + i];
    }
}

Tensor *loss_laplacian(Tape *t, Tensor *h_v, Tensor *h_t, const real *k_v, const real *k_t) {
    NN_REQUIRE(h_v->rank == 2 && tensor_same_shape(h_v, h_t), "laplacian: codes of different shapes");
    size_t n = tensor_size(h_v);
    real *product = arena_alloc(&t->arena, 2 * n * sizeof *product);
    laplacian_times(k_v, h_v, h_t, product);
    laplacian_times(k_t, h_t, h_v, product + n);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)h_v->data[i] * (double)product[i] + (double)h_t->data[i] * (double)product[n + i];
    return tape_scalar(t, "laplacian", "laplacian", laplacian_backward,
                       sum / ((double)h_v->dim[0] * (double)n), 2, (Tensor *[]){h_v, h_t}, product);
}
