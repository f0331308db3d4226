/* y[i,s,o] = relu( b[o] + sum over tap and c of x[i, s + tap - k/2, c] w[o,c,tap] ), x zero outside of the case's tokens
 *     g = dy [y > 0]      db[o] += sum over i, s of g[i,s,o]
 *     dw[o,c,tap] += sum over i, s of g[i,s,o] x[i, s + tap - k/2, c]
 *     dx[i,s,c]   += sum over o, tap of g[i, s - tap + k/2, o] w[o,c,tap]
 * Saved: the lengths. Tokens at and beyond length[i] are not read; their y and gradients are zero. */
#include <string.h>

#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

static void conv1d_forward(Tape *t, const Tensor *x, const Tensor *w, const Tensor *b, const int *length,
                           Tensor *y) {
    (void)t;
    int n = x->dim[1], d = x->dim[2], out = w->dim[0], k = w->dim[2];
    for (int i = 0; i < x->dim[0]; i++) {
        const real *in = x->data + (size_t)i * (size_t)(n * d);
        real *to = y->data + (size_t)i * (size_t)(n * out);
        int tokens = length ? length[i] : n;
        memset(to, 0, (size_t)(n * out) * sizeof *to);
        for (int s = 0; s < tokens; s++)
            for (int o = 0; o < out; o++) {
                real sum = b->data[o];
                for (int tap = 0; tap < k; tap++)
                    for (int c = 0, from = s + tap - k / 2; c < d && from >= 0 && from < tokens; c++)
                        sum += in[from * d + c] * w->data[(o * d + c) * k + tap];
                to[s * out + o] = sum < 0 ? 0 : sum;
            }
    }
}

static void conv1d_backward(Tape *t, const Node *node) {
    const Tensor *x = node->in[0], *w = node->in[1], *y = node->out;
    const int *length = node->saved;
    int n = x->dim[1], d = x->dim[2], out = w->dim[0], k = w->dim[2];
    real *dx = tape_grad(t, node->in[0]), *dw = tape_grad(t, node->in[1]), *db = tape_grad(t, node->in[2]);
    for (int i = 0; i < x->dim[0]; i++) {
        size_t in = (size_t)i * (size_t)(n * d), at = (size_t)i * (size_t)(n * out);
        int tokens = length ? length[i] : n;
        for (int s = 0; s < tokens; s++)
            for (int o = 0; o < out; o++, at++) {
                real g = y->data[at] > 0 ? y->grad[at] : 0;
                if (db) db[o] += g;
                for (int tap = 0; tap < k; tap++)
                    for (int c = 0, from = s + tap - k / 2; c < d && from >= 0 && from < tokens; c++) {
                        if (dw) dw[(o * d + c) * k + tap] += g * x->data[in + (size_t)(from * d + c)];
                        if (dx) dx[in + (size_t)(from * d + c)] += g * w->data[(o * d + c) * k + tap];
                    }
            }
    }
}

Tensor *op_conv1d(Tape *t, Tensor *x, Tensor *w, Tensor *b, const int *length) {
    char s[64], u[64];
    NN_REQUIRE(x->rank == 3 && w->rank == 3 && w->dim[1] == x->dim[2] && w->dim[2] % 2 == 1,
               "conv1d: x %s, w %s", tensor_shape(x, s), tensor_shape(w, u));
    NN_REQUIRE(b->rank == 1 && b->dim[0] == w->dim[0], "conv1d: w %s, b %s", tensor_shape(w, s),
               tensor_shape(b, u));
    Tensor *y = tape_tensor3(t, x->dim[0], x->dim[1], w->dim[0]);
    int *saved = tape_lengths(t, "conv1d", length, x->dim[0], x->dim[1]);
    FAST_OR(conv1d, conv1d_forward)(t, x, w, b, saved, y);
    tape_record(t, "conv1d", FAST_OR(conv1d_backward, conv1d_backward), y, 3, (Tensor *[]){x, w, b}, saved);
    return y;
}
