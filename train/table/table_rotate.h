/* Features in fewer columns where there are fewer training cases than columns: an orthogonal change of coordinates to
 * the span of the training cases. Hash functions with ridges (hash/baselines) have their weights in that span and see
 * nothing of the rest, while a fit costs (n/d)^2 of what it did. What the methods' common scale of the features makes
 * of the ridge moves by r/d; the ridge is chosen on validation queries in either case. */
#ifndef TRAIN_TABLE_ROTATE_H
#define TRAIN_TABLE_ROTATE_H

#include "nn/base/error.h"

/* x (rows[k], d) of each of `sets` sets, x[train] the training cases. With K = X X' = V L V' of the training
 * cases, x becomes x X' V L^-1/2 (rows[k], r), r the rank; *dim from d to r. Without effect where there are as
 * many training cases as columns. */
Status rotate_features(float **x, const int *rows, int sets, int train, int *dim, Error *err);

#endif
