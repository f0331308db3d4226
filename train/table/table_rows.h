/* Computes one cell: the codes of a method, and their scores. */
#ifndef TRAIN_TABLE_ROWS_H
#define TRAIN_TABLE_ROWS_H

#include "train/table/table_bench.h"

/* Fills c->cell. Where the session is stopped before the end, c->cell stays empty (rows 0). b: the cell's own copy of its
 * split's bench, with all that the cell reads; rows_compute changes its session's settings. NULL for a cell that runs alone
 * (plan_runs_alone), which uses pool and log. STATUS_INPUT where the data do not allow the method. */
Status rows_compute(PlannedCell *c, Bench *b, const TableOptions *o, Pool *pool, const Log *log, Error *err);

#endif
