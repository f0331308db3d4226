/* Convolution of feature maps, under the op: shapes, the plain loops that define it, and the two tuned forms.
 * Everything is (b,h,w,channels) and adds no bias of its own; weights are (co,ci,kh,kw). */
#ifndef NN_CONV2D_H
#define NN_CONV2D_H

#include "nn/fast/kernels.h"
#include "nn/tape.h"

typedef struct {
    int b, h, w, ci, co, kh, kw, stride, pad;
    int oh, ow; /* (h + 2 pad - kh)/stride + 1 and the same of w */
} ConvShape;

/* What inference folds in: y = relu?( scale[o] (x * w) + bias[o] + add? ). All NULL and false: x * w. */
typedef struct {
    const real *scale; /* (co) */
    const real *bias;  /* (co rounded up to PANEL) */
    const real *add;   /* like y; may be y */
    bool relu;
} ConvEnd;

/* The plain loops add to y, dx and dw. */
void conv2d_plain(const ConvShape *s, const real *x, const real *w, real *y);
void conv2d_plain_grad_x(const ConvShape *s, const real *dy, const real *w, real *dx);
void conv2d_plain_grad_w(const ConvShape *s, const real *x, const real *dy, real *dw);

/* The tuned ones, over the tape's pool, with scratch of its arena. fresh: dx is written, not added to. */
void conv2d_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y);
void conv2d_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh);
void conv2d_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw);

/* conv_direct.c: any shape. Products of register tiles that read a zero-padded band of rows in place. */
void conv_direct_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y);
void conv_direct_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh);
void conv_direct_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw);

/* conv_winograd.c: 3x3, stride 1, where it pays; a matter of the shape of one image alone, never of the
 * batch. */
bool conv_winograd_fits(const ConvShape *s);
void conv_winograd_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y);
void conv_winograd_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh);
void conv_winograd_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw);

#endif
