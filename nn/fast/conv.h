/* The tuned convolutions. x and y are (b,h,w,channels), weights (co,ci,kh,kw); scratch is the tape's arena, work is split over its
 * pool. A gradient of x is written where `fresh`, else added; a gradient of w is added. */
#ifndef NN_FAST_CONV_H
#define NN_FAST_CONV_H

#include "nn/fast.h"
#include "nn/fast/kernels.h"

/* What inference folds in: y = relu?( scale[o] (x * w) + bias[o] + add? ). All NULL and false: x * w. */
typedef struct {
    const real *scale; /* (co) */
    const real *bias;  /* (co rounded up to PANEL) */
    const real *add;   /* like y; may be y */
    bool relu;
} ConvEnd;

/* conv_direct.c: any shape. Products of register tiles that read a zero-padded band of rows in place. */
void conv_direct_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y);
void conv_direct_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh);
void conv_direct_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw);

/* conv_winograd.c: 3x3, stride 1, where it pays. The choice depends on the shape of one image alone, never on the batch. */
bool conv_winograd_fits(const ConvShape *s);
void conv_winograd_forward(Tape *t, const ConvShape *s, const real *x, const real *w, ConvEnd end, real *y);
void conv_winograd_grad_x(Tape *t, const ConvShape *s, const real *dy, const real *w, real *dx, bool fresh);
void conv_winograd_grad_w(Tape *t, const ConvShape *s, const real *x, const real *dy, real *dw);

#endif
