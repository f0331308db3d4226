/* The small equations around the networks (ALGORITHM.md), as naive as they can be written. Nothing is shared with the code. */
#ifndef TESTS_ORACLE_RULES_H
#define TESTS_ORACLE_RULES_H

#include <stdbool.h>
#include <stdint.h>

double oracle_input(int pixel, double mean, double deviation);
/* unit (n,c) of y (n,c); true where every row has exactly one label. */
bool oracle_labels(const uint8_t *y, int n, int c, double *unit);
/* relation (b,b): 1 positive, 0 negative, 2 left out; cases by label row (b,c), group and text. */
void oracle_pairs(const uint8_t *y, const int *group, const int *text, int b, int c, uint8_t *relation);
double oracle_beta(double start, double end, int epoch, int epochs);
/* bit (q) of scores s (q) */
void oracle_code(const float *s, int q, int *bit);
/* Scores s (q) against bits (q). */
double oracle_asymmetric(const float *s, const int *bit, int q);
int oracle_hamming(const int *a, const int *b, int q);
/* row (k): the k nearest of n codes (n,q) to a query (q), of equal distances the first. */
void oracle_nearest(const int *query, const int *codes, int n, int q, int k, int *row);
/* Expected AP of n items by distance, n < 32. */
double oracle_average_precision(const int *distance, const bool *relevant, int n);
/* share (n) at n distances with these pairs, of which `relevant` share a label; nearer distances are pooled to `least` pairs. */
void oracle_confidence(const int64_t *all, const int64_t *relevant, int n, int least, int groups,
                       double *share);
/* Buckets of the n-grams of an ASCII word, shorter ones first, at most `most`; returns how many. */
int oracle_ngrams(const char *word, unsigned buckets, int most, int32_t *bucket);

#endif
