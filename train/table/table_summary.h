/* Finished cells over split seeds: values with intervals, and paired differences. */
#ifndef TRAIN_TABLE_SUMMARY_H
#define TRAIN_TABLE_SUMMARY_H

#include "eval/bootstrap.h"
#include "train/table/table_plan.h"

/* Directions of a summary: by modality of the queries, and the mean of both. */
enum { BOTH = MODALITIES, SUMMARY_DIRECTIONS, SUMMARY_SEEDS = 64 };

/* One row of one split over its split seeds. Intervals: 95 %, over groups of queries; a group is drawn with its queries of all
 * split seeds. */
typedef struct {
    int data;
    TableSplit split;
    int bits, place; /* place: position among the table's rows */
    int seeds;
    const PlannedCell *cell[SUMMARY_SEEDS]; /* (seeds) */
    const TableRow *row[SUMMARY_SEEDS];     /* (seeds) */
    char name[64];                          /* "MSACH no-walk", "CMFH, raw features" */
    Interval value[2][SUMMARY_DIRECTIONS];  /* by Protocol */
    double worst, best; /* honest MAP of both directions with ties in the worst and in the best order */
} SummaryRow;

typedef struct {
    SummaryRow *row; /* (n) by data, split, bits, place */
    int n;
} Summary;

/* Summarises the finished cells. Borrows from the plan. Call summary_free in every case. */
Status summary_make(Summary *s, const Plan *p, Error *err);
void summary_free(Summary *s);

/* NULL where there is no such row. features, ablation: NULL for any. */
const SummaryRow *summary_find(const Summary *s, int data, TableSplit split, int bits, const char *method,
                               const char *features, const char *ablation);
/* True where the row belongs to this data set, split and length. */
bool summary_is(const SummaryRow *r, int data, TableSplit split, int bits);
bool summary_has(const Summary *s, int data, TableSplit split, int bits);
/* True for the row of the whole method, and for rows of the method or its ablations. */
bool summary_is_msach(const SummaryRow *r);
/* The rows of hash/baselines on these features (of FEATURE_NAMES); out has room for BASELINE_METHODS. Returns how many. */
int summary_shallow(const Summary *s, int data, TableSplit split, int bits, const char *features,
                    const SummaryRow **out);
/* The row with the highest honest MAP of both directions; NULL where n is 0. */
const SummaryRow *summary_best(const SummaryRow *const *rows, int n);
/* The best row of a data set, split and length; ORACLE, which knows the labels of the queries, and REAL-VALUED, which has no
 * codes, are left out. NULL where there is no row. */
const SummaryRow *summary_winner(const Summary *s, int data, TableSplit split, int bits);

/* MSACH minus other rows: both directions, honest protocol, paired by query over the split seeds that all rows have. */
typedef struct {
    char over[96];
    Interval difference; /* groups 0: no split seed in common, or a row is missing */
    double base;         /* mean MAP of the other rows on these split seeds */
    int splits, ahead;   /* number of these split seeds; of those where MSACH is ahead */
} Gain;
enum { GAINS_CODES = 8, GAINS = 9 + GAINS_CODES, ABLATIONS_MOST = 24 };
/* Over the traditional methods, their mean and their best, on each kind of features; over the best of all; over CLASSIFIER; over
 * DCMH; over codes of other programs, as far as there is room. The rest of out is empty. */
Status summary_gains(const Summary *s, int data, TableSplit split, int bits, Gain out[GAINS], Error *err);
/* Over each ablation, standard split. over: the name of the ablation. *n: how many ablations there are. */
Status summary_ablations(const Summary *s, int data, int bits, Gain out[ABLATIONS_MOST], int *n, Error *err);
/* True where the interval lies on one side of 0. */
bool summary_is_sure(const Gain *g);

#endif
