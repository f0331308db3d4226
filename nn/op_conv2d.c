/* y[i,r,s,o] = sum over u, v, c of x[i, r stride + u - pad, s stride + v - pad, c] w[o,c,u,v], x zero outside
 * dx += the same sum turned round: dy[i,r,s,o] w[o,c,u,v] goes to every x it came from
 * dw[o,c,u,v] += sum over i, r, s of dy[i,r,s,o] x[i, r stride + u - pad, s stride + v - pad, c] saved: shape
 */
#include <string.h>

#include "nn/base/error.h"
#include "nn/ops.h"

typedef struct {
    int b, h, w, ci, co, kh, kw, stride, pad, oh, ow;
    const real *x, *weight, *dy;
    real *to;
} Conv2d;

/* Offset of x at output (r,s) under tap (u,v) in its image; false outside. */
static bool source(const Conv2d *a, int r, int s, int u, int v, size_t *at) {
    int row = r * a->stride + u - a->pad, col = s * a->stride + v - a->pad;
    *at = ((size_t)row * (size_t)a->w + (size_t)col) * (size_t)a->ci;
    return row >= 0 && row < a->h && col >= 0 && col < a->w;
}

static size_t weight_at(const Conv2d *a, int o, int c, int u, int v) {
    return (((size_t)o * (size_t)a->ci + (size_t)c) * (size_t)a->kh + (size_t)u) * (size_t)a->kw + (size_t)v;
}

static void forward_image(void *ctx, int i, int worker) {
    const Conv2d *a = ctx;
    (void)worker;
    const real *x = a->x + (size_t)i * (size_t)a->h * (size_t)a->w * (size_t)a->ci;
    real *y = a->to + (size_t)i * (size_t)a->oh * (size_t)a->ow * (size_t)a->co;
    for (int r = 0; r < a->oh; r++)
        for (int s = 0; s < a->ow; s++, y += a->co)
            for (int o = 0; o < a->co; o++) {
                real sum = 0;
                size_t at;
                for (int u = 0; u < a->kh; u++)
                    for (int v = 0; v < a->kw; v++)
                        if (source(a, r, s, u, v, &at))
                            for (int c = 0; c < a->ci; c++)
                                sum += x[at + (size_t)c] * a->weight[weight_at(a, o, c, u, v)];
                y[o] = sum;
            }
}

static void grad_x_image(void *ctx, int i, int worker) {
    const Conv2d *a = ctx;
    (void)worker;
    real *dx = a->to + (size_t)i * (size_t)a->h * (size_t)a->w * (size_t)a->ci;
    const real *dy = a->dy + (size_t)i * (size_t)a->oh * (size_t)a->ow * (size_t)a->co;
    for (int r = 0; r < a->oh; r++)
        for (int s = 0; s < a->ow; s++, dy += a->co)
            for (int o = 0; o < a->co; o++) {
                size_t at;
                for (int u = 0; u < a->kh; u++)
                    for (int v = 0; v < a->kw; v++)
                        if (source(a, r, s, u, v, &at))
                            for (int c = 0; c < a->ci; c++)
                                dx[at + (size_t)c] += dy[o] * a->weight[weight_at(a, o, c, u, v)];
            }
}

static void grad_w_channel(void *ctx, int o, int worker) {
    const Conv2d *a = ctx;
    (void)worker;
    for (int i = 0; i < a->b; i++) {
        const real *x = a->x + (size_t)i * (size_t)a->h * (size_t)a->w * (size_t)a->ci;
        const real *dy = a->dy + (size_t)i * (size_t)a->oh * (size_t)a->ow * (size_t)a->co + (size_t)o;
        for (int r = 0; r < a->oh; r++)
            for (int s = 0; s < a->ow; s++, dy += a->co) {
                size_t at;
                for (int u = 0; u < a->kh; u++)
                    for (int v = 0; v < a->kw; v++)
                        if (source(a, r, s, u, v, &at))
                            for (int c = 0; c < a->ci; c++)
                                a->to[weight_at(a, o, c, u, v)] += *dy * x[at + (size_t)c];
            }
    }
}

static void conv2d_backward(Tape *t, const Node *node) {
    Conv2d a = *(Conv2d *)node->saved;
    a.dy = node->out->grad;
    if ((a.to = tape_grad(t, node->in[0]))) pool_for(t->pool, a.b, grad_x_image, &a);
    if ((a.to = tape_grad(t, node->in[1]))) pool_for(t->pool, a.co, grad_w_channel, &a);
}

static Conv2d shape_of(const Tensor *x, const Tensor *w, int stride, int pad) {
    char s[64], u[64];
    NN_REQUIRE(x->rank == 4 && w->rank == 4 && w->dim[1] == x->dim[3] && stride > 0 && pad >= 0,
               "conv2d: x %s, w %s", tensor_shape(x, s), tensor_shape(w, u));
    Conv2d a = {x->dim[0], x->dim[1], x->dim[2], x->dim[3], w->dim[0], w->dim[2], w->dim[3], stride,
                pad,       0,         0,         x->data,   w->data,   NULL,      NULL};
    NN_REQUIRE(a.h + 2 * pad >= a.kh && a.w + 2 * pad >= a.kw, "conv2d: x %s is smaller than w %s",
               tensor_shape(x, s), tensor_shape(w, u));
    a.oh = (a.h + 2 * pad - a.kh) / stride + 1;
    a.ow = (a.w + 2 * pad - a.kw) / stride + 1;
    return a;
}

Tensor *op_conv2d(Tape *t, Tensor *x, Tensor *w, int stride, int pad) {
    Conv2d *a = arena_alloc(&t->arena, sizeof *a);
    *a = shape_of(x, w, stride, pad);
    Tensor *y = tape_tensor4(t, a->b, a->oh, a->ow, a->co);
    a->to = y->data;
    pool_for(t->pool, a->b, forward_image, a);
    tape_record(t, "conv2d", conv2d_backward, y, 2, (Tensor *[]){x, w}, a);
    return y;
}

Tensor *op_conv2d_bn(Tape *t, Tensor *x, Tensor *w, int stride, int pad, Tensor *gamma, Tensor *beta,
                     Tensor *running_mean, Tensor *running_var, Tensor *add, bool relu) {
    NN_REQUIRE(!t->recording && !t->training, "conv2d_bn while training");
    return op_batchnorm(t, op_conv2d(t, x, w, stride, pad), gamma, beta, running_mean, running_var, add,
                        relu);
}
