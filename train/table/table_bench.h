/* What all cells of one split stand on: the session, stage 1 trained once, and its features. */
#ifndef TRAIN_TABLE_BENCH_H
#define TRAIN_TABLE_BENCH_H

#include "train/features.h"
#include "train/table/table_plan.h"

/* Arrays by set and Modality, cases in the order of session.index. Made when asked for. */
typedef struct {
    Session session;
    Model stage1;
    char *folder;               /* of the stage 1: holds its checkpoint */
    bool opened, trained, read; /* session open; stage 1 done; kept, u and p there */
    int views;                  /* augmented views of the training cases in kept: set before bench_features */
    FeatureCache kept[SET_COUNT]; /* frozen features, lent to every training through session.kept */
    float *u[SET_COUNT][2];       /* (n,d) mean over tokens, of the clean case */
    float *p[SET_COUNT][2];       /* (n,classes) probabilities of stage 1's classifiers */
    bool has_raw;
    int raw_dim[2];
    float *raw[SET_COUNT][2]; /* (n, raw_dim) */
} Bench;

/* Opens the split of a cell. bench_close in every case. STATUS_INPUT where the data do not allow the split. */
Status bench_open(Bench *b, const Plan *p, const TableOptions *o, const PlannedCell *c, Pool *pool,
                  const Log *log, Error *err);
void bench_close(Bench *b);

/* Trains stage 1, or goes on with it, or takes it from its checkpoint. Without effect when the session is
 * stopped. */
Status bench_train(Bench *b, Error *err);
/* Features of all four sets, u and p. Half made where the session is stopped meanwhile: then of no use. */
Status bench_features(Bench *b, Error *err);
/* Raw features of all four sets: what methods without learned features are fed. */
Status bench_raw(Bench *b, Error *err);

#endif
