/* The counts that all measures are computed from: for one query, the database items by Hamming distance and by shared labels.
 * Codes and label sets are stored word by word (the first 64 bits of all items, then the second), so that a query
 * reads only the words that it needs, in order. A query with k labels reads at most k words of labels. */
#ifndef EVAL_RANKING_H
#define EVAL_RANKING_H

#include "eval/case_set.h"
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
/* labels (n, classes), each 0 or not 0; classes up to LABEL_MAX. */
Status bit_planes_of_labels(BitPlanes *p, const uint8_t *labels, size_t n, int classes, Error *err);
void bit_planes_free(BitPlanes *p);

/* distance (count): differing bits between item q of a and items first.. of b. */
void bit_planes_distance(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                         uint16_t *distance);
/* shared (count): bits that item q of a and items first.. of b have in common. */
void bit_planes_shared(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                       uint16_t *shared);
/* Bits set in item q: for labels, how many it has. */
int bit_planes_count(const BitPlanes *p, size_t q);

/* A task prepared for counting. */
typedef struct {
    BitPlanes query_codes, database_codes, query_labels, database_labels;
    const int *query_group, *database_group; /* borrowed; NULL: every item is ranked */
    int bits;
} Ranking;

/* Input error: more than LABEL_MAX labels. Requires at least one query and one item, codes of the two modalities, and the same bits and classes in both sets. ranking_close in every
 * case. */
Status ranking_open(Ranking *r, const RetrievalTask *t, Error *err);
void ranking_close(Ranking *r);

/* Items by (distance, shared labels): count[distance*levels + shared], distances 0..bits, levels = labels of
 * the query + 1. Integers, so that the order of the database changes nothing. */
typedef struct {
    size_t groups;   /* bits + 1 */
    size_t levels;   /* 1 + labels of the query */
    uint32_t *count; /* (groups, levels) */
} TieTable;

/* table->count: room for (bits+1) * levels cells of the query with most labels. spare: as much again. Items are
 * added to the two tables in turn, because additions to one cell would wait for each other. */
void ranking_count(const Ranking *r, size_t q, TieTable *table, uint32_t *spare);
/* The items in the order of distance, ties in the order of the database: order (n) their indices; returns how
 * many are ranked. distance, shared (n): scratch, afterwards of every item by its index. */
size_t ranking_order(const Ranking *r, size_t q, uint32_t *order, uint16_t *distance, uint16_t *shared);

/* Sums over the levels: all (groups) and relevant (groups, shared >= 1). */
void tie_table_sum(const TieTable *table, uint32_t *all, uint32_t *relevant);

#endif
