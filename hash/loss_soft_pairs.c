/* EQ(soft-pairs)  L_soft = mean over i, j of softplus(theta_ij) - R_ij theta_ij,  theta_ij = e^s H_v,i H_t,j' / q + b       [P named; O form]
 * The manifold similarity as a pairwise cross-entropy across modalities: R_ij is the probability that image i and text j share a
 * label. s and b are learned. The gradient of pairs that are far enough apart vanishes; that of a squared loss would not.
 *     E = (sigmoid(theta) - R)/b^2        dL/dH_v = e^s/q E H_t     dL/dH_t = e^s/q E' H_v
 *     dL/ds = sum of E (theta - b)        dL/db = sum of E */
#include <math.h>

#include "hash/constraints.h"
#include "nn/base/error.h"
#include "nn/blas.h"

typedef struct {
    real *e;                       /* E (b,b) */
    double slope, dscale, doffset; /* e^s, dL/ds, dL/db */
} Saved;

static void soft_pairs_backward(Tape *t, const Node *node) {
    const Saved *s = node->saved;
    Tensor *h_v = node->in[0], *h_t = node->in[1];
    int b = h_v->dim[0], q = h_v->dim[1];
    double g = (double)node->out->grad[0];
    real up = (real)(g * s->slope / q);
    real *g_v = tape_grad(t, h_v), *g_t = tape_grad(t, h_t);
    if (g_v) blas_gemm(false, false, b, q, b, up, s->e, b, h_t->data, q, 1, g_v, q);
    if (g_t) blas_gemm(true, false, b, q, b, up, s->e, b, h_v->data, q, 1, g_t, q);
    real *g_scale = tape_grad(t, node->in[2]), *g_offset = tape_grad(t, node->in[3]);
    if (g_scale) g_scale[0] += (real)(g * s->dscale);
    if (g_offset) g_offset[0] += (real)(g * s->doffset);
}

Tensor *loss_soft_pairs(Tape *t, Tensor *h_v, Tensor *h_t, Tensor *scale, Tensor *offset,
                        const real *wanted) {
    NN_REQUIRE(h_v->rank == 2 && tensor_same_shape(h_v, h_t), "soft pairs: codes of different shapes");
    int b = h_v->dim[0], q = h_v->dim[1];
    size_t n = (size_t)b * (size_t)b;
    Saved *s = arena_alloc(&t->arena, sizeof *s);
    *s = (Saved){.e = arena_alloc(&t->arena, n * sizeof *s->e), .slope = exp((double)scale->data[0])};
    blas_gemm(false, true, b, b, q, (real)(s->slope / q), h_v->data, q, h_t->data, q, 0, s->e, b);
    double sum = 0, offset_b = (double)offset->data[0];
    for (size_t i = 0; i < n; i++) {
        double near = (double)s->e[i], theta = near + offset_b, r = (double)wanted[i],
               tail = exp(-fabs(theta));
        double sigmoid = (theta >= 0 ? 1 : tail) / (1 + tail), e = (sigmoid - r) / (double)n;
        sum += fmax(theta, 0) + log1p(tail) - r * theta;
        s->dscale += e * near;
        s->doffset += e;
        s->e[i] = (real)e;
    }
    return tape_scalar(t, "soft_pairs", "soft-pairs", soft_pairs_backward, sum / (double)n, 4,
                       (Tensor *[]){h_v, h_t, scale, offset}, s);
}
