/* Batches of a dataset: normalised pictures and tokens of some cases, filled in parallel, augmented from streams that depend on (seed,
 * epoch, case) alone: the same bytes at any number of threads and in any order of the cases. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "data/augment.h"
#include "data/dataset.h"
#include "data/picture/descriptor.h"

typedef struct {
    const Augment *augment; /* NULL: clean images */
    double word_dropout;    /* 0: clean texts */
    uint64_t seed;  /* streams (seed, RNG_AUGMENT or RNG_WORD_DROPOUT, case), from counter epoch 2^32 */
    uint32_t epoch; /* or view number */
    double mean, deviation; /* of the training images; deviation > 0 */
    bool descriptor;        /* fill the descriptors too */
} BatchOptions;

/* Owns its buffers, which are reused. Release with batch_free. */
typedef struct {
    int n, capacity, side, text_length;
    float *image; /* (n,S,S) normalised: (pixel/255 - mean)/deviation; 0 where a case has no image. NULL where
                     S = 0 */
    float *
        descriptor; /* (n,DESCRIPTOR_DIM) of the clean pictures, filled where options.descriptor is set; 0 where
                          a case has no image. NULL where S = 0 */
    int32_t *word;    /* (n,N_t); NULL without a vocabulary */
    int32_t *gram;    /* (n,N_t,TOKEN_NGRAMS); NULL without subwords */
    int *length;      /* (n) tokens of each text */
    float *own[2];    /* (n,tokens,width) of the dataset's own features; NULL without them */
    uint8_t *scratch; /* (threads,S,S) */
    uint8_t *failed;  /* (n) */
    /* Arguments of the fill in progress, from batch_begin to batch_finish. */
    const Dataset *data;
    const int *index;
    BatchOptions options;
    Pool *pool; /* non-NULL between batch_begin and batch_finish */
} Batch;

/* Allocates a batch of at most `capacity` cases of d. Errors: memory. */
Status batch_init(Batch *b, const Dataset *d, int capacity, Pool *pool, Error *err);
/* Fills the batch with the cases index (n <= capacity), in parallel. The pool has at most as many threads as the pool of
 * batch_init. The error is that of the first row that fails: a picture that cannot be read, or memory. */
Status batch_fill(Batch *b, const Dataset *d, const int *index, int n, const BatchOptions *o, Pool *pool,
                  Error *err);
/* Fills in the background. batch_begin returns at once; idle threads of the pool fill the batch (pool_later: one batch at a
 * time); batch_finish fills the rest. The caller keeps index unchanged in between. */
void batch_begin(Batch *b, const Dataset *d, const int *index, int n, const BatchOptions *o, Pool *pool);
Status batch_finish(Batch *b, Error *err);
void batch_free(Batch *b);

#endif
