/* Membership inference: how well codes distinguish training cases of a model from other cases. */
#ifndef TRAIN_MEMBERSHIP_H
#define TRAIN_MEMBERSHIP_H

#include "eval/bootstrap.h"
#include "train/evaluate.h"

/* members: training cases; others: test queries and database cases. area: area under the ROC curve of the rule that a case is a training
 * case where the codes of its picture and report are near: the probability that they are nearer for a training case than for another
 * case, ties counted by half. 0.5: codes reveal nothing, 1: everything. Its 95 % interval is over groups of both sides. */
typedef struct {
    size_t members, others;
    Interval area;
} Membership;

/* e: of evaluation_run on the test queries, with the honest database. Encodes the training cases. Source: distance as membership score,
 * Yeom et al., CSF 2018 (arXiv 1709.01604); variance of an area from the placements of both sides, DeLong et al., Biometrics 1988. */
Status membership_measure(Membership *m, const Session *s, const Model *model, const Evaluation *e,
                          Error *err);

/* The area and its interval of distances (a->n, b->n) whose groups are given. */
typedef struct {
    const int *distance, *group;
    size_t n;
} Distances;
Status membership_area(Interval *out, const Distances *members, const Distances *others, int bits,
                       Error *err);

#endif
