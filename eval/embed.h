/* Two-dimensional maps of vectors, to visualise codes. A map is not a measurement: distances between far groups of a t-SNE map mean
 * little. Codes are given as -1 and +1 (code_unpack), whose squared distance is 4 times the Hamming distance. */
#ifndef EVAL_EMBED_H
#define EVAL_EMBED_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/pool.h"

/* The first two principal components: x (n, dim) to xy (n, 2), by power iteration with deflation (Pearson
 * 1901). share (2): share of the variance along each, or NULL. The largest entry of each direction is positive. n, dim > 0. Errors:
 * memory. */
Status embed_pca(const float *x, size_t n, int dim, double *xy, double *share, Error *err);

enum { EMBED_MOST = 4000 };

/* Exact t-SNE (van der Maaten & Hinton, JMLR 2008), O(n^2) a round, n from 4 to EMBED_MOST; starts from the principal components plus
 * jitter from the seed, which separates equal vectors. perplexity 0: min(30, (n-1)/3); rounds 0: 500. The same map at any number of
 * threads. divergence: KL(P|Q) of the map, or NULL. Errors: memory. */
typedef struct {
    double perplexity;
    int rounds;
    uint64_t seed;
} TsneOptions;
Status embed_tsne(const float *x, size_t n, int dim, const TsneOptions *o, double *xy, double *divergence,
                  Pool *pool, Error *err);

#endif
