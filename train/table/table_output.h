/* table.tsv and table.md, and what table.md shares with the page: its tables, terms and references. */
#ifndef TRAIN_TABLE_OUTPUT_H
#define TRAIN_TABLE_OUTPUT_H

#include "train/table/table_summary.h"

/* Each adds to b. */
void output_tsv(Buffer *b, const TableOptions *o, const Summary *s);
Status output_markdown(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err);

/* Every row of one data set, split and length. page: as HTML; else as Markdown. */
void output_rows(Buffer *b, bool page, const Summary *s, int data, TableSplit split, int bits);
/* MSACH minus other rows, and minus its ablations, at the main bits. */
Status output_gains(Buffer *b, bool page, const Plan *p, const Summary *s, int data, TableSplit split,
                    Error *err);
Status output_ablations(Buffer *b, bool page, const Plan *p, const Summary *s, int data, Error *err);

extern const char *const OUTPUT_SPLITS[TABLE_SPLITS]; /* what each split measures */
extern const char *const OUTPUT_TERMS[];              /* of eval/page/glossary.h, ends with NULL */
/* Rows with their meaning, and sources; each list ends with a row whose name is NULL. */
typedef struct {
    const char *name, *text;
} OutputNote;
extern const OutputNote OUTPUT_ROWS[], OUTPUT_REFERENCES[];

#endif
