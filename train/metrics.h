/* metrics.tsv: one row an epoch. Kept as text, so that a checkpoint carries it and a resumed run writes the
 * same bytes. */
#ifndef TRAIN_METRICS_H
#define TRAIN_METRICS_H

#include "nn/base/bytes.h"

/* Terms of L_2 in the order of the columns, and of L_1. */
enum {
    TERM_ALIGN,
    TERM_MANIFOLD,
    TERM_BALANCE,
    TERM_CLASSIFICATION,
    TERM_QUANTISATION,
    TERM_LIKELIHOOD,
    TERM_DECORRELATION,
    TERM_IMAGE, /* L_1: cross-entropy of images, of texts */
    TERM_TEXT,
    TERM_COUNT
};
extern const char *const TERM_NAMES[TERM_COUNT];

typedef struct {
    int stage, epoch; /* epoch from 1 */
    double rate, loss, term[TERM_COUNT];
    double accuracy[2]; /* stage 1, validation: image, text */
    double map[2];      /* stage 2, validation: image to text, text to image; -1: no validation query has a
                           relevant case */
} MetricsRow;

void metrics_begin(Buffer *text);
void metrics_add(Buffer *text, const MetricsRow *row);
/* Rows of a metrics.tsv text, at most `capacity`; returns how many. Lines that do not parse end it. */
int metrics_parse(const char *text, MetricsRow *rows, int capacity);

#endif
