/* Pooling: over windows of a map, over the tokens of a case, over all elements.
 *     maxpool2d    y[i,r,s,c] = max of x over the window          the gradient goes to the first maximum in row-major order
 *     avgpool2d    y[i,r,s,c] = mean of x over the window         gx += gy / k^2
 *     mean_tokens  y[i,:] = 1/length[i] sum_{j < length[i]} x[i,j,:]      gx[i,j,:] += gy[i,:] / length[i]
 *     mean         y = 1/size sum x                               gx += gy / size
 *     sum_squares  y = sum x^2                                    gx += 2 gy x
 * Saved: window and stride, or the lengths. */
#include <string.h>

#include "nn/ops.h"

/* ---- Windows ---- */

typedef struct {
    int k, stride;
} Window;

/* Place of channel 0 of the pixel (r,c) of image i of x (b,h,w,channels). */
static size_t pixel(const Tensor *x, int i, int r, int c) {
    return (((size_t)i * (size_t)x->dim[1] + (size_t)r) * (size_t)x->dim[2] + (size_t)c) * (size_t)x->dim[3];
}

/* Place of the first maximum of channel ch in the window of x whose corner is (r,c) of image i. */
static size_t first_maximum(const Tensor *x, int i, int r, int c, size_t ch, int k) {
    size_t best = pixel(x, i, r, c) + ch;
    for (int u = 0; u < k; u++)
        for (int v = 0; v < k; v++) {
            size_t at = pixel(x, i, r + u, c + v) + ch;
            if (x->data[at] > x->data[best]) best = at;
        }
    return best;
}

static void maxpool2d_backward(Tape *t, const Node *node) {
    const Window *w = node->saved;
    const Tensor *x = node->in[0], *y = node->out;
    real *gx = tape_grad(t, node->in[0]);
    size_t n = 0;
    for (int i = 0; i < y->dim[0]; i++)
        for (int r = 0; r < y->dim[1]; r++)
            for (int c = 0; c < y->dim[2]; c++)
                for (size_t ch = 0; ch < (size_t)y->dim[3]; ch++, n++)
                    gx[first_maximum(x, i, r * w->stride, c * w->stride, ch, w->k)] += y->grad[n];
}

static void avgpool2d_backward(Tape *t, const Node *node) {
    const Window *w = node->saved;
    const Tensor *x = node->in[0], *y = node->out;
    real *gx = tape_grad(t, node->in[0]), share = 1 / (real)(w->k * w->k);
    size_t n = 0;
    for (int i = 0; i < y->dim[0]; i++)
        for (int r = 0; r < y->dim[1]; r++)
            for (int c = 0; c < y->dim[2]; c++)
                for (size_t ch = 0; ch < (size_t)y->dim[3]; ch++, n++)
                    for (int u = 0; u < w->k; u++)
                        for (int v = 0; v < w->k; v++)
                            gx[pixel(x, i, r * w->stride + u, c * w->stride + v) + ch] += share * y->grad[n];
}

/* y, not yet written, and its node. */
static Tensor *windows(Tape *t, const char *op, Tensor *x, int k, int stride, BackwardFn *backward) {
    char shape[64];
    NN_REQUIRE(x->rank == 4, "%s: x %s must be (b,h,w,c)", op, tensor_shape(x, shape));
    NN_REQUIRE(k > 0 && stride > 0 && k <= x->dim[1] && k <= x->dim[2], "%s: window %d, stride %d on x %s",
               op, k, stride, tensor_shape(x, shape));
    Tensor *y =
        tape_tensor4(t, x->dim[0], (x->dim[1] - k) / stride + 1, (x->dim[2] - k) / stride + 1, x->dim[3]);
    Window *saved = arena_alloc(&t->arena, sizeof *saved);
    *saved = (Window){k, stride};
    tape_record(t, op, backward, y, 1, (Tensor *[]){x}, saved);
    return y;
}

Tensor *op_maxpool2d(Tape *t, Tensor *x, int k, int stride) {
    Tensor *y = windows(t, "maxpool2d", x, k, stride, maxpool2d_backward);
    size_t n = 0;
    for (int i = 0; i < y->dim[0]; i++)
        for (int r = 0; r < y->dim[1]; r++)
            for (int c = 0; c < y->dim[2]; c++)
                for (size_t ch = 0; ch < (size_t)y->dim[3]; ch++)
                    y->data[n++] = x->data[first_maximum(x, i, r * stride, c * stride, ch, k)];
    return y;
}

Tensor *op_avgpool2d(Tape *t, Tensor *x, int k, int stride) {
    Tensor *y = windows(t, "avgpool2d", x, k, stride, avgpool2d_backward);
    size_t n = 0;
    for (int i = 0; i < y->dim[0]; i++)
        for (int r = 0; r < y->dim[1]; r++)
            for (int c = 0; c < y->dim[2]; c++)
                for (size_t ch = 0; ch < (size_t)y->dim[3]; ch++) {
                    real sum = 0;
                    for (int u = 0; u < k; u++)
                        for (int v = 0; v < k; v++)
                            sum += x->data[pixel(x, i, r * stride + u, c * stride + v) + ch];
                    y->data[n++] = sum / (real)(k * k);
                }
    return y;
}

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
