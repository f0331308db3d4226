/* The experts: the half of stage 1 that is fitted in closed form, to a descriptor of the picture and to the words of the text, and
 * what they and the networks say together of a case's labels [O].
 *
 *   symbol  here       shape   meaning
 *   g       x          (D)     descriptor of a picture, or the bag of words of a text, or what own features are made of (model_own_mean)
 *   z       landmark   (M,D)   landmarks, each the mean descriptor of three training cases of different groups
 *   f_m     f          (c)     what the expert of modality m says of each label
 *   alpha_m share      ()      the networks' share of the mixture
 *   p_m     p          (c)     the mixture
 *   psi_m   psi        (d)     the semantic token */
#ifndef HASH_EXPERT_H
#define HASH_EXPERT_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/tensor.h"

enum {
    EXPERT_LANDMARKS = 4096, /* most landmarks */
    EXPERT_WIDTH = 4096      /* widest own features that experts are fitted to */
};

/* Draws m landmarks from (seed, RNG_LANDMARK): landmark (m,d) from g (n,d). group (n), at least 0. With three groups
 * or more, no landmark is the mean of fewer than two groups but for a chance below 1e-9 a landmark. */
void expert_landmarks(const float *g, int n, int d, const int *group, int m, uint64_t seed, real *landmark);

/* phi (m) of x (d). */
void expert_features(const float *x, int d, const real *landmark, int m, float *phi);
/* The similarities of the landmarks to each other: the penalty (m,m) of their ridge regression. */
void expert_penalty(const real *landmark, int m, int d, double *penalty);

/* f (c) = mean + phi A before expert_clip; phi (m), weight A (m,c). */
void expert_predict(const float *phi, int m, const real *weight, const real *mean, int c, float *f);
/* Makes probabilities of f (c), in place: within 0 and 1, of sum 1 where a case has one label (single). */
void expert_clip(float *f, int c, bool single);

/* The share of the networks that `groups` training groups suggest: G/(G + 1000) (train/mixture.c). */
double expert_prior(int groups);
/* p (c) = share p + (1-share) f, in place. */
void expert_mix(double share, const float *f, int c, float *p);

/* The semantic token psi (d) of p (c). */
void expert_token(const float *p, int c, int d, real *psi);

#endif
