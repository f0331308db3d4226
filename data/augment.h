/* Augmentation of one training image: shift, scale, rotation (one affine warp, bilinear, black outside), gain
 * and contrast, speckle (multiplicative noise with a grain of 2 x 2 pixels), random erasing (Zhong et al.
 * 2017, arXiv 1708.04896); flips are off by default, since left and right differ in anatomy. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include <stdint.h>

#include "nn/base/rng.h"

/* Each amount from shift to contrast is a maximum: each image draws uniformly from [-amount, amount]. 0 turns a kind off. */
typedef struct {
    double shift;    /* of the side: 0.1 */
    double scale;    /* factor exp(+-scale): 0.15 */
    double rotation; /* degrees: 7 */
    double gain;     /* factor 1 +- gain: 0.15 */
    double contrast; /* around the mean gray: factor 1 +- contrast: 0.15 */
    double speckle;  /* deviation of the multiplicative noise, drawn in [0, speckle]: 0.1 */
    double erase;    /* probability that a rectangle of 2 % to 20 % of the area becomes the mean gray */
    double flip;     /* probability of a left-right flip */
} Augment;

/* in, out: (side, side) gray 0..255, side <= 4096; out is NOT normalised. They do not overlap. Every call draws for all kinds, so that
 * turning one off does not change the others; the speckle field is drawn last. */
void augment_image(const Augment *a, Rng *rng, const uint8_t *in, int side, float *out);

/* Replaces each of n ids by TOKEN_UNKNOWN with probability p and clears its n-grams (gram (n, TOKEN_NGRAMS),
 * may be NULL), so that nothing of a dropped word remains. At least one word is kept. */
void augment_words(double p, Rng *rng, int32_t *id, int32_t *gram, int n);

#endif
