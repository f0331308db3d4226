/* checkpoint.safetensors: all state of a run in progress. A resumed run ends with the same bytes as an uninterrupted one.
 * Random streams need no state: (seed, purpose, epoch or case) determines each. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "nn/optim.h"
#include "train/metrics.h"
#include "train/session.h"

typedef struct {
    int stage;       /* 1 or 2; 3: finished */
    int epoch, step; /* of the next step, from 0 */
    Adam adam;
    double sums[1 + TERM_COUNT]; /* loss, then terms, over the steps of this epoch so far */
    Buffer metrics;
    double best_map; /* -1: none yet */
    int best_epoch;
    float *best;                   /* (params.size) weights of the best epoch; NULL before the first; owned */
    const struct LoopWatch *watch; /* of loop.h, borrowed; NULL: none */
} Progress;

void progress_begin(Progress *p);
void progress_free(Progress *p);

/* The checkpoint records the checksums of data and split and every setting. checkpoint_load refuses a checkpoint of another run, of a
 * build with other loss terms, or with damage (STATUS_INPUT); m must have the shape of the run's model. */
Status checkpoint_save(const char *path, const Session *s, const Model *m, const Progress *p, Error *err);
Status checkpoint_load(const char *path, const Session *s, Model *m, Progress *p, Error *err);
/* Reads the weights of stage 1, without the experts, from a checkpoint between the stages whose data, split and settings up to stage 1 are
 * the same; the settings of stage 2 may differ. *taken: false where it is no such checkpoint. */
Status checkpoint_take_stage1(const char *path, const Session *s, Model *m, bool *taken, Error *err);

#endif
