/* Finished cells put together over split seeds: values with intervals, and paired differences. */
#ifndef TRAIN_TABLE_SUMMARY_H
#define TRAIN_TABLE_SUMMARY_H

#include "eval/bootstrap.h"
#include "train/table/table_plan.h"

/* Directions of a summary: 0 image to text, 1 text to image, 2 the mean of both. */
enum { BOTH = 2, SUMMARY_DIRECTIONS = 3, SUMMARY_SEEDS = 64 };

/* One method on one split, over its split seeds. Intervals: 95 %, over groups of queries, a group drawn with
 * its queries of all split seeds. */
typedef struct {
    int data;
    TableSplit split;
    int place; /* in the order of the table's rows */
    int seeds;
    const PlannedCell *cell[SUMMARY_SEEDS];
    const TableRow *row[SUMMARY_SEEDS];
    Interval value[2][SUMMARY_DIRECTIONS]; /* by Protocol */
    Bounds bounds[2];                      /* mean of both directions */
} SummaryRow;

typedef struct {
    SummaryRow *row; /* by data, split, bits, place */
    int n;
} Summary;

/* Of the cells that are done; the plan stays where it is. summary_free in every case. */
Status summary_make(Summary *s, const Plan *p, Error *err);
void summary_free(Summary *s);

/* NULL where there is none. features, ablation: NULL for any. */
const SummaryRow *summary_find(const Summary *s, int data, TableSplit split, int bits, const char *method,
                               const char *features, const char *ablation);
/* The shallow rows on these features, at most `most`; returns how many. */
int summary_shallow(const Summary *s, int data, TableSplit split, int bits, const char *features,
                    const SummaryRow **out, int most);
const SummaryRow *summary_best(const SummaryRow *const *rows, int n);

/* a minus the mean of b, both directions, honest protocol, paired by query over the split seeds that all have. */
typedef struct {
    Interval of;       /* 95 %, over groups; groups 0: they share no split seed */
    double base;       /* the mean of b on these split seeds */
    int splits, ahead; /* how many these are; and on how many a is ahead */
} Difference;
/* n > 0. */
Status summary_difference(Difference *out, const SummaryRow *a, const SummaryRow *const *b, int n,
                          Error *err);

#endif
