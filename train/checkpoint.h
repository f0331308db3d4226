/* checkpoint.safetensors: everything that a resumed run needs, so that it ends with the same bytes as an
 * uninterrupted one. Random streams have no state of their own: (seed, stage, epoch, step) fixes them. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "nn/optim.h"
#include "train/metrics.h"
#include "train/session.h"

typedef struct {
    int stage;       /* 1 or 2; 3: finished */
    int epoch, step; /* the next step to do */
    Adam adam;
    double sums[1 + TERM_COUNT]; /* of loss and terms over the steps of this epoch so far */
    Buffer metrics;
    double best_map; /* -1: none yet */
    int best_epoch;
    float *best; /* (params.size) weights of the best epoch; NULL without one; owned */
} Progress;

void progress_begin(Progress *p);
void progress_free(Progress *p);

/* The checkpoint names the data, the split and every setting; one of another run is refused. */
Status checkpoint_save(const char *path, const Session *s, const Model *m, const Progress *p, Error *err);
Status checkpoint_load(const char *path, const Session *s, Model *m, Progress *p, Error *err);

#endif
