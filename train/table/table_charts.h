/* The charts of table.html, each a figure with its caption, for one data set. */
#ifndef TRAIN_TABLE_CHARTS_H
#define TRAIN_TABLE_CHARTS_H

#include "train/table/table_output.h"

/* MAP of every row with its interval, at the main bits. */
Status chart_rows(Buffer *b, const Plan *p, const Summary *s, int data, TableSplit split, Error *err);
/* From the worst to the best order of equal distances. */
Status chart_ties(Buffer *b, const Plan *p, const Summary *s, int data, Error *err);
/* What each ablation costs, paired. Draws nothing without ablations. */
Status chart_ablations(Buffer *b, const Plan *p, const Summary *s, int data, Error *err);
/* Published minus honest MAP. */
Status chart_protocols(Buffer *b, const Plan *p, const Summary *s, int data, Error *err);
/* MAP by length of the code. Draws nothing where there is one length alone. */
Status chart_lengths(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, int data, Error *err);
/* Precision and recall by radius, first split seed. */
Status chart_curves(Buffer *b, const Plan *p, const Summary *s, int data, int direction, Error *err);

/* MSACH, CLASSIFIER, DCMH and the best traditional row on stage-1 and on raw features, as far as they are
 * there; returns how many. */
enum { CHIEF_ROWS = 5 };
int chart_chief_rows(const Plan *p, const Summary *s, int data, int bits, const SummaryRow **out);

#endif
