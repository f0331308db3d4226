/* A manifest made ready for training: pictures decoded once and kept as side x side bytes within a memory bound (beyond it
 * they are decoded again when needed), texts as tokens. Batches are views of it, filled in parallel, augmented
 * from streams that depend on (seed, epoch, case) alone. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "data/augment.h"
#include "data/manifest.h"
#include "data/tokens.h"
#include "nn/base/pool.h"

typedef struct {
    const Manifest *manifest; /* borrowed */
    const Vocab *vocab;       /* borrowed; NULL: no texts */
    int side;                 /* S; 0: no images */
    uint8_t **picture;        /* (n) of (S,S), NULL where not kept or the case has no image */
    int32_t *word;            /* (n, N_t) */
    int32_t *gram;            /* (n, N_t, TOKEN_NGRAMS); NULL without subwords */
    int *length;              /* (n) tokens of each text */
    size_t kept, bound;       /* bytes of pictures */
} Dataset;

/* Decodes and tokenises all cases over the pool. bound: most bytes of pictures kept (0: 512 MiB). Errors name the manifest's
 * line. dataset_free in every case. */
Status dataset_load(Dataset *d, const Manifest *m, const Vocab *v, int side, size_t bound, Pool *pool, const Log *log,
                    Error *err);
void dataset_free(Dataset *d);

/* The picture of case i as (S,S) bytes: the kept one, or decoded into scratch (S*S). */
Status dataset_picture(const Dataset *d, int i, uint8_t *scratch, const uint8_t **picture, Error *err);

/* Mean and standard deviation of pixel/255 over the pictures of the given cases (in order, in double). */
Status dataset_statistics(const Dataset *d, const int *index, int n, double *mean, double *deviation, Error *err);

/* One batch. Buffers belong to it and are reused. */
typedef struct {
    int n, capacity, side, text_length;
    float *image;   /* (n,S,S) normalised: (pixel/255 - mean)/deviation; 0 where a case has no image */
    int32_t *word;  /* (n,N_t) */
    int32_t *gram;  /* (n,N_t,TOKEN_NGRAMS) or NULL */
    int *length;    /* (n) */
    uint8_t *scratch; /* (threads,S,S) */
} Batch;

typedef struct {
    const Augment *augment; /* NULL: clean images */
    double word_dropout;    /* 0: clean texts */
    uint64_t seed;          /* of the streams (seed, RNG_AUGMENT or RNG_WORD_DROPOUT, case) mixed with epoch */
    uint32_t epoch;         /* or view number */
    double mean, deviation; /* of the training images */
} BatchOptions;

Status batch_init(Batch *b, const Dataset *d, int capacity, Pool *pool, Error *err);
/* Fills the batch with the cases index (n <= capacity), in parallel. */
Status batch_fill(Batch *b, const Dataset *d, const int *index, int n, const BatchOptions *o, Pool *pool, Error *err);
void batch_free(Batch *b);

#endif
