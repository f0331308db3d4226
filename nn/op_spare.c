/* Ops that msach's networks do not use, for tests, the tutorial and other networks. Saved: nothing.
 *     relu  y = max(x,0)       dx += dy [y > 0]
 *     mul   y = x1 x2          dx1 += dy x2, dx2 += dy x1
 *     mean  y = 1/size sum x   dx += dy / size */
#include "nn/ops.h"

/* ---- relu ---- */

static void relu_backward(Tape *t, const Node *node) {
    const Tensor *y = node->out;
    real *dx = tape_grad(t, node->in[0]);
    for (size_t i = 0; i < tensor_size(y); i++) dx[i] += y->data[i] > 0 ? y->grad[i] : 0;
}

Tensor *op_relu(Tape *t, Tensor *x) {
    Tensor *y = tape_like(t, x);
    for (size_t i = 0; i < tensor_size(x); i++)
        y->data[i] = x->data[i] < 0 ? 0 : x->data[i]; /* a NaN stays */
    tape_record(t, "relu", relu_backward, y, 1, &x, NULL);
    return y;
}

/* ---- mul ---- */

static void mul_backward(Tape *t, const Node *node) {
    for (int side = 0; side < 2; side++) {
        real *dx = tape_grad(t, node->in[side]);
        const real *other = node->in[1 - side]->data;
        for (size_t i = 0; dx && i < tensor_size(node->out); i++) dx[i] += node->out->grad[i] * other[i];
    }
}

Tensor *op_mul(Tape *t, Tensor *x, Tensor *y) {
    char a[64], b[64];
    NN_REQUIRE(tensor_same_shape(x, y), "mul: %s and %s", tensor_shape(x, a), tensor_shape(y, b));
    Tensor *out = tape_like(t, x);
    for (size_t i = 0; i < tensor_size(x); i++) out->data[i] = x->data[i] * y->data[i];
    tape_record(t, "mul", mul_backward, out, 2, (Tensor *[]){x, y}, NULL);
    return out;
}

/* ---- mean ---- */

static void mean_backward(Tape *t, const Node *node) {
    size_t size = tensor_size(node->in[0]);
    real *gx = tape_grad(t, node->in[0]), share = node->out->grad[0] / (real)size;
    for (size_t i = 0; i < size; i++) gx[i] += share;
}

Tensor *op_mean(Tape *t, Tensor *x) {
    Tensor *y = tape_tensor1(t, 1);
    double sum = 0;
    for (size_t i = 0; i < tensor_size(x); i++) sum += (double)x->data[i];
    y->data[0] = (real)(sum / (double)tensor_size(x));
    tape_record(t, "mean", mean_backward, y, 1, (Tensor *[]){x}, NULL);
    return y;
}
