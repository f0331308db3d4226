/* Statistics of a set of codes that a MAP alone does not show. */
#ifndef EVAL_HEALTH_H
#define EVAL_HEALTH_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

/* p_j: share of codes whose bit j is 1. Constant bits are left out of the correlation. */
typedef struct {
    int bits;
    size_t codes, distinct; /* number of codes, and of different ones */
    double bit_mean;        /* mean of p_j */
    double bit_mean_low, bit_mean_high;
    int constant_bits;           /* the same in all codes */
    double entropy, entropy_low; /* mean and least over bits of -p log2 p - (1-p) log2(1-p) */
    double correlation;          /* mean over pairs of bits of |Pearson| */
    double correlation_high;     /* the highest, of bits high_a and high_b (-1: no pair) */
    int high_a, high_b;
    double mean_tie; /* mean size of the tie group of an item when a code of the set is the query: mean
                      * over at most 1,000 evenly spread queries */
} CodeHealth;

/* code (n, bits/8), n > 0. */
Status code_health(CodeHealth *h, const uint8_t *code, size_t n, int bits, Error *err);

/* mean (bits): p_j of each bit. */
void code_bit_means(const uint8_t *code, size_t n, int bits, double *mean);

/* Correlation (bits, bits) between bits of two sets of n codes (the same set twice: within it); 0 for constant bits. */
Status code_correlation(const uint8_t *a, const uint8_t *b, size_t n, int bits, double *correlation,
                        Error *err);

/* Number of different codes. */
Status code_distinct(const uint8_t *code, size_t n, int bits, size_t *distinct, Error *err);

#endif
