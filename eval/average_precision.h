/* Average precision of one ranking in which items tie, as Hamming distances do.
 *
 * Tie groups g = 0.. in the order of distance have n_g items, r_g of them relevant; N0 items and R0 relevant ones precede the group, and R
 * items are relevant in all. The expected value over all orders of the ties is
 *
 *   AP = 1/R sum_g r_g/n_g sum_{t=1..n_g} [ R0 + 1 + (t-1)(r_g-1)/(n_g-1) ] / (N0+t)
 *
 * (McSherry & Najork, ECIR 2008, doi 10.1007/978-3-540-78646-7_38; He et al., CVPR 2018, arXiv 1705.08562). Its bounds put the
 * relevant items of each group last (pessimistic) or first (optimistic). With prefix sums of the harmonic series a group
 * costs O(1). Where R = 0 all of these are 0. */
#ifndef EVAL_AVERAGE_PRECISION_H
#define EVAL_AVERAGE_PRECISION_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    double pessimistic, expected, optimistic;
} Bounds;

/* One query's ranking: items and relevant items of each tie group, nearest first. Groups may be empty. */
typedef struct {
    size_t groups;
    const uint32_t *all, *relevant; /* (groups) */
} Ties;

/* sum (n+1): sum[i] = 1 + 1/2 + ... + 1/i. */
void harmonic_fill(double *sum, size_t n);

/* harmonic: harmonic_fill up to the number of items or more. */
Bounds average_precision(const Ties *ties, const double *harmonic);

/* Expected sum of precisions at the relevant among the first m ranks of a group of n items, r of them relevant. */
double average_precision_group(size_t n, size_t r, size_t m, size_t before, size_t found,
                               const double *harmonic);

/* Expected share of relevant items among the first k ranks (divided by k, also where there are fewer items than k). */
double precision_at(const Ties *ties, size_t k);

/* E[AP] of n items, R of them relevant, in random order or under a constant code:
 * (R-1)/(n-1) + (H_n/n)(n-R)/(n-1). */
double average_precision_random(size_t n, size_t relevant, const double *harmonic);

#endif
