/* y[i,r,s,o] = sum over u, v, c of x[i, r stride + u - pad, s stride + v - pad, c] w[o,c,u,v], x zero outside
 *     dx += the same sum turned round: dy[i,r,s,o] w[o,c,u,v] goes to every x it came from
 *     dw[o,c,u,v] += sum over i, r, s of dy[i,r,s,o] x[i, r stride + u - pad, s stride + v - pad, c]
 * saved: shape */
#include <math.h>

#include "nn/base/error.h"
#include "nn/conv2d.h"
#include "nn/ops.h"

/* Where x at output (r,c) under filter place (u,v) lies in its image; false outside. */
static bool source(const ConvShape *s, int r, int c, int u, int v, size_t *at) {
    int row = r * s->stride + u - s->pad, column = c * s->stride + v - s->pad;
    *at = ((size_t)row * (size_t)s->w + (size_t)column) * (size_t)s->ci;
    return row >= 0 && row < s->h && column >= 0 && column < s->w;
}

/* The definition: every product of an output, an input and a weight. */
typedef void ProductFn(void *ctx, size_t y, size_t x, size_t w);
static void each_product(const ConvShape *s, ProductFn *fn, void *ctx) {
    size_t image = (size_t)s->h * (size_t)s->w * (size_t)s->ci, y = 0, at;
    for (int i = 0; i < s->b; i++)
        for (int r = 0; r < s->oh; r++)
            for (int c = 0; c < s->ow; c++)
                for (int o = 0; o < s->co; o++, y++)
                    for (int u = 0; u < s->kh; u++)
                        for (int v = 0; v < s->kw; v++)
                            for (int k = 0; k < s->ci && source(s, r, c, u, v, &at); k++)
                                fn(ctx, y, (size_t)i * image + at + (size_t)k,
                                   (size_t)(((o * s->ci + k) * s->kh + u) * s->kw + v));
}

typedef struct {
    const real *a, *b;
    real *sum;
} Plain;

static void add_to_y(void *ctx, size_t y, size_t x, size_t w) {
    Plain *p = ctx;
    p->sum[y] += p->a[x] * p->b[w];
}
static void add_to_x(void *ctx, size_t y, size_t x, size_t w) {
    Plain *p = ctx;
    p->sum[x] += p->a[y] * p->b[w];
}
static void add_to_w(void *ctx, size_t y, size_t x, size_t w) {
    Plain *p = ctx;
    p->sum[w] += p->a[x] * p->b[y];
}

void conv2d_plain(const ConvShape *s, const real *x, const real *w, real *y) {
    each_product(s, add_to_y, &(Plain){x, w, y});
}

void conv2d_plain_grad_x(const ConvShape *s, const real *dy, const real *w, real *dx) {
    each_product(s, add_to_x, &(Plain){dy, w, dx});
}

void conv2d_plain_grad_w(const ConvShape *s, const real *x, const real *dy, real *dw) {
    each_product(s, add_to_w, &(Plain){x, dy, dw});
}

void conv2d_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y) {
    (conv_winograd_fits(s) ? conv_winograd_forward : conv_direct_forward)(t, s, x, w, end, y);
}

void conv2d_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh) {
    (conv_winograd_fits(s) ? conv_winograd_grad_x : conv_direct_grad_x)(t, s, dy, w, dx, fresh);
}

void conv2d_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw) {
    (conv_winograd_fits(s) ? conv_winograd_grad_w : conv_direct_grad_w)(t, s, x, dy, dw);
}

static void conv2d_backward(Tape *t, const Node *node) {
    const ConvShape *s = node->saved;
    Tensor *x = node->in[0], *w = node->in[1];
    real *dw = tape_grad(t, w);
    if (dw) conv2d_grad_w(t, s, x->data, node->out->grad, dw);
    bool fresh;
    real *dx = tape_grad_raw(t, x, &fresh);
    if (dx) conv2d_grad_x(t, s, node->out->grad, w->data, dx, fresh);
}

static ConvShape shape_of(const Tensor *x, const Tensor *w, int stride, int pad) {
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
    *s = shape_of(x, w, stride, pad);
    Tensor *y = tape_tensor4(t, s->b, s->oh, s->ow, s->co);
    conv2d_forward(t, s, x->data, w->data, (ConvEnd){0}, y->data);
    tape_record(t, "conv2d", conv2d_backward, y, 2, (Tensor *[]){x, w}, s);
    return y;
}

Tensor *op_conv2d_bn(Tape *t, Tensor *x, Tensor *w, int stride, int pad, Tensor *gamma, Tensor *beta,
                     Tensor *running_mean, Tensor *running_var, Tensor *add, bool relu) {
    NN_REQUIRE(!t->recording && !t->training, "conv2d_bn while training");
    char a[64], b[64];
    ConvShape s = shape_of(x, w, stride, pad);
    Tensor *y = tape_tensor4(t, s.b, s.oh, s.ow, s.co);
    NN_REQUIRE(!add || tensor_same_shape(y, add), "conv2d_bn: y %s, add %s", tensor_shape(y, a),
               tensor_shape(add, b));
    NN_REQUIRE(tensor_size(gamma) == (size_t)s.co && tensor_same_shape(gamma, beta) &&
                   tensor_same_shape(gamma, running_mean) && tensor_same_shape(gamma, running_var),
               "conv2d_bn: w %s, gamma %s", tensor_shape(w, a), tensor_shape(gamma, b));
    ArenaMark mark = tape_mark(t);
    real *scale = arena_alloc(&t->arena, (size_t)s.co * sizeof(real));
    real *bias = arena_calloc(&t->arena, (size_t)panels_of(s.co) * PANEL, sizeof(real));
    for (int o = 0; o < s.co; o++) {
        scale[o] = gamma->data[o] * (real)(1 / sqrt((double)running_var->data[o] + 1e-5));
        bias[o] = beta->data[o] - running_mean->data[o] * scale[o];
    }
    conv2d_forward(t, &s, x->data, w->data, (ConvEnd){scale, bias, add ? add->data : NULL, relu}, y->data);
    tape_release(t, mark);
    return y;
}
