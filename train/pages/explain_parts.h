/* The sections of explain.html, each with its number and one sentence that says what to look at. Private to this folder. */
#ifndef TRAIN_EXPLAIN_PARTS_H
#define TRAIN_EXPLAIN_PARTS_H

#include "eval/page/html.h"
#include "train/pages/explain.h"

/* Room for one picture and the labels of one case. */
typedef struct {
    uint8_t *pixels;     /* (S,S) */
    const char **labels; /* (c) */
} ExplainScratch;

/* Writes the labels of a case to s->labels; returns how many. */
size_t explain_labels(const Explain *e, int which, ExplainScratch *s);
/* Appends a data: URI of the picture of a case, as the network sees it, and its end. */
Status explain_picture(Buffer *uri, const Explain *e, int which, ExplainScratch *s, Error *err);

/* Why L_align and L_man count less than their weights, or not at all, by the shares of this run; empty where they count in full. */
void explain_trust(const Explain *e, char *text, size_t size);

/* Of the batch (explain_batch.c): targets, gradients, losses and ops. */
Status explain_targets(Buffer *b, const Explain *e, ExplainScratch *s, Error *err);
void explain_gradients(Buffer *b, const Explain *e);
void explain_losses(Buffer *b, const Explain *e);

#endif
