/* table.tsv, table.md and table.html of the cells that are finished. */
#ifndef TRAIN_TABLE_OUTPUT_H
#define TRAIN_TABLE_OUTPUT_H

#include "train/table_summary.h"

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
    Interval difference;
    double base; /* of what it is over; 0 groups in difference: not there yet */
} Gain;
Status output_gains(Gain gains[GAINS], const Plan *p, const Summary *s, int data, TableSplit split,
                    Error *err);

#endif
