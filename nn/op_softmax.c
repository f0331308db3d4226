/* Softmax over the last dimension.
 *     y[r,j] = exp(x[r,j] - max_r) / sum_k exp(x[r,k] - max_r)
 *     gx[r,j] += y[r,j] (gy[r,j] - sum_k gy[r,k] y[r,k])
 * Subtracting the row's maximum keeps exp finite. Saved: nothing, the output is enough. */
#include <math.h>

#include "nn/ops.h"

static void softmax_backward(Tape *t, const Node *node) {
    size_t rows = tensor_rows(node->out), d = (size_t)tensor_last(node->out);
    real *gx = tape_grad(t, node->in[0]);
    for (size_t r = 0; r < rows; r++) {
        const real *y = node->out->data + r * d, *gy = node->out->grad + r * d;
        double sum = 0;
        for (size_t j = 0; j < d; j++) sum += (double)gy[j] * (double)y[j];
        for (size_t j = 0; j < d; j++) gx[r * d + j] += y[j] * (gy[j] - (real)sum);
    }
}

Tensor *op_softmax(Tape *t, Tensor *x) {
    Tensor *y = tape_like(t, x);
    size_t rows = tensor_rows(x), d = (size_t)tensor_last(x);
    for (size_t r = 0; r < rows; r++) {
        const real *in = x->data + r * d;
        real *out = y->data + r * d;
        double max = (double)in[0], sum = 0;
        for (size_t j = 1; j < d; j++) max = fmax(max, (double)in[j]);
        for (size_t j = 0; j < d; j++) sum += exp((double)in[j] - max);
        for (size_t j = 0; j < d; j++) out[j] = (real)(exp((double)in[j] - max) / sum);
    }
    tape_record(t, "softmax", softmax_backward, y, 1, (Tensor *[]){x}, NULL);
    return y;
}
