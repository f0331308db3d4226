/* Every op of nn/ops.h stated again as plain double loops, sharing no code with nn/. Shapes as there; y and
 * other outputs are written, never added to. length, bias, add and weights may be NULL as there. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

void oracle_linear(int rows, int in, int out, const double *x, const double *w, const double *bias,
                   double *y);
/* dL/d(node 0), L the last of n nodes: d[i * n + k] is the derivative of node i by node k < i, 0 where i does not read k. */
double oracle_chain(int n, const double *d);
void oracle_conv2d(int b, int h, int w, int ci, int co, int kh, int kw, int stride, int pad, const double *x,
                   const double *weight, double *y);
void oracle_conv1d(int b, int n, int d, int out, int k, const double *x, const double *weight,
                   const double *bias, const int *length, double *y);
/* Mean and biased variance of each of c channels. */
void oracle_moments(int rows, int c, const double *x, double *mean, double *var);
void oracle_batchnorm(int rows, int c, const double *x, const double *gamma, const double *beta,
                      const double *mean, const double *var, const double *add, bool relu, double *y);
void oracle_layernorm(int rows, int d, const double *x, const double *gamma, const double *beta, double *y);

double oracle_gelu(double x);

void oracle_mean_tokens(int b, int n, int d, const double *x, const int *length, double *y);

void oracle_embedding(int b, int n, int g, int d, const double *word, const double *subword,
                      const double *pos, const int *w, const int *s, const int *length, double *y);
void oracle_sequence(int b, int n1, int n2, int d, const double *cls, const double *modality,
                     const double *x1, int m1, const int *length1, const double *x2, int m2,
                     const int *length2, double *y);
/* weights: NULL, or (b,heads,n) attention of token 0. */
void oracle_attention(int b, int n, int d, int heads, const double *qkv, const int *length, double *y,
                      double *weights);
/* q (b,d), kv (b,n,2d): y (b,d). */
void oracle_attention_first(int b, int n, int d, int heads, const double *q, const double *kv,
                            const int *length, double *y);

double oracle_cross_entropy_softmax(int b, int c, const double *z, const int *label);
double oracle_cross_entropy_soft(int b, int c, const double *z, const double *target);
double oracle_cross_entropy_sigmoid(int b, int c, const double *z, const double *y);

#endif
