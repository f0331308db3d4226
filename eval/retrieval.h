/* All measures of one direction of retrieval (RetrievalTask, eval/case_set.h). Means are over ALL queries; a query without a relevant
 * item counts 0. Sums run in query order, so that the digits depend neither on the number of threads nor on the order of the database. */
#ifndef EVAL_RETRIEVAL_H
#define EVAL_RETRIEVAL_H

#include "eval/average_precision.h"
#include "eval/curves.h"
#include "nn/base/pool.h"

/* Ranks at which measures are cut. */
enum { CUT_1, CUT_5, CUT_10, CUT_50, CUT_100, CUT_500, CUT_1000, RETRIEVAL_CUTS };
extern const int retrieval_cut[RETRIEVAL_CUTS]; /* 1, 5, 10, 50, 100, 500, 1000 */

/* Radius of hash lookup. */
enum { LOOKUP_RADIUS = 2 };

typedef struct {
    uint32_t ranked, relevant; /* items of this query's ranking; relevant ones among them */
    Bounds ap;
    double ap_at[RETRIEVAL_CUTS]; /* over min(R, K) */
    double precision[RETRIEVAL_CUTS];
    double ndcg_at[RETRIEVAL_CUTS], ndcg;
    double tie;  /* mean size of the tie group that an item is in */
    Ball lookup; /* within LOOKUP_RADIUS; of codes only */
} QueryMeasures;

/* One point of the precision-recall curve. share: share of queries whose ball of this radius is not empty; precision is the mean over
 * those, recall over the queries that have a relevant item. */
typedef struct {
    double precision, recall, share;
} RadiusPoint;

typedef struct {
    size_t queries, database;
    size_t without_relevant; /* queries that can only score 0 */
    Bounds map;
    double map_at[RETRIEVAL_CUTS], precision[RETRIEVAL_CUTS], ndcg_at[RETRIEVAL_CUTS], ndcg;
    double mean_tie;
    double lookup_precision, lookup_recall,
        lookup_empty;     /* within radius 2; share of empty balls. 0 for real vectors */
    double map_random;    /* closed form: random order or a constant code */
    int radii;            /* bits + 1; 0 for real vectors */
    RadiusPoint *curve;   /* (radii); owned */
    QueryMeasures *query; /* (queries); owned */
} Retrieval;

/* evaluate_codes ranks by Hamming distance; evaluate_vectors by the cosine of vectors, from high to low: equal cosines
 * tie, a vector of zeros has cosine 0 to all. Memory O(queries + database + threads * bits). Call retrieval_free in every
 * case. Errors: memory; STATUS_INPUT: more than LABEL_MAX labels, a vector that is not finite. */
Status evaluate_codes(Retrieval *out, const RetrievalTask *t, Pool *pool, Error *err);
Status evaluate_vectors(Retrieval *out, const RetrievalTask *t, Pool *pool, Error *err);
void retrieval_free(Retrieval *r);

#endif
