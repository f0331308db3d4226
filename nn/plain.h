/* The plain loops that define the tuned ops, one sum after the other; each stands in its op's file. Tests
 * compare the two. Products: gemm_plain (nn/fast/gemm.h); convolutions: conv2d_plain (nn/conv2d.h). Shapes as in
 * nn/ops.h. */
#ifndef NN_PLAIN_H
#define NN_PLAIN_H

#include "nn/tensor.h"

/* x, add, y (rows,c); the others (c). add NULL or the shortcut. */
void batchnorm_plain(size_t rows, size_t c, const real *x, const real *add, const real *gamma,
                     const real *beta, const real *mean, const real *var, bool relu, real *y);

/* x, y (rows,d). */
void layernorm_plain(size_t rows, size_t d, const real *x, const real *gamma, const real *beta, real *y);

/* One case: qkv (n,3d) -> y (n,d), all n tokens. */
void attention_plain(size_t n, size_t d, size_t heads, const real *qkv, real *y);

/* One case: x (n,d), w (out,d,k), b (out) -> y (n,out), all n tokens. */
void conv1d_plain(int n, int d, int out, int k, const real *x, const real *w, const real *b, real *y);

/* n elements. */
void gelu_plain(size_t n, const real *x, real *y);

#endif
