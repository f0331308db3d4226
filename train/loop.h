/* The loop of both stages, and the steps that the tests and the benchmark call one by one. */
#ifndef TRAIN_LOOP_H
#define TRAIN_LOOP_H

#include "train/checkpoint.h"
#include "train/terms.h"

/* Ends training at step `step` of stage 2 (from 0, over all epochs): calls `see`, after the loss is recorded on t, instead of loop_step, and
 * with its rate. */
typedef struct LoopWatch {
    long step;
    Status (*see)(void *ctx, Tape *t, const TermBatch *x, const Loss *loss, double rate, Error *err);
    void *ctx;
} LoopWatch;

/* Trains from the step of p to the end of the stage p->stage (1 or 2; end to end: 2 trains both at once) or until the
 * session is stopped. At the end of stage 1, p->stage becomes 2. At the end of stage 2 it becomes 3, and m holds the
 * weights of the epoch with the best mean validation MAP. Saves a checkpoint after each epoch, at the end of stage 1
 * and when stopped; checkpoint NULL: saves none. folder: for features in a mapped file. A loss or gradient that is not finite ends training
 * with STATUS_CHECK and the name of the first bad op; the last checkpoint stays. */
Status train_stage(Session *s, Model *m, Progress *p, const char *checkpoint, const char *folder, Error *err);

/* Sizes of a stage: cases of a step, steps of an epoch, epochs. */
void loop_sizes(const Session *s, int stage, int *size, int *steps, int *epochs);
/* Steps of an epoch over n cases in batches of `batch`, at least 1. Cases that do not fill a batch are left out of this
 * epoch; its order is random. */
int loop_steps(int n, int batch);
/* rows (n): 0..n-1, shuffled by (seed, stage, epoch). */
void loop_order(const Session *s, int stage, int epoch, int n, int *rows);
/* Backward pass, clipping and AdamW for a loss that is recorded on t; adds loss and terms to the sums of the epoch. */
Status loop_step(const Session *s, Model *m, Tape *t, const Loss *loss, Progress *p, double rate, Error *err);

#endif
