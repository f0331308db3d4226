/* The experts: classifiers of stage 1 that are fitted in closed form, to a descriptor of the picture and to the words of the text, and the
 * mixture of their predictions with those of the networks [O].
 *
 *   symbol  here       shape   meaning
 *   g       x          (D)     descriptor of a picture, bag of words of a text, or normalised mean of own features (model_own_mean)
 *   z       landmark   (M,D)   landmarks, each the mean descriptor of three training cases of different groups
 *   f_m     f          (c)     the prediction of modality m's expert for each label
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

/* Draws m landmarks from (seed, RNG_LANDMARK): landmark (m,d) from g (n,d). group (n), at least 0. With three groups or more, none
 * with more than 0.85 of the cases, a landmark is the mean of a single group with a probability below 1e-9. */
void expert_landmarks(const float *g, int n, int d, const int *group, int m, uint64_t seed, real *landmark);

/* phi (m) of x (d): phi_j = exp(-3 |x - z_j|^2). */
void expert_features(const float *x, int d, const real *landmark, int m, float *phi);
/* The penalty (m,m) of the landmarks' ridge regression: their similarities exp(-3 |z_i - z_j|^2), and 1e-6 more on the diagonal. */
void expert_penalty(const real *landmark, int m, int d, double *penalty);

/* f (c) = mean + phi A before expert_clip; phi (m), weight A (m,c). */
void expert_predict(const float *phi, int m, const real *weight, const real *mean, int c, float *f);
/* Turns f (c) into probabilities, in place: clipped to [0,1], and scaled to sum 1 where a case has one label (single). */
void expert_clip(float *f, int c, bool single);

/* The prior of the networks' share alpha for G = `groups` training groups: G/(G + 1000) (train/mixture.c). */
double expert_prior(int groups);
/* p (c) = share p + (1-share) f, in place. */
void expert_mix(double share, const float *f, int c, float *p);

/* The semantic token psi (d) of p (c). */
void expert_token(const float *p, int c, int d, real *psi);

#endif
