/* The counts from which all measures are computed: for one query, the database items by Hamming distance and by shared labels. */
#ifndef EVAL_RANKING_H
#define EVAL_RANKING_H

#include "eval/bit_planes.h"
#include "eval/case_set.h"
#include "nn/base/error.h"

/* A task prepared for counting. */
typedef struct {
    const RetrievalTask *task; /* borrowed */
    BitPlanes query_codes, database_codes, query_labels, database_labels;
    const int *query_group, *database_group; /* borrowed; NULL: every item is ranked */
    int bits;
} Ranking;

/* Input error: more than LABEL_MAX labels. Requires at least one query and one item, codes of the two modalities, and the same bits and
 * classes in both sets. Call ranking_close in every case. */
Status ranking_open(Ranking *r, const RetrievalTask *t, Error *err);
void ranking_close(Ranking *r);
/* Number of labels of query q. */
int ranking_labels(const Ranking *r, size_t q);

/* Items by (distance, shared labels): count[distance*levels + shared], distances 0..bits, levels = labels of
 * the query + 1. Integers, so that the order of the database changes nothing. */
typedef struct {
    size_t groups;   /* bits + 1 */
    size_t levels;   /* 1 + labels of the query */
    uint32_t *count; /* (groups, levels) */
} TieTable;

/* table->count: room for (bits+1) * levels cells of the query with most labels; spare: the same size. Items are added to the two tables in
 * turn, because consecutive additions to one cell would stall. */
void ranking_count(const Ranking *r, size_t q, TieTable *table, uint32_t *spare);
/* Sums over the levels: all (groups), and relevant (groups) over shared >= 1. */
void tie_table_sum(const TieTable *table, uint32_t *all, uint32_t *relevant);

/* order (n): the indices of the items in the order of distance, ties in the order of the database; returns the number of ranked items.
 * distance, shared (n): afterwards those of every item by its index. (ranking_order.c) */
size_t ranking_order(const Ranking *r, size_t q, uint32_t *order, uint16_t *distance, uint16_t *shared);

/* ---- ranking_planes.c, of the part scan: the same functions by words of bits ---- */

Status ranking_open_planes(Ranking *r, Error *err);
void ranking_close_planes(Ranking *r);
void ranking_count_planes(const Ranking *r, size_t q, TieTable *table, uint32_t *spare);

#endif
