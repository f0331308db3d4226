/* The paper's table: every method on the same splits, with the same features, by the same protocol. Written
 * cell by cell into a folder: a cell that is finished is never trained twice, and a table that was stopped
 * anywhere ends with the same bytes as one that was not.
 *   OUT/cells/KEY.txt  one finished cell each       OUT/work    stage 1 of each split, trainings that were stopped
 *   OUT/table.tsv  OUT/table.md  OUT/table.html     written anew whenever a split is finished
 * Cells of one split run one a thread, side by side; trainings of their own, and stage 1, use all threads. */
#ifndef TRAIN_TABLE_H
#define TRAIN_TABLE_H

#include <signal.h>

#include "data/manifest.h"
#include "nn/base/pool.h"
#include "train/config.h"

enum { TABLE_DATA = 8, TABLE_BITS = 16 };

typedef struct {
    const char *data[TABLE_DATA];
    int n_data;
    const char *out;
    int bits[TABLE_BITS];
    int n_bits;
    int seeds;         /* split seeds 1.. of the main bits (64 where it is in the list, else the first) */
    int lengths_seeds; /* split seeds of the other bits and of the extra splits */
    bool quick;        /* main bits alone, one split seed, no retrained ablations, no extra splits */
    unsigned parts;    /* bit p: TablePart p (train/table/table_plan.h) is computed in this call; 0: all */
    Config config;
    ManifestOptions manifest;
    const char *mask_words; /* file: words that the masked split lacks beside those of the labels; or NULL */
    const char *command;    /* as typed, for the page */
    const volatile sig_atomic_t *stop;
} TableOptions;

typedef enum { TABLE_FINISHED, TABLE_STOPPED } TableEnd;

/* TABLE_STOPPED: a signal came; the same call goes on. Results hold every finished cell, also of parts that this
 * call did not ask for. */
Status table_run(const TableOptions *o, Pool *pool, const Log *log, TableEnd *end, Error *err);

#endif
