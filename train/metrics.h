/* metrics.tsv: one row an epoch, with a column for each term of the losses. The checkpoint keeps it as text, so that a
 * resumed run writes the same bytes. */
#ifndef TRAIN_METRICS_H
#define TRAIN_METRICS_H

#include "nn/base/bytes.h"
#include "train/terms.h"

typedef struct {
    int stage, epoch; /* epoch from 1 */
    double rate, loss, term[TERM_COUNT];
    double accuracy[2]; /* stage 1, validation: image, text */
    double map[2];      /* stage 2, validation: image to text, text to image; -1: no validation query has a
                           relevant case */
} MetricsRow;

/* Columns of the file: four, the terms, four. */
enum { METRICS_TERMS = 4, METRICS_LAST = METRICS_TERMS + TERM_COUNT, METRICS_COLUMNS = METRICS_LAST + 4 };
/* The name of column k. */
const char *metrics_column(int k);

/* The header line. */
void metrics_begin(Buffer *text);
void metrics_add(Buffer *text, const MetricsRow *row);

/* Rows of a metrics.tsv text, at most `capacity`; returns their number. Columns are found by the names of the header line, so that files
 * of builds with other terms can be read; a missing column is 0. A line that does not parse ends the rows. (metrics_read.c, of the part
 * inspect) */
int metrics_parse(const char *text, MetricsRow *rows, int capacity);

#endif
