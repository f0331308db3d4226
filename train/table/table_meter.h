/* One progress line for the whole table, with the time that is left: told from what work of each kind has taken so
 * far. Several threads may tell at once. */
#ifndef TRAIN_TABLE_METER_H
#define TRAIN_TABLE_METER_H

#include <pthread.h>

#include "train/table/table_plan.h"

/* Kinds of work: CellKind, and beside it what the cells of a split stand on, and shallow cells on raw features. */
enum { METER_STAGE1 = CELL_KINDS, METER_RAW, METER_KINDS };

/* What one thread works at. */
typedef struct {
    struct Meter *meter;
    Log log; /* for the trainings within: what they tell becomes a share of this piece */
    int kind;
    double cases, begun, share;
} Gauge;

typedef struct Meter {
    const Log *outer;
    const TableOptions *options;
    const Plan *plan;
    pthread_mutex_t mutex;
    int threads;
    double spent[METER_KINDS], done[METER_KINDS]; /* seconds; cases of the data set, summed over pieces */
    double begun;
    const PlannedCell *split; /* whose stage 1 is being trained, or there */
    Gauge *gauge;             /* (threads) */
    int cells, finished;
} Meter;

/* threads: of the pool. meter_end in every case. */
Status meter_begin(Meter *m, const Plan *p, const TableOptions *o, int threads, const Log *outer, Error *err);
void meter_end(Meter *m);

/* A thread begins with a cell, or with the stage 1 and the features that its split stands on. */
void meter_piece(Meter *m, int thread, const PlannedCell *c, bool stage1);
/* Sets a cell's done or skipped: other threads read them for the time that is left. */
void meter_close(Meter *m, bool *flag);
/* And is through with it: a cell that is done is told with its MAP. */
void meter_piece_end(Meter *m, int thread, const PlannedCell *c, bool stage1);

#endif
