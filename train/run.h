/* A run: the directory of one training.
 *
 *   config.txt   metrics.tsv   split.tsv   model.safetensors   checkpoint.safetensors   report.html
 *
 * Every file is replaced by rename. A lock, which ends with its process, prevents a second trainer in the same
 * directory. */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "nn/base/lock.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/model_file.h"

typedef struct {
    const char *data, *out;
    const char *command; /* as typed, for the report; or NULL */
    const char *stage1;  /* a run whose stage 1 is copied; NULL: train it */
    const char *init;    /* a run whose convolutions stage 1 starts from; NULL: random */
    ManifestOptions manifest;
    bool resume;
    const atomic_int *stop;
} RunOptions;

typedef enum { RUN_FINISHED, RUN_STOPPED, RUN_WAS_FINISHED } RunEnd;

/* Trains into the directory o->out: stage 1, stage 2, one evaluation of the test queries at the end. *end is
 * RUN_STOPPED where o->stop was set: then the checkpoint is saved, and a call with o->resume continues. STATUS_USAGE
 * where the directory holds a run already, or all terms of a stage's loss are off. */
Status run_train(const RunOptions *o, const Config *c, Pool *pool, const Log *log, RunEnd *end, Error *err);

/* Copies the weights of stage 1 from another run, which must have the same split and sizes, and ends stage 1 (run_stage1.c, of the part
 * resume). STATUS_INPUT otherwise. */
Status run_take_stage1(Session *s, Model *m, Progress *p, const char *run, Error *err);

/* The same part. Copies convolutions and batch normalisation from a run of any archive. STATUS_INPUT where widths differ, or where that
 * run had another split of this archive. */
Status run_take_start(const Session *s, Model *m, const char *run, Error *err);

/* Takes the lock of a run's directory, for as long as this process trains into it, and removes the temporary files that killed processes left
 * there (run_lock.c, of the part resume). STATUS_IO where another process has it. */
Status run_lock(Lock *lock, const char *out, Error *err);

/* Opens a run's model and a session on a manifest. Where it is the manifest of the training, the split is drawn again
 * and must have the model's checksum; another manifest must have a split column. STATUS_INPUT otherwise. The caller
 * closes both (model_close, session_close), also after an error. */
Status run_open(ModelFile *f, Session *s, const char *run, const char *manifest, const ManifestOptions *o,
                Pool *pool, const Log *log, Error *err);

#endif
