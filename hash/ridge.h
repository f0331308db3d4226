/* Ridge regression in closed form, weighted by group, with held-out predictions: each training case by a fit without its group [O]. */
#ifndef HASH_RIDGE_H
#define HASH_RIDGE_H

#include "nn/base/pool.h"
#include "nn/tensor.h"

enum { RIDGE_CHUNK = 4096 }; /* cases that are held out at a time, or those of the largest group */

/* All arrays are the caller's. */
typedef struct {
    int n, m, c;           /* cases, features, labels */
    const float *phi;      /* (n,m) features */
    const float *y;        /* (n,c) targets */
    const int *group;      /* (n), at least 0 */
    const double *penalty; /* (m,m) symmetric; NULL: the identity */
} Ridge;

/* f = mean + phi A. mean (c), weight A (m,c); held (n,c): f of each case from a fit without its group, or NULL. The same bytes at
 * any number of threads. Errors: memory, of which it needs 8 m^2 bytes; for held also 8 m for each case of RIDGE_CHUNK or of the
 * largest group, whichever is more, and 8 times the square of that group. */
Status ridge_fit(const Ridge *r, real *mean, real *weight, float *held, Pool *pool, Error *err);

#endif
