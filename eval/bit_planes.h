/* Codes and label sets word by word (the first 64 bits of all items, then the next 64), so that a query reads only the words that it
 * needs, in order. A query with k labels reads at most k words of labels. Of the part scan. */
#ifndef EVAL_BIT_PLANES_H
#define EVAL_BIT_PLANES_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

enum { LABEL_MAX = 4096, RANKING_BLOCK = 1024 };

/* word (words, n): bits 64w..64w+63 of item i in word[w*n + i]; owned. */
typedef struct {
    size_t n;
    int words;
    uint64_t *word;
} BitPlanes;

/* code (n, bits/8), see hash/code.h. bit_planes_free in every case. */
Status bit_planes_of_codes(BitPlanes *p, const uint8_t *code, size_t n, int bits, Error *err);
/* labels (n, classes), each 0 or not 0. STATUS_INPUT: classes not from 1 to LABEL_MAX. */
Status bit_planes_of_labels(BitPlanes *p, const uint8_t *labels, size_t n, int classes, Error *err);
void bit_planes_free(BitPlanes *p);

/* distance (count): differing bits between item q of a and items first.. of b. */
void bit_planes_distance(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                         uint16_t *distance);
/* shared (count): bits that item q of a and items first.. of b have in common. */
void bit_planes_shared(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                       uint16_t *shared);
/* Number of bits set in item q, for example of its labels. */
int bit_planes_count(const BitPlanes *p, size_t q);

#endif
