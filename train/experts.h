/* The experts of stage 1: closed-form fits to the descriptors and the words of the training cases (hash/expert.h). */
#ifndef TRAIN_EXPERTS_H
#define TRAIN_EXPERTS_H

#include "train/session.h"

/* Words of the bag (ModelConfig.bag) of a model with `words` rows in its word table: at least 1. */
int experts_bag(int words);

/* Fits both experts to the training cases of s and writes them, the landmarks and the weights of words into m,
 * which has experts. Deterministic: the same session gives the same bytes. Memory and decoding errors. */
Status experts_fit(const Session *s, Model *m, Error *err);

/* held (n,c): f_m of each training case from a fit to the cases of other groups, by the landmarks and words of m, which experts_fit
 * filled. Memory and decoding errors. */
Status experts_hold_out(const Session *s, const Model *m, Modality modality, float *held, Error *err);

/* said (n,c): f_m of the cases index (n) of any set by the model's fit. Memory and decoding errors. */
Status experts_cases(const Session *s, const Model *m, const int *index, int n, Modality modality,
                     float *said, Error *err);

/* f_m (c) of one case of any set: g its descriptor (DESCRIPTOR_DIM); id (length) the tokens of its text; x (tokens,width) its own
 * features, of the part arrays. */
void experts_image(const Model *m, const float *g, float *f);
void experts_text(const Model *m, const int32_t *id, int length, float *f);
void experts_own(const Model *m, Modality modality, const float *x, float *f);

#endif
