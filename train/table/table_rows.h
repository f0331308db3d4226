/* Computes one cell: the codes of a method, and what they are worth. */
#ifndef TRAIN_TABLE_ROWS_H
#define TRAIN_TABLE_ROWS_H

#include "train/table/table_bench.h"

/* Fills c->cell. Where the session was stopped before the end, c->cell stays empty (rows 0). b: the cell's own, with
 * all made that the cell reads; NULL for a training of its own (plan_runs_alone), which takes pool and log. */
Status rows_compute(PlannedCell *c, Bench *b, const TableOptions *o, Pool *pool, const Log *log, Error *err);

/* A shallow method: hyper-parameters by validation queries, then its codes. */
Status rows_shallow(PlannedCell *c, Bench *b, Error *err);

/* Codes of one method: by set (validation may be missing) and modality, cases in the order of the session. */
typedef struct {
    int bits;
    uint8_t *code[SET_COUNT][2];
} CodeSets;
Status code_sets_begin(CodeSets *c, const Session *s, int bits, Error *err);
void code_sets_free(CodeSets *c);

/* Mean validation MAP of both directions, each query against the validation cases of other groups; -1 where
 * no query has a relevant case. */
Status rows_validate(const CodeSets *c, const Session *s, double *map, Error *err);

/* Test queries against database cases and against training cases. */
Status rows_measure(TableRow *row, const CodeSets *c, const Session *s, Error *err);
/* The same by cosine of vectors (n,dim). */
Status rows_measure_real(TableRow *row, float *vectors[SET_COUNT][2], int dim, const Session *s, Error *err);
/* Random order, by its closed form. */
Status rows_random(TableRow *row, const Session *s, Error *err);

#endif
