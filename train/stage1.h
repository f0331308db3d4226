/* Stage 1: feature extraction, one network a modality [P that it exists; G that labels supervise it; O its form]. */
#ifndef TRAIN_STAGE1_H
#define TRAIN_STAGE1_H

#include "train/terms.h"

/* Draws a partner for each of b cases (mix) and the weight lambda ~ Beta(a,a) of the case itself, by Joehnk's method
 * (1964). False where mixup = 0: then nothing is drawn. */
bool stage1_mix(const Session *s, uint32_t step, int b, int *mix, double *lambda);

/* L_1 of one batch, recorded on t. mix (b), lambda: of stage1_mix; NULL: nothing is mixed. */
Loss stage1_loss(const Session *s, const Model *m, Tape *t, const Batch *b, const int *index, const int *mix,
                 double lambda);

/* out, by Modality: the share of the cases index (n) whose most probable label, by u_m V_m + a_m, is one of their labels. */
Status stage1_accuracy(const Session *s, const Model *m, const int *index, int n, double out[2], Error *err);

#endif
