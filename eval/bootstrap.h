/* Percentile bootstrap over queries, clustered by group: whole groups (patients, videos) are drawn, because queries of one group resemble
 * each other (Efron & Tibshirani 1993, chapters 8 and 13; Field & Welsh 2007, doi 10.1111/j.1467-9868.2007.00593.x). */
#ifndef EVAL_BOOTSTRAP_H
#define EVAL_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

enum { BOOTSTRAP_ROUNDS = 2000 };

/* One score a query. group (n): any numbers, equal for queries that belong together; NULL: each query its
 * own. stratum (n): 0.. of the split that a query was scored in; the statistic is then the mean over strata
 * of the mean within each, and a group is drawn with its queries of all strata. NULL: one stratum. */
typedef struct {
    const double *score;
    const int *group, *stratum;
    size_t n;
} BootstrapSample;

typedef struct {
    double value, low, high; /* the statistic of the sample itself; the bounds of its interval */
    size_t groups;
} Interval;

/* level: in (0,1), for example 0.95; n > 0. The draws depend on the seed and the groups, not on the scores. Errors: memory. */
Status bootstrap_mean(Interval *out, const BootstrapSample *s, double level, uint64_t seed, Error *err);

/* The same of several scores (columns) of the same queries, which share the draws: out (columns). sample.score is not read. */
Status bootstrap_means(Interval *out, const double *const *score, size_t columns, const BootstrapSample *s,
                       double level, uint64_t seed, Error *err);

/* The interval of a - b, paired: both (n) are scores of the same queries. sample.score is not read. */
Status bootstrap_difference(Interval *out, const double *a, const double *b, const BootstrapSample *sample,
                            double level, uint64_t seed, Error *err);

#endif
