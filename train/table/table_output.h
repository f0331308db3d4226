/* table.tsv, table.md and table.html of the cells that are finished. */
#ifndef TRAIN_TABLE_OUTPUT_H
#define TRAIN_TABLE_OUTPUT_H

#include "train/table/table_summary.h"

Status output_write(const Plan *p, const TableOptions *o, Error *err);

/* Each adds to b. */
void output_tsv(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s);
Status output_markdown(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err);
Status output_page(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err);

/* "MSACH no-walk", "CMFH, raw": the name of a row; room for 64 bytes. */
const char *output_name(const TableRow *r, char *text);

/* The gains that the page and the text tell: MSACH at the main bits minus others. */
enum { GAINS = 6 };
typedef struct {
    char over[96];
    Difference difference; /* groups 0: not there yet */
} Gain;
Status output_gains(Gain gains[GAINS], const Plan *p, const Summary *s, int data, TableSplit split,
                    Error *err);

/* The whole method minus each ablation, standard split, main bits; over: the ablation's name. *n: how many there are. */
enum { PARTS_MOST = 16 };
Status output_parts(Gain parts[PARTS_MOST], int *n, const Plan *p, const Summary *s, int data, Error *err);
/* True where the interval is on one side of 0. */
bool gain_is_sure(const Gain *g);

#endif
