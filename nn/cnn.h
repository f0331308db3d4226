/* The residual image network of stage 1 (He et al. 2016, arXiv 1512.03385).
 *   h0 = relu(bn(conv3x3(x, stride 2)))
 *   stage k = 1..4, width W 2^(k-1), stride 1,2,2,2 in its first block:
 *       y = relu(bn(conv3x3(h, stride))); y = bn(conv3x3(y)); h = relu(y + shortcut(h))
 *   Z_v = tokens(h) W_p + b_p + pos_v */
#ifndef NN_CNN_H
#define NN_CNN_H

#include "nn/params.h"
#include "nn/tape.h"

enum { CNN_STAGES = 4, CNN_MAX_BLOCKS = 4, CNN_SHRINK = 16 };

typedef struct {
    Tensor *weight;                                    /* (co,ci,k,k) */
    Tensor *gamma, *beta, *running_mean, *running_var; /* (co) */
    int stride, pad;
} ConvBn;

typedef struct {
    ConvBn conv1, conv2, shortcut; /* shortcut.weight is NULL for the identity */
} CnnBlock;

typedef struct {
    ConvBn stem;
    CnnBlock block[CNN_STAGES][CNN_MAX_BLOCKS];
    int blocks;
    Tensor *proj_weight, *proj_bias, *pos; /* (d,8W) (d) (N_v,d) */
} Cnn;

/* Adds the parameters image.* to p. side: a multiple of 16; blocks: 1..CNN_MAX_BLOCKS. */
void cnn_add(Cnn *c, ParamSet *p, int side, int width, int blocks, int d);
void cnn_init(const Cnn *c, ParamSet *p, uint64_t seed);

/* x (b,S,S,1) normalised -> Z_v (b,N_v,d), N_v = (S/16)^2, row-major grid. */
Tensor *cnn_forward(Tape *t, const Cnn *c, Tensor *x);

#endif
