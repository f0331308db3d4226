/* The entries of the table of nn/fast_table.h, which says what each does; fast_table.c puts them together. */
#ifndef NN_FAST_OPS_H
#define NN_FAST_OPS_H

#include "nn/fast.h"

void fast_linear(Tape *t, const Tensor *x, const Tensor *w, const Tensor *b, Tensor *y);
BackwardFn fast_linear_backward;
void fast_conv2d(Tape *t, const ConvShape *s, const Tensor *x, const Tensor *w, Tensor *y);
BackwardFn fast_conv2d_backward;
void fast_conv2d_bn(Tape *t, const ConvShape *s, const Tensor *x, const Tensor *w, const Tensor *gamma,
                    const Tensor *beta, const Tensor *mean, const Tensor *var, const Tensor *add, bool relu,
                    Tensor *y);
void fast_conv1d(Tape *t, const Tensor *x, const Tensor *w, const Tensor *b, const int *length, Tensor *y);
BackwardFn fast_conv1d_backward;
void fast_batchnorm_moments(Tape *t, const Tensor *x, double *mean, double *var);
void fast_batchnorm(Tape *t, const Tensor *x, const Tensor *gamma, const Tensor *beta, const Tensor *add,
                    const BatchNormSaved *saved, Tensor *y);
BackwardFn fast_batchnorm_backward;
void fast_layernorm(Tape *t, const Tensor *x, const Tensor *gamma, const Tensor *beta, real *stats,
                    Tensor *y);
BackwardFn fast_layernorm_backward;
void *fast_attention(Tape *t, const Tensor *qkv, int heads, const int *length, real *weights, bool recorded,
                     Tensor *y);
BackwardFn fast_attention_backward;
void *fast_attention_first(Tape *t, const Tensor *q, const Tensor *kv, int heads, const int *length,
                           real *weights, Tensor *y);
BackwardFn fast_attention_first_backward;
void fast_gelu(Tape *t, const Tensor *x, Tensor *y);
BackwardFn fast_gelu_backward;
void fast_tanh(size_t n, real beta, const real *x, real *y);
void fast_add(Tape *t, const Tensor *x1, const Tensor *x2, Tensor *y);
BackwardFn fast_add_backward;
void fast_add_rows(Tape *t, const Tensor *x, const Tensor *row, Tensor *y);
BackwardFn fast_add_rows_backward;
void fast_dropout(Tape *t, const Tensor *x, real p, Rng stream, unsigned char *mask, Tensor *y);
BackwardFn fast_dropout_backward;
void fast_noise(Tape *t, const Tensor *x, const real *scale, Rng stream, Tensor *y);
BackwardFn fast_noise_backward;
void fast_adam(const AdamStep *s, ParamSet *p, Pool *pool);
double fast_grad_squares(const ParamSet *p);

#endif
