/* Pooling: over the tokens of a case, over all elements.
 *     mean_tokens  y[i,:] = 1/length[i] sum_{j < length[i]} x[i,j,:]      gx[i,j,:] += gy[i,:] / length[i]
 *     sum_squares  y = sum x^2                                    gx += 2 gy x
 * Saved: the lengths. */
#include <string.h>

#include "nn/ops.h"

/* ---- Tokens ---- */

static void mean_tokens_backward(Tape *t, const Node *node) {
    const Tensor *x = node->in[0];
    const int *length = node->saved;
    int n = x->dim[1], d = x->dim[2];
    real *gx = tape_grad(t, node->in[0]);
    for (int i = 0; i < x->dim[0]; i++) {
        const real *gy = node->out->grad + (size_t)i * (size_t)d;
        for (int j = 0; j < length[i]; j++) {
            real *to = gx + ((size_t)i * (size_t)n + (size_t)j) * (size_t)d;
            for (int k = 0; k < d; k++) to[k] += gy[k] / (real)length[i];
        }
    }
}

/* EQ(feature)  u_m = mean over the real tokens of Z_m; 0 where a text has none */
Tensor *op_mean_tokens(Tape *t, Tensor *x, const int *length) {
    char shape[64];
    NN_REQUIRE(x->rank == 3, "mean_tokens: x %s must be (b,n,d)", tensor_shape(x, shape));
    int b = x->dim[0], n = x->dim[1], d = x->dim[2];
    Tensor *y = tape_tensor2(t, b, d);
    int *kept = arena_alloc(&t->arena, (size_t)b * sizeof *kept);
    for (int i = 0; i < b; i++) {
        kept[i] = length ? length[i] : n;
        NN_REQUIRE(kept[i] >= 0 && kept[i] <= n, "mean_tokens: length[%d] = %d of %d tokens", i, kept[i], n);
        real *to = y->data + (size_t)i * (size_t)d;
        const real *from = x->data + (size_t)i * (size_t)n * (size_t)d;
        memset(to, 0, (size_t)d * sizeof *to);
        for (int j = 0; j < kept[i]; j++, from += d)
            for (int k = 0; k < d; k++) to[k] += from[k];
        if (kept[i] > 0)
            for (int k = 0; k < d; k++) to[k] /= (real)kept[i];
    }
    tape_record(t, "mean_tokens", mean_tokens_backward, y, 1, (Tensor *[]){x}, kept);
    return y;
}

/* ---- All elements ---- */

static void sum_squares_backward(Tape *t, const Node *node) {
    const Tensor *x = node->in[0];
    real *gx = tape_grad(t, node->in[0]), twice = 2 * node->out->grad[0];
    for (size_t i = 0; i < tensor_size(x); i++) gx[i] += twice * x->data[i];
}

Tensor *op_sum_squares(Tape *t, Tensor *x) {
    Tensor *y = tape_tensor1(t, 1);
    double sum = 0;
    for (size_t i = 0; i < tensor_size(x); i++) sum += (double)x->data[i] * (double)x->data[i];
    y->data[0] = (real)sum;
    tape_record(t, "sum_squares", sum_squares_backward, y, 1, (Tensor *[]){x}, NULL);
    return y;
}
