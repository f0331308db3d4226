/* A run: one directory that holds everything of one training.
 *   config.txt  metrics.tsv  split.tsv  model.safetensors  checkpoint.safetensors  report.html
 * Every file is replaced by rename; a lock keeps two trainers apart and dies with its process. */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "train/evaluate.h"
#include "train/model_file.h"

typedef struct {
    const char *data, *out;
    const char *command; /* as typed, for the report; or NULL */
    const char *stage1;  /* a run whose stage 1 is taken over; NULL: train it */
    ManifestOptions manifest;
    bool resume;
    const volatile sig_atomic_t *stop;
} RunOptions;

typedef enum { RUN_FINISHED, RUN_STOPPED, RUN_WAS_FINISHED } RunEnd;

/* Trains into o->out. RUN_STOPPED: a signal came; --resume goes on. */
Status run_train(const RunOptions *o, const Config *c, Pool *pool, const Log *log, RunEnd *end, Error *err);

/* Opens a run's model with the session that it was trained on (or another manifest with the same meaning):
 * the split is made anew and its hash compared with the model's, where the manifest is the same. Both are the
 * caller's to close. */
Status run_open(ModelFile *f, Session *s, const char *run, const char *manifest, const ManifestOptions *o,
                Pool *pool, const Log *log, Error *err);

#endif
