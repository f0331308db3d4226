/* Measures beside average precision: NDCG, lookup within a radius, curves by radius, and recall of the exact partner. */
#ifndef EVAL_CURVES_H
#define EVAL_CURVES_H

#include "eval/average_precision.h"
#include "eval/ranking.h"
#include "nn/base/pool.h"

/* sum (n+1): sum[i] = 1/log2(2) + ... + 1/log2(i+1), the discounts of the first i ranks. */
void discount_fill(double *sum, size_t n);

/* NDCG of the first k ranks, gain 2^shared - 1 (Jarvelin & Kekalainen, TOIS 2002, doi 10.1145/582415.582418; gain of Burges et al., ICML
 * 2005), expected over all orders of ties: each rank of a group gets the group's mean gain. The ideal ranking is cut at k as well. 0
 * where nothing is relevant. discount: up to the number of items. */
double ndcg_expected(const TieTable *table, size_t k, const double *discount);

/* Lookup of all items within a radius of a query. precision is 0 for an empty ball, as is usual for hash lookup (Liu et al., CVPR 2012);
 * recall is 0 where nothing is relevant. */
typedef struct {
    double empty; /* 1 or 0 */
    double precision, recall;
} Ball;
Ball ball_within(const Ties *ties, size_t radius);

/* Adds one query to sums over queries by radius (groups of ties): precision over queries whose ball is not
 * empty, recall over queries with a relevant item. */
typedef struct {
    double precision, recall;
    uint32_t balls, queries; /* queries with a ball that is not empty; with a relevant item */
} RadiusSum;
void radius_sum_add(RadiusSum *sum, const Ties *ties);

/* recall@k of the exact partner: item i of the task's database, which is at least as large as the set of queries, is the partner of query
 * i. at (cuts): for each of the ascending cut (cuts), the mean over queries of the probability, over orders of ties, that the partner is
 * among the first k. Errors: memory. */
Status partner_recall(const RetrievalTask *t, const int *cut, int cuts, double *at, Pool *pool, Error *err);

#endif
