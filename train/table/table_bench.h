/* Shared by the cells of one split: the session, stage 1 trained once, its features, and raw features. */
#ifndef TRAIN_TABLE_BENCH_H
#define TRAIN_TABLE_BENCH_H

#include "train/features.h"
#include "train/table/table_plan.h"

/* Arrays by set and modality, cases in the order of session.index. */
typedef struct {
    Session session;
    Model stage1;
    char *folder;                    /* of the checkpoint of stage 1 */
    FeatureCache kept[SET_COUNT];    /* frozen features, lent to every training through session.kept */
    float *p[SET_COUNT][MODALITIES]; /* (n,classes) posteriors of the mixture */
    /* Features of the shallow methods, (n, dim); by FeatureKind: u_m; descriptor of a picture and tf-idf of a text, or own features;
     * the semantic token psi_m, of training cases by experts without their group */
    float *x[FEATURE_KINDS][SET_COUNT][MODALITIES];
    int dim[FEATURE_KINDS][MODALITIES];
} Bench;

/* Opens the split of a cell. STATUS_INPUT where the data do not allow the split. bench_close in every case. */
Status bench_open(Bench *b, const Plan *p, const TableOptions *o, const PlannedCell *c, Pool *pool,
                  const Log *log, Error *err);
void bench_close(Bench *b);

/* Trains stage 1, or continues it, or reads its checkpoint; then computes kept, p, and stage-1 and semantic features. views: augmented
 * views of the training cases in kept. Called once for a bench. Incomplete where the session is stopped meanwhile. */
Status bench_learned(Bench *b, int views, Error *err);
/* Computes raw features. Called once for a bench. */
Status bench_raw(Bench *b, Error *err);

/* Reduces the columns of features to the rank of the training cases where there are fewer cases than columns: an orthogonal change of
 * coordinates to the span of the training cases. The weights of hash functions with ridges (hash/baselines) are in that span, so the
 * functions do not change, and a fit takes (n/d)^2 of the time. The common scale of the methods' features changes the ridge by r/d; the
 * ridge is chosen on validation queries.
 * x (rows[k], d) of each of `sets` sets, x[train] the training cases. With K = X X' = V L V' of the training cases, x becomes
 * x X' V L^-1/2 (rows[k], r), r the rank; *dim changes from d to r. No effect where there are at least as many training cases
 * as columns. STATUS_INPUT where all training features are 0. */
Status rotate_features(float **x, const int *rows, int sets, int train, int *dim, Error *err);

#endif
