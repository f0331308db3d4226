/* Stage 2: hash-function learning on the frozen features: encoder, hash head and the three constraints [P named]. */
#ifndef TRAIN_STAGE2_H
#define TRAIN_STAGE2_H

#include "hash/graph.h"
#include "train/features.h"
#include "train/stage1.h"

/* The input of stage 2: features and graphs of the training cases, features of the validation cases. */
typedef struct {
    FeatureCache train, val;
    Graph graph[MODALITIES]; /* n = 0 where no term uses them */
    WalkOptions walk;
    double posterior; /* a; 0: the target does not use the posterior */
} Stage2;

/* Begins with Stage2 st = {0}. End to end, where features change with every step, it has only the features of validation.
 * folder: for features in a mapped file. stage2_free in every case. */
Status stage2_prepare(Stage2 *st, const Session *s, const Model *m, const char *folder, Error *err);
void stage2_free(Stage2 *st);

/* A batch of the training cases rows (b) in the given views (b) (NULL: clean), on t: features with noise while training, labels, and
 * posteriors of stage 1 where a term uses them. Borrows st and rows. */
TermBatch stage2_batch(const Stage2 *st, const Session *s, const Model *m, Tape *t, const int *rows,
                       const int *views, int b);
/* The part of stage2_batch that does not depend on the source of the features: labels, graphs, indices. */
TermBatch stage2_begin_batch(const Stage2 *st, const Session *s, const Model *m, Tape *t, const int *rows,
                             int b);
/* End to end (end_to_end.c, of the part variants): the extractors run inside the step, on n augmented cases, which b receives (capacity >= n). */
Status stage2_batch_live(const Stage2 *st, const Session *s, const Model *m, Tape *t, const int *rows,
                         Batch *b, int n, int epoch, TermBatch *x, Error *err);

/* L_2 of a batch, recorded on t. Fills the contexts, scores and relaxed codes of x. */
Loss stage2_loss(Tape *t, TermBatch *x, double beta);

/* beta of epoch e (from 0). */
double stage2_beta(const Config *c, int epoch);

/* Validation MAP (expected) by Modality of the queries, as evaluate_validation. */
Status stage2_validate(const Stage2 *st, const Session *s, const Model *m, double map[MODALITIES],
                       Error *err);

#endif
