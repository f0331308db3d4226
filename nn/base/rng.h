/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011, doi 10.1145/2063384.2063405). A stream is a key
 * (seed, purpose, index) and a 64-bit counter: no hidden state, so a stream is saved by its counter, and item i of a batch draws from
 * stream i whatever the thread or the order. */
#ifndef NN_BASE_RNG_H
#define NN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* One stream for each purpose: more draws from one do not change another. */
typedef enum {
    RNG_SPLIT = 1,
    RNG_INIT = 2,
    RNG_ORDER = 3,
    RNG_AUGMENT = 4,
    RNG_DROPOUT = 5,
    RNG_WORD_DROPOUT = 6,
    RNG_NOISE = 7,
    RNG_PHANTOM = 8,
    RNG_BOOTSTRAP = 9,
    RNG_BASELINE = 10,
    RNG_BENCH = 11,
    RNG_TEST = 12,
    RNG_VIEW = 13,
    RNG_DUMP = 14,
    RNG_LANDMARK = 15
} RngPurpose;

typedef struct {
    uint32_t key[2];    /* from the seed */
    uint32_t stream[2]; /* purpose and index */
    uint64_t counter;   /* blocks of four numbers drawn so far */
    uint32_t block[4];  /* the current block */
    int left;           /* unused numbers of the block */
} Rng;

Rng rng_stream(uint64_t seed, RngPurpose purpose, uint32_t index);

uint32_t rng_u32(Rng *r);
/* out (n,4): the n blocks of four numbers from block number `block` of r's stream on, regardless of r's counter. */
void rng_blocks(const Rng *r, uint64_t block, size_t n, uint32_t *out);
uint64_t rng_u64(Rng *r);
double rng_uniform(Rng *r);                        /* [0,1), 53 bits */
double rng_range(Rng *r, double low, double high); /* [low,high) */
uint32_t rng_below(Rng *r, uint32_t n);            /* 0..n-1 without bias, n > 0 */
double rng_normal(Rng *r);                         /* mean 0, deviation 1 (Box-Muller, cosine branch) */
void rng_shuffle(Rng *r, int *items, size_t n);    /* Fisher-Yates */

#endif
