/* What both stages' loops share: the order of the cases, the sums of an epoch, the check of a step, and its
 * end. */
#ifndef TRAIN_LOOP_H
#define TRAIN_LOOP_H

#include "train/checkpoint.h"
#include "train/terms.h"

/* Steps of an epoch over n cases in batches of `batch`: what does not fill a batch waits for another epoch's
 * order. */
int loop_steps(int n, int batch);
/* order (n): the cases index (n), shuffled by (seed, stage, epoch). */
void loop_order(const Session *s, int stage, int epoch, const int *index, int n, int *order);
/* Backward, clip, AdamW; adds the terms to the epoch's sums. Input: the recorded loss. */
Status loop_step(const Session *s, Model *m, Tape *t, const Loss *loss, Progress *p, double rate, Error *err);
/* The row of an epoch from the sums over `steps`, and clears them. */
MetricsRow loop_row(Progress *p, int steps, double rate);

#endif
