/* y[i,r,s,o] = sum over u, v, c of x[i, r stride + u - pad, s stride + v - pad, c] w[o,c,u,v], x zero outside
 *     dx: each dy[i,r,s,o] w[o,c,u,v] is added to the gradient of the x that it multiplied
 *     dw[o,c,u,v] += sum over i, r, s of dy[i,r,s,o] x[i, r stride + u - pad, s stride + v - pad, c]
 * Saved: the shape. */
#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

/* *at: index in x of channel 0 of the pixel (row, column) of image i; false outside of the image. */
static bool pixel_of(const ConvShape *s, int i, int row, int column, size_t *at) {
    *at = (((size_t)i * (size_t)s->h + (size_t)row) * (size_t)s->w + (size_t)column) * (size_t)s->ci;
    return row >= 0 && row < s->h && column >= 0 && column < s->w;
}

static void conv2d_forward(Tape *t, const ConvShape *s, const Tensor *x, const Tensor *w, Tensor *y) {
    (void)t;
    size_t filter = (size_t)(s->kh * s->kw), ci = (size_t)s->ci, at, n = 0;
    for (int i = 0; i < s->b; i++)
        for (int r = 0; r < s->oh; r++)
            for (int c = 0; c < s->ow; c++)
                for (size_t o = 0; o < (size_t)s->co; o++, n++) {
                    real sum = 0;
                    for (int u = 0; u < s->kh; u++)
                        for (int v = 0; v < s->kw; v++) {
                            if (!pixel_of(s, i, r * s->stride + u - s->pad, c * s->stride + v - s->pad, &at))
                                continue;
                            const real *weight = w->data + o * ci * filter + (size_t)(u * s->kw + v);
                            for (size_t k = 0; k < ci; k++) sum += x->data[at + k] * weight[k * filter];
                        }
                    y->data[n] = sum;
                }
}

static void conv2d_backward(Tape *t, const Node *node) {
    const ConvShape *s = node->saved;
    const real *x = node->in[0]->data, *w = node->in[1]->data, *dy = node->out->grad;
    real *dx = tape_grad(t, node->in[0]), *dw = tape_grad(t, node->in[1]);
    size_t filter = (size_t)(s->kh * s->kw), ci = (size_t)s->ci, at, n = 0;
    for (int i = 0; i < s->b; i++)
        for (int r = 0; r < s->oh; r++)
            for (int c = 0; c < s->ow; c++)
                for (size_t o = 0; o < (size_t)s->co; o++, n++)
                    for (int u = 0; u < s->kh; u++)
                        for (int v = 0; v < s->kw; v++) {
                            if (!pixel_of(s, i, r * s->stride + u - s->pad, c * s->stride + v - s->pad, &at))
                                continue;
                            size_t weight = o * ci * filter + (size_t)(u * s->kw + v);
                            for (size_t k = 0; dx && k < ci; k++)
                                dx[at + k] += dy[n] * w[weight + k * filter];
                            for (size_t k = 0; dw && k < ci; k++)
                                dw[weight + k * filter] += dy[n] * x[at + k];
                        }
}

ConvShape conv_shape(const Tensor *x, const Tensor *w, int stride, int pad) {
    char a[64], b[64];
    NN_REQUIRE(x->rank == 4 && w->rank == 4 && w->dim[1] == x->dim[3] && stride > 0 && pad >= 0,
               "conv2d: x %s, w %s", tensor_shape(x, a), tensor_shape(w, b));
    ConvShape s = {x->dim[0], x->dim[1], x->dim[2], x->dim[3], w->dim[0], w->dim[2],
                   w->dim[3], stride,    pad,       0,         0};
    NN_REQUIRE(s.h + 2 * pad >= s.kh && s.w + 2 * pad >= s.kw, "conv2d: x %s is smaller than w %s",
               tensor_shape(x, a), tensor_shape(w, b));
    s.oh = (s.h + 2 * pad - s.kh) / stride + 1;
    s.ow = (s.w + 2 * pad - s.kw) / stride + 1;
    return s;
}

Tensor *op_conv2d(Tape *t, Tensor *x, Tensor *w, int stride, int pad) {
    ConvShape *s = arena_alloc(&t->arena, sizeof *s);
    *s = conv_shape(x, w, stride, pad);
    Tensor *y = tape_tensor4(t, s->b, s->oh, s->ow, s->co);
    FAST_OR(conv2d, conv2d_forward)(t, s, x, w, y);
    tape_record(t, "conv2d", FAST_OR(conv2d_backward, conv2d_backward), y, 2, (Tensor *[]){x, w}, s);
    return y;
}
