/* The part of the manifold target that comes from stage 1's class probabilities [O]. */
#ifndef HASH_POSTERIOR_H
#define HASH_POSTERIOR_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/tensor.h"

/* Scales rows of p (b,c) whose norm is above 1 to norm 1. Softmax rows never are; rows of several certain labels become Yn. */
void posterior_unit(float *p, int b, int c);

/* G = (1-share) G + share ((1+t0) R - t0), R_mn(i,j) = p_m,i p_n,j' + [m = n] r_m,i r_m,j, r = sqrt(1 - |p|^2). p_m, p_n
 * (b,c): rows of norm at most 1 (r of a row that posterior_unit scaled is a rounding error of up to 5e-4). same: m = n. target: G (b,b),
 * changed in place. */
void posterior_target(const float *p_m, const float *p_n, int b, int c, bool same, double share, double t0,
                      real *target);

/* R (b,b) of loss_soft_pairs.c: the probability that image i and text j share a label. p_v, p_t (b,c): class probabilities of stage 1.
 * shared (b,b): 1 where their true labels do; share: the weight of these; single: each case has one label. */
void posterior_chance(const float *p_v, const float *p_t, const uint8_t *shared, int b, int c, bool single,
                      double share, real *wanted);

#endif
