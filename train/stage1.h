/* Stage 1: modality feature extraction [P that it exists; G that labels supervise it; O its form]. */
#ifndef TRAIN_STAGE1_H
#define TRAIN_STAGE1_H

#include "train/checkpoint.h"
#include "train/terms.h"

/* L_1 of one batch, recorded on t. mix (b): partner of each case for mixup, with weight lambda of the case
 * itself; NULL: none. */
Loss stage1_loss(const Session *s, const Model *m, Tape *t, const Batch *b, const int *index, const int *mix,
                 double lambda);

/* The batch's pictures x (b,S,S,1), mixed with those of their partners: lambda x_i + (1-lambda) x_mix(i). */
Tensor *stage1_images(const Session *s, Tape *t, const Batch *b, const int *mix, double lambda);

/* p (b,c) of logits (b,c): softmax where every training case has one label (single), else the sigmoid of each. */
void stage1_probabilities(const Tensor *logits, bool single, float *p);

/* Trains from where p stands to the end of stage 1 (p->stage becomes 2) or until the session is stopped.
 * Saves a checkpoint after every epoch, and when stopped. A loss that is not finite ends training and names
 * the first bad op; the checkpoint before stays. */
Status stage1_train(Session *s, Model *m, Progress *p, const char *checkpoint, Error *err);

/* Share of the cases index (n) whose likeliest label by u_m V_m + a_m is one of theirs: out[0] images, out[1]
 * texts. */
Status stage1_accuracy(const Session *s, const Model *m, const int *index, int n, double out[2], Error *err);

#endif
