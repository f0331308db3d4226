#include "eval/ranking.h"

#include <string.h>

#include "hash/code.h"
#include "nn/base/parts.h"

Status ranking_open(Ranking *r, const RetrievalTask *t, Error *err) {
    const CaseSet *q = t->query, *d = t->database;
    *r = (Ranking){.task = t, .bits = q->bits};
    NN_REQUIRE(q->n > 0 && d->n > 0, "%zu queries, %zu items", q->n, d->n);
    NN_REQUIRE(q->bits >= CODE_FEWEST_BITS && q->bits <= CODE_MAX_BITS, "%d bits", q->bits);
    NN_REQUIRE(q->bits == d->bits && q->classes == d->classes, "sets of %d and %d bits, %d and %d classes",
               q->bits, d->bits, q->classes, d->classes);
    if (t->other_groups) r->query_group = q->group, r->database_group = d->group;
    return PART_SCAN ? ranking_open_planes(r, err) : STATUS_OK;
}

void ranking_close(Ranking *r) {
    if (PART_SCAN) ranking_close_planes(r);
}

/* Labels that two rows have in common. */
static size_t shared_labels(const uint8_t *a, const uint8_t *b, int classes) {
    size_t shared = 0;
    for (int k = 0; k < classes; k++) shared += a[k] && b[k];
    return shared;
}

int ranking_labels(const Ranking *r, size_t q) {
    const CaseSet *query = r->task->query;
    const uint8_t *labels = query->labels + q * (size_t)query->classes;
    return (int)shared_labels(labels, labels, query->classes);
}

static void count_plain(const Ranking *r, size_t q, TieTable *table) {
    const CaseSet *query = r->task->query, *items = r->task->database;
    size_t bytes = code_bytes(r->bits), classes = (size_t)query->classes;
    const uint8_t *code = query->code[r->task->from] + q * bytes,
                  *codes = items->code[modality_other(r->task->from)];
    for (size_t i = 0; i < items->n; i++) {
        if (r->query_group && r->query_group[q] == r->database_group[i]) continue;
        size_t distance = (size_t)code_distance(code, codes + i * bytes, r->bits);
        size_t shared = shared_labels(query->labels + q * classes, items->labels + i * classes, (int)classes);
        table->count[distance * table->levels + shared]++;
    }
}

void ranking_count(const Ranking *r, size_t q, TieTable *table, uint32_t *spare) {
    table->groups = (size_t)r->bits + 1;
    table->levels = (size_t)ranking_labels(r, q) + 1;
    memset(table->count, 0, table->groups * table->levels * sizeof *table->count);
    if (PART_SCAN)
        ranking_count_planes(r, q, table, spare);
    else
        count_plain(r, q, table);
}

void tie_table_sum(const TieTable *table, uint32_t *all, uint32_t *relevant) {
    for (size_t g = 0; g < table->groups; g++) {
        const uint32_t *row = table->count + g * table->levels;
        relevant[g] = 0;
        for (size_t s = 1; s < table->levels; s++) relevant[g] += row[s];
        all[g] = relevant[g] + row[0];
    }
}
