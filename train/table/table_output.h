/* The files of a table except its page, and the tables that files and page share.
 *     table.tsv  every number of every split seed        table.md   the tables of the page
 *     table.csv  every row over its split seeds          table.tex  the same for LaTeX (booktabs) */
#ifndef TRAIN_TABLE_OUTPUT_H
#define TRAIN_TABLE_OUTPUT_H

#include "train/table/table_references.h"
#include "train/table/table_summary.h"

/* Each adds to b. */
void output_tsv(Buffer *b, const TableOptions *o, const Summary *s);
void output_csv(Buffer *b, const TableOptions *o, const Summary *s);
Status output_markdown(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err);
Status output_latex(Buffer *b, const Plan *p, const TableOptions *o, const Summary *s, Error *err);

/* The destination of a table. title: data set and length, for captions of LaTeX, whose tables float away from their heading. */
typedef struct {
    Buffer *b;
    enum { OUTPUT_PAGE, OUTPUT_MARKDOWN, OUTPUT_LATEX } form;
    char title[96];
} Output;

/* Every row of one data set, split and length. */
void output_rows(const Output *to, const Summary *s, int data, TableSplit split, int bits);
/* MSACH minus other rows, and minus its ablations, at the main bits. */
Status output_gains(const Output *to, const Plan *p, const Summary *s, int data, TableSplit split,
                    Error *err);
Status output_ablations(const Output *to, const Plan *p, const Summary *s, int data, Error *err);

extern const char *const OUTPUT_SPLITS[TABLE_SPLITS]; /* what each split measures */
extern const char *const OUTPUT_TERMS[];              /* of eval/page/glossary.h, ends with NULL */
/* Rows with their meaning; the list ends with a row whose name is NULL. */
typedef struct {
    const char *name, *text;
} OutputNote;
extern const OutputNote OUTPUT_ROWS[];

#endif
