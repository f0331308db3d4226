/* The text network of stage 1: words with subwords (Bojanowski et al. 2017, arXiv 1607.04606) and a residual convolution.
 *   E   = word.weight[w] + mean over the word's n-grams of subword.weight + pos_t, zero at padding
 *   Z_t = E + relu(conv1d_3(E)), zero at padding */
#ifndef NN_TEXT_ENCODER_H
#define NN_TEXT_ENCODER_H

#include "nn/params.h"
#include "nn/tape.h"

typedef struct {
    Tensor *word, *subword, *pos;    /* (words,d) (buckets,d) or NULL, (N_t,d) */
    Tensor *conv_weight, *conv_bias; /* (d,d,3) (d) */
} TextEncoder;

/* Adds the parameters text.* to p. buckets 0: no subwords. */
void text_encoder_add(TextEncoder *e, ParamSet *p, int words, int buckets, int length, int d);
void text_encoder_init(const TextEncoder *e, ParamSet *p, uint64_t seed);

/* w (b,n) ids, s (b,n,g) buckets or NULL, length (b) -> Z_t (b,n,d). */
Tensor *text_encoder_forward(Tape *t, const TextEncoder *e, const int32_t *w, const int32_t *s, int b, int n,
                             int g, const int *length);

#endif
