#include "eval/audit/recompute.h"

#include <stdlib.h>

#include "nn/base/alloc.h"

/* distance in bits, whether relevant. */
typedef struct {
    int distance, relevant;
} Item;

static int by_distance(const void *a, const void *b) {
    return ((const Item *)a)->distance - ((const Item *)b)->distance;
}

static int differing_bits(const uint8_t *a, const uint8_t *b, int bits) {
    int n = 0;
    for (int i = 0; i < bits; i++) n += (a[i / 8] >> i % 8 & 1) != (b[i / 8] >> i % 8 & 1);
    return n;
}

static int share_a_label(const uint8_t *a, const uint8_t *b, int classes) {
    for (int k = 0; k < classes; k++)
        if (a[k] && b[k]) return 1;
    return 0;
}

/* Items before..before+n have the same distance, r of them are relevant; `found` relevant ones precede them. Adds the sum of precisions at
 * the relevant items: over all orders, item i is relevant with probability r/n and is then preceded by (i-1)(r-1)/(n-1) relevant ones. */
static void add_tie(Recomputed *sum, size_t before, size_t items, size_t relevant, size_t found) {
    double n = (double)items, r = (double)relevant;
    for (size_t k = 1; k <= items; k++) {
        double i = (double)k, others = n > 1 ? (i - 1) * (r - 1) / (n - 1) : 0;
        sum->expected += r / n * ((double)found + 1 + others) / (double)(before + k);
    }
    for (size_t k = 1; k <= relevant; k++) {
        sum->optimistic += (double)(found + k) / (double)(before + k);
        sum->pessimistic += (double)(found + k) / (double)(before + items - relevant + k);
    }
}

static Recomputed one_query(const Item *item, size_t n) {
    Recomputed ap = {0};
    size_t found = 0;
    for (size_t i = 0, end; i < n; i = end) {
        size_t relevant = 0;
        for (end = i; end < n && item[end].distance == item[i].distance; end++)
            relevant += (size_t)item[end].relevant;
        if (relevant > 0) add_tie(&ap, i, end - i, relevant, found);
        found += relevant;
    }
    double all = (double)found;
    if (found > 0) ap.expected /= all, ap.pessimistic /= all, ap.optimistic /= all;
    return ap;
}

Status recompute_map(Recomputed *out, const CaseSet *query, const CaseSet *database, Modality from,
                     Error *err) {
    size_t bytes = ((size_t)query->bits + 7) / 8, classes = (size_t)query->classes;
    Modality to = from == MODALITY_IMAGE ? MODALITY_TEXT : MODALITY_IMAGE;
    Item *item = mem_calloc(database->n + 1, sizeof *item);
    *out = (Recomputed){0};
    if (!item) return mem_error(err, "the ranking");
    for (size_t q = 0; q < query->n; q++) {
        for (size_t i = 0; i < database->n; i++)
            item[i] = (Item){
                differing_bits(query->code[from] + q * bytes, database->code[to] + i * bytes, query->bits),
                share_a_label(query->labels + q * classes, database->labels + i * classes, query->classes)};
        qsort(item, database->n, sizeof *item, by_distance);
        Recomputed ap = one_query(item, database->n);
        out->expected += ap.expected / (double)query->n;
        out->pessimistic += ap.pessimistic / (double)query->n;
        out->optimistic += ap.optimistic / (double)query->n;
    }
    mem_free(item);
    return STATUS_OK;
}
