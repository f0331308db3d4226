/* Shared by all shallow methods: checks, centring, and conversion of double matrices to a model. */
#ifndef HASH_BASELINE_FIT_H
#define HASH_BASELINE_FIT_H

#include "hash/baselines/baselines.h"
#include "hash/baselines/linalg.h"

/* x, y: centred on the training mean and divided by one number a modality, so that the mean of their squares is 1:
 * one grid of hyper-parameters then serves features of any scale. label (n,c) 0/1; unit (n,c): rows of length 1, or 0
 * without labels. A method fills wx (dx,q), wy (dy,q), which are 0 before. */
typedef struct {
    Arena *arena;
    const BaselineSettings *settings;
    BaselineTrace *trace; /* may be NULL */
    int n, q;
    Mat x, y, label, unit;
    Mat wx, wy;
} Fit;

typedef Status FitMethod(Fit *f, Error *err);

/* name: "CMFH". Checks and centres the data, runs the method, and stores its functions in *out, which is empty after an error. */
Status fit_run(const char *name, FitMethod *method, BaselineModel *out, const BaselineData *data,
               const BaselineSettings *settings, BaselineTrace *trace, Error *err);

/* Input error where the value is not in (low, high). */
Status fit_check(const char *method, const char *name, double value, double low, double high, Error *err);
/* settings.rounds, or where that is 0 the method's default `own`. */
int fit_rounds(const Fit *f, int own);
/* Appends the objective of a round to the trace, if any. */
void fit_trace(Fit *f, double objective);
/* Fills m with normal random numbers from the seed. */
void fit_random(const Fit *f, Mat m);
/* b = sign(a), sign(0) = +1; returns how many entries of b changed. */
size_t mat_sign(Mat a, Mat b);

/* *factor: Cholesky factor of A'A + ridge I, in the arena. Input error where that is not positive definite in double. */
Status fit_factor(Fit *f, Mat a, double ridge, Mat *factor, Error *err);
/* ridge(A,T,l) = (A'A + l I)^-1 A'T, by the factor of fit_factor. */
Mat fit_ridge(Fit *f, Mat factor, Mat a, Mat t);
/* STATUS_INTERNAL: a factorisation did not converge. */
Status fit_diverged(Error *err);

#endif
