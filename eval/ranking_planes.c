/* Counting by words of bits, for ranking.c. */
#include <string.h>

#include "eval/ranking.h"

Status ranking_open_planes(Ranking *r, Error *err) {
    const RetrievalTask *t = r->task;
    const CaseSet *q = t->query, *d = t->database;
    TRY(bit_planes_of_labels(&r->query_labels, q->labels, q->n, q->classes, err));
    TRY(bit_planes_of_labels(&r->database_labels, d->labels, d->n, d->classes, err));
    TRY(bit_planes_of_codes(&r->query_codes, q->code[t->from], q->n, q->bits, err));
    return bit_planes_of_codes(&r->database_codes, d->code[modality_other(t->from)], d->n, d->bits, err);
}

void ranking_close_planes(Ranking *r) {
    bit_planes_free(&r->query_codes);
    bit_planes_free(&r->database_codes);
    bit_planes_free(&r->query_labels);
    bit_planes_free(&r->database_labels);
}

static void count_block(const uint16_t *distance, const uint16_t *shared, size_t count, size_t levels,
                        uint32_t *even, uint32_t *odd) {
    size_t i = 0;
    for (; i + 1 < count; i += 2) {
        even[distance[i] * levels + shared[i]]++;
        odd[distance[i + 1] * levels + shared[i + 1]]++;
    }
    if (i < count) even[distance[i] * levels + shared[i]]++;
}

/* Keeps the items of other groups, in their order; returns their number. */
static size_t drop_group(uint16_t *distance, uint16_t *shared, const int *group, size_t count, int own) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        distance[kept] = distance[i];
        shared[kept] = shared[i];
        kept += group[i] != own;
    }
    return kept;
}

void ranking_count_planes(const Ranking *r, size_t q, TieTable *table, uint32_t *spare) {
    uint16_t distance[RANKING_BLOCK], shared[RANKING_BLOCK];
    size_t cells = table->groups * table->levels, n = r->database_codes.n;
    memset(spare, 0, cells * sizeof *spare);
    for (size_t first = 0; first < n; first += RANKING_BLOCK) {
        size_t count = n - first < RANKING_BLOCK ? n - first : RANKING_BLOCK;
        bit_planes_distance(&r->query_codes, q, &r->database_codes, first, count, distance);
        bit_planes_shared(&r->query_labels, q, &r->database_labels, first, count, shared);
        if (r->query_group)
            count = drop_group(distance, shared, r->database_group + first, count, r->query_group[q]);
        count_block(distance, shared, count, table->levels, table->count, spare);
    }
    for (size_t c = 0; c < cells; c++) table->count[c] += spare[c];
}
