/* Stage 2: hash-function learning on the frozen features: encoder, hash head and the three constraints [P
 * named]. */
#ifndef TRAIN_STAGE2_H
#define TRAIN_STAGE2_H

#include "hash/graph.h"
#include "train/features.h"
#include "train/stage1.h"

/* What stage 2 stands on: features and graphs of the training cases, features of the validation cases. */
typedef struct {
    FeatureCache train, val;
    Graph graph[2]; /* image, text; n = 0 where no term needs them */
    WalkOptions walk;
    double posterior; /* a; 0: the target without what stage 1 knows */
} Stage2;

/* Features of both modalities of one batch, on the tape, and p_v, p_t (b,c) of stage 1 for the target; NULL: not used. */
typedef struct {
    Features image, text;
    const float *posterior[2];
} Pair;

Status stage2_prepare(Stage2 *st, const Session *s, const Model *m, const char *folder, Error *err);
void stage2_free(Stage2 *st);

/* From the features z of one batch to contexts, scores and relaxed codes: all that terms_loss(t, 2, ...) needs. rows (b):
 * places of the cases among the training cases; beta: of this epoch. Borrows st, z and rows. */
TermBatch stage2_forward(const Stage2 *st, const Session *s, const Model *m, Tape *t, const Pair *z,
                         const int *rows, int b, double beta);

/* The features of the rows (b) of f in the views (b) given, with noise while training. */
Pair stage2_features(const FeatureCache *f, const Session *s, Tape *t, const int *rows, const int *views,
                     int b);
/* The same of the training rows, with what the classifier of stage 1 says of their u before dropout, in the arena of
 * t; without it where no manifold term takes it. */
Pair stage2_batch(const Stage2 *st, const Session *s, const Model *m, Tape *t, const int *rows,
                  const int *views, int b);

/* beta of epoch e (from 0). */
double stage2_beta(const Config *c, int epoch);

/* Trains from where p stands to the end (p->stage becomes 3, m holds the weights of the best epoch by
 * validation MAP) or until the session is stopped. */
Status stage2_train(Session *s, Model *m, Progress *p, const char *checkpoint, const char *folder,
                    Error *err);

/* Validation MAP (expected) of both directions: each query searches the validation cases of other groups. -1
 * where no query has a relevant case. */
Status stage2_validate(const Stage2 *st, const Session *s, const Model *m, double map[2], Error *err);

#endif
