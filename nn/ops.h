/* Every op: formula, shapes, and what is not differentiable. An op returns a new tensor in the tape's arena. While recording,
 * it also adds a node to the tape. Shapes that do not fit abort (NN_REQUIRE). b: batch, n: tokens, d: width.
 * The code of a case does not depend on its batch. With recording off, every op computes each case (each row of b) by the
 * same sequence of operations, whatever the number and order of the cases and the length of the padding. */
#ifndef NN_OPS_H
#define NN_OPS_H

#include <stdint.h>

#include "nn/tape.h"

/* ---- op_linear.c ---- */
/* y (...,out) = x (...,in) W' + b.  w (out,in); b (out) or NULL. */
Tensor *op_linear(Tape *t, Tensor *x, Tensor *w, Tensor *b);

/* ---- op_conv2d.c ---- */
/* y (b,h',w',co) = x (b,h,w,ci) * w (co,ci,kh,kw), zero padding `pad` on every side, h' = (h + 2 pad - kh)/stride + 1.
 * Cross-correlation, no bias. */
Tensor *op_conv2d(Tape *t, Tensor *x, Tensor *w, int stride, int pad);

/* ---- op_conv1d.c ---- */
/* y (b,n,do) = relu(x (b,n,d) * w (do,d,k) + b (do)), zero padding k/2 (k odd). Tokens from length[i] on are read
 * as zero in x and are zero in y. length (b), or NULL: all n. */
Tensor *op_conv1d(Tape *t, Tensor *x, Tensor *w, Tensor *b, const int *length);

/* ---- op_batchnorm.c ---- */
/* y = relu?( gamma (x - mean)/sqrt(var + 1e-5) + beta + add? ) over the last dimension (channels).
 * Training: mean and variance (biased) of this batch; running = 0.9 running + 0.1 batch (variance unbiased).
 * Inference: the running mean and variance. gamma, beta, running_mean, running_var (c). add: the shortcut, of x's shape, or NULL. */
Tensor *op_batchnorm(Tape *t, Tensor *x, Tensor *gamma, Tensor *beta, Tensor *running_mean,
                     Tensor *running_var, Tensor *add, bool relu);
/* For inference (recording off): relu?(bn(conv2d(x)) + add?) with the normalisation folded into the convolution. */
Tensor *op_conv2d_bn(Tape *t, Tensor *x, Tensor *w, int stride, int pad, Tensor *gamma, Tensor *beta,
                     Tensor *running_mean, Tensor *running_var, Tensor *add, bool relu);

/* ---- op_layernorm.c ---- */
/* y = gamma (x - mean)/sqrt(var + 1e-5) + beta over the last dimension. gamma, beta (d). */
Tensor *op_layernorm(Tape *t, Tensor *x, Tensor *gamma, Tensor *beta);

/* ---- op_pointwise.c ---- */
Tensor *op_gelu(Tape *t, Tensor *x);            /* x/2 (1 + erf(x/sqrt 2)) */
Tensor *op_tanh(Tape *t, Tensor *x, real beta); /* tanh(beta x) */
Tensor *op_add(Tape *t, Tensor *x, Tensor *y);  /* same shape */
Tensor *op_scale(Tape *t, Tensor *x, real factor);
Tensor *op_add_rows(Tape *t, Tensor *x,
                    Tensor *row); /* x (b,...) + row (...), the same row for every case: positions */
Tensor *op_dropout(Tape *t, Tensor *x,
                   real p); /* training: each 0 with probability p, else x/(1-p); stream tape_rng */
/* Training: x + scale[j] N(0,1), j: index of the last dimension; scale (d) constant. Inference: returns x. */
Tensor *op_noise(Tape *t, Tensor *x, const real *scale);

/* ---- op_pool.c ---- */
/* y (b,d) = mean of the first length[i] tokens of x (b,n,d); 0 where length[i] = 0; length NULL: all n. */
Tensor *op_mean_tokens(Tape *t, Tensor *x, const int *length);
Tensor *op_sum_squares(Tape *t, Tensor *x); /* (1) */

/* ---- op_spare.c, of the part variants ---- */
Tensor *op_relu(Tape *t, Tensor *x);           /* max(x,0); derivative 0 at 0 */
Tensor *op_mul(Tape *t, Tensor *x, Tensor *y); /* same shape, element by element */
Tensor *op_mean(Tape *t, Tensor *x);           /* (1), mean of all elements */

/* ---- op_embedding.c ---- */
/* y (b,n,d) = word[w] + mean over g of subword[s] + pos; zero from length[i] on.
 * word (words,d); subword (buckets,d) or NULL; pos (N_t,d) with N_t >= n. w (b,n) ids; s (b,n,g) buckets, -1 = none (a token
 * without buckets adds nothing); length (b). Ids out of range abort. */
Tensor *op_embedding(Tape *t, Tensor *word, Tensor *subword, Tensor *pos, const int32_t *w, const int32_t *s,
                     int b, int n, int g, const int *length);

/* ---- op_shape.c ---- */
Tensor *op_reshape(Tape *t, Tensor *x, int rank, const int *dim); /* same size and order; copies */
/* [cls ; x1 + modality[m1] ; x2 + modality[m2]]: y (b, 1+n1+n2, d). x2 may be NULL. The tokens of x2 follow the first
 * length1[i] tokens of x1 without a gap: the valid tokens of a case come first. The rest is zero. cls (d), modality (2,d). length NULL: all. */
Tensor *op_sequence(Tape *t, Tensor *cls, Tensor *modality, Tensor *x1, int m1, const int *length1,
                    Tensor *x2, int m2, const int *length2);
Tensor *op_token(Tape *t, Tensor *x, int index);                /* y (b,d) = x[:, index, :] */
Tensor *op_slice_rows(Tape *t, Tensor *x, int from, int count); /* rows [from, from+count) of dimension 0 */

/* ---- op_attention.c ---- */
/* Multi-head self-attention. qkv (b,n,3d): q, then k, then v, heads in order; y (b,n,d):
 * y = softmax(q k' / sqrt(d/heads)) v per head over the first length[i] tokens; later rows are zero. length NULL: all.
 * weights: NULL, or (b, heads, n) that receives the attention of token 0 (CLS) over all tokens, for explanation. */
Tensor *op_attention(Tape *t, Tensor *qkv, int heads, const int *length, real *weights);

/* ---- op_attention_first.c ---- */
/* The same for the query of one token per case. The last layer of an encoder needs no other. q (b,d), kv (b,n,2d): k, then
 * v; y (b,d). weights: NULL, or (b, heads, n). */
Tensor *op_attention_first(Tape *t, Tensor *q, Tensor *kv, int heads, const int *length, real *weights);

/* ---- op_cross_entropy.c ---- */
/* Means over the rows of logits (b,c). softmax: -log softmax(z)[label]; label (b).
 * sigmoid: mean over cases and classes of max(z,0) - z y + log1p(exp(-|z|)); y (b,c) constant in [0,1]. */
Tensor *op_cross_entropy_softmax(Tape *t, Tensor *z, const int *label);
Tensor *op_cross_entropy_soft(Tape *t, Tensor *z,
                              const real *target); /* -sum target log softmax(z), target (b,c) */
Tensor *op_cross_entropy_sigmoid(Tape *t, Tensor *z, const real *y);

/* ---- op_sum.c ---- */
/* sum_i weight[i] x_i of scalars: the total loss. Terms that are NULL are left out. n <= NODE_INPUTS. */
Tensor *op_weighted_sum(Tape *t, int n, Tensor *const *x, const real *weight);

#endif
