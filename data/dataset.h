/* A manifest prepared for training: texts as tokens; pictures decoded once and cached as side x side bytes, up to a memory
 * bound. Pictures beyond the bound are decoded again when needed. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "data/manifest.h"
#include "data/own_features.h"
#include "data/tokens.h"
#include "nn/base/pool.h"

/* Owned; dataset_free. Subwords would take TOKEN_NGRAMS times the memory of the words, so batch_fill computes them. */
typedef struct {
    const Manifest *manifest;  /* borrowed */
    const Vocab *vocab;        /* borrowed; NULL: no texts */
    int side;                  /* S; 0: no images */
    uint8_t **picture;         /* (n) of (S,S); NULL where not cached or the case has no image */
    int32_t *word;             /* (n, N_t); NULL without a vocabulary */
    int *length;               /* (n) tokens of each text */
    size_t kept, bound;        /* bytes of cached pictures, and the most of them */
    const OwnFeatures *own[2]; /* instead of pictures, texts; borrowed, set after dataset_load; NULL: none */
} Dataset;

/* Decodes and tokenises all cases over the pool. Pictures beyond the bound are decoded too, so that a damaged one is found before
 * training starts. The error names the first ten such cases of the manifest, with their lines. Warns of 16-bit pictures that
 * were scaled by their own range. bound: most bytes of cached pictures (0: 512 MiB). Call dataset_free in every case. */
Status dataset_load(Dataset *d, const Manifest *m, const Vocab *v, int side, size_t bound, Pool *pool,
                    const Log *log, Error *err);
void dataset_free(Dataset *d);

/* The picture of case i as (S,S) bytes: the cached one, or decoded into scratch (S*S); black where the case has no image.
 * Errors: those of image_read. */
Status dataset_picture(const Dataset *d, int i, uint8_t *scratch, const uint8_t **picture, Error *err);

/* Mean and standard deviation of pixel/255 over the pictures of the given cases (exact sums). The deviation is at least 1/255, so that
 * constant pictures do not divide by 0; mean 0 and deviation 1 where no case has an image. */
Status dataset_statistics(const Dataset *d, const int *index, int n, double *mean, double *deviation,
                          Error *err);

/* Warns of 16-bit pictures that were scaled: scaled (n), true for each such case (dataset_warnings.c, of the part hints). */
void dataset_warn_of_scaled(const Manifest *m, const bool *scaled, const Log *log);

#endif
