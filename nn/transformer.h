/* A pre-norm Transformer encoder (Vaswani et al. 2017, arXiv 1706.03762; pre-norm: Xiong et al. 2020, arXiv 2002.04745).
 *   x = x + attention(LN(x));  x = x + W_out gelu(W_in LN(x));  a final LN after the last layer */
#ifndef NN_TRANSFORMER_H
#define NN_TRANSFORMER_H

#include "nn/params.h"
#include "nn/tape.h"

enum { TRANSFORMER_MAX_LAYERS = 8 };

typedef struct {
    Tensor *norm1_weight, *norm1_bias, *norm2_weight, *norm2_bias; /* (d) */
    Tensor *qkv_weight, *qkv_bias, *out_weight, *out_bias;         /* (3d,d) (3d) (d,d) (d) */
    Tensor *in_weight, *in_bias, *ff_weight, *ff_bias;             /* (2d,d) (2d) (d,2d) (d) */
} TransformerLayer;

typedef struct {
    TransformerLayer layer[TRANSFORMER_MAX_LAYERS];
    int layers, heads;
    Tensor *norm_weight, *norm_bias; /* (d) */
} Transformer;

/* Adds the parameters encoder.layer*.* and encoder.norm.* to p. */
void transformer_add(Transformer *e, ParamSet *p, int layers, int heads, int d);
void transformer_init(const Transformer *e, ParamSet *p, uint64_t seed);

/* x (b,n,d), of which case i has the first length[i] tokens (NULL: all) -> the encoded first token (b,d), after the final LN.
 * dropout: probability on the output of each attention and feed-forward. weights: NULL, or (b,heads,n), receives the last
 * layer's attention of the first token. */
Tensor *transformer_first(Tape *t, const Transformer *e, Tensor *x, const int *length, real dropout,
                          real *weights);

#endif
