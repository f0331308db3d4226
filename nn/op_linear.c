/* y = x W' + b      x (rows,in)  w (out,in)  b (out)  y (rows,out)
 *     dx += dy W    dW += dy' x              db += sum of dy over the rows
 * Saved: nothing. */
#include <string.h>

#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

static void linear_forward(Tape *t, const Tensor *x, const Tensor *w, const Tensor *b, Tensor *y) {
    (void)t;
    size_t rows = tensor_rows(x), in = (size_t)tensor_last(x), out = (size_t)w->dim[0];
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < out; o++) {
            real sum = 0;
            for (size_t i = 0; i < in; i++) sum += x->data[r * in + i] * w->data[o * in + i];
            y->data[r * out + o] = b ? sum + b->data[o] : sum;
        }
}

static void linear_backward(Tape *t, const Node *node) {
    const Tensor *x = node->in[0], *w = node->in[1];
    const real *dy = node->out->grad;
    size_t rows = tensor_rows(x), in = (size_t)tensor_last(x), out = (size_t)w->dim[0];
    real *dx = tape_grad(t, node->in[0]), *dw = tape_grad(t, node->in[1]), *db = tape_grad(t, node->in[2]);
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < out; o++) {
            real g = dy[r * out + o];
            for (size_t i = 0; dx && i < in; i++) dx[r * in + i] += g * w->data[o * in + i];
            for (size_t i = 0; dw && i < in; i++) dw[o * in + i] += g * x->data[r * in + i];
            if (db) db[o] += g;
        }
}

Tensor *op_linear(Tape *t, Tensor *x, Tensor *w, Tensor *b) {
    char s[64], u[64];
    NN_REQUIRE(w->rank == 2 && tensor_last(x) == w->dim[1], "linear: x %s, w %s", tensor_shape(x, s),
               tensor_shape(w, u));
    NN_REQUIRE(!b || (b->rank == 1 && b->dim[0] == w->dim[0]), "linear: w %s, b %s", tensor_shape(w, s),
               tensor_shape(b, u));
    int dim[TENSOR_RANK];
    memcpy(dim, x->dim, sizeof dim);
    dim[x->rank - 1] = w->dim[0];
    Tensor *y = tape_tensor(t, x->rank, dim);
    FAST_OR(linear, linear_forward)(t, x, w, b, y);
    tape_record(t, "linear", FAST_OR(linear_backward, linear_backward), y, 3, (Tensor *[]){x, w, b}, NULL);
    return y;
}
