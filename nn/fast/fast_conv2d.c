/* op_conv2d and op_conv2d_bn by the form that fits the shape. */
#include <math.h>

#include "nn/fast/conv.h"
#include "nn/fast/fast_ops.h"
#include "nn/fast/gemm.h"

static void forward(Tape *t, const ConvShape *s, const Tensor *x, const Tensor *w, ConvEnd end, Tensor *y) {
    (conv_winograd_fits(s) ? conv_winograd_forward : conv_direct_forward)(t, s, x->data, w->data, end,
                                                                          y->data);
}

void fast_conv2d(Tape *t, const ConvShape *s, const Tensor *x, const Tensor *w, Tensor *y) {
    forward(t, s, x, w, (ConvEnd){0}, y);
}

void fast_conv2d_backward(Tape *t, const Node *node) {
    const ConvShape *s = node->saved;
    Tensor *x = node->in[0], *w = node->in[1];
    const real *dy = node->out->grad;
    bool winograd = conv_winograd_fits(s), fresh;
    real *dw = tape_grad(t, w);
    if (dw) (winograd ? conv_winograd_grad_w : conv_direct_grad_w)(t, s, x->data, dy, dw);
    real *dx = tape_grad_raw(t, x, &fresh);
    if (dx) (winograd ? conv_winograd_grad_x : conv_direct_grad_x)(t, s, dy, w->data, dx, fresh);
}

/* bn(x * w) = scale (x * w) + bias with scale = gamma/sqrt(var + 1e-5), bias = beta - mean scale. */
void fast_conv2d_bn(Tape *t, const ConvShape *s, const Tensor *x, const Tensor *w, const Tensor *gamma,
                    const Tensor *beta, const Tensor *mean, const Tensor *var, const Tensor *add, bool relu,
                    Tensor *y) {
    ArenaMark mark = tape_mark(t);
    real *scale = arena_alloc(&t->arena, (size_t)s->co * sizeof(real));
    real *bias = panels_bias(t, beta);
    for (int o = 0; o < s->co; o++) {
        scale[o] = gamma->data[o] * (real)(1 / sqrt((double)var->data[o] + 1e-5));
        bias[o] = beta->data[o] - mean->data[o] * scale[o];
    }
    forward(t, s, x, w, (ConvEnd){scale, bias, add ? add->data : NULL, relu}, y);
    tape_release(t, mark);
}
