#include "eval/ranking.h"

#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_POPCNT_TARGET 1
#endif

/* ---- Planes ---- */

static Status planes_init(BitPlanes *p, size_t n, int bits, const char *what, Error *err) {
    *p = (BitPlanes){.n = n, .words = (bits + 63) / 64};
    p->word = mem_calloc(n ? n * (size_t)p->words : 1, sizeof *p->word);
    return p->word ? STATUS_OK : mem_error(err, what);
}

Status bit_planes_of_codes(BitPlanes *p, const uint8_t *code, size_t n, int bits, Error *err) {
    TRY(planes_init(p, n, bits, "codes to compare", err));
    size_t bytes = code_bytes(bits);
    for (size_t i = 0; i < n; i++)
        for (size_t b = 0; b < bytes; b++)
            p->word[b / 8 * n + i] |= (uint64_t)code[i * bytes + b] << (b % 8 * 8);
    return STATUS_OK;
}

Status bit_planes_of_labels(BitPlanes *p, const uint8_t *labels, size_t n, int classes, Error *err) {
    if (classes < 1 || classes > LABEL_MAX)
        return error_set(err, STATUS_INPUT, "%d labels; expected 1 to %d; leave out labels that no case has",
                         classes, (int)LABEL_MAX);
    TRY(planes_init(p, n, classes, "labels to compare", err));
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < (size_t)classes; c++)
            if (labels[i * (size_t)classes + c]) p->word[c / 64 * n + i] |= (uint64_t)1 << (c % 64);
    return STATUS_OK;
}

void bit_planes_free(BitPlanes *p) {
    mem_free(p->word);
    *p = (BitPlanes){0};
}

/* ---- Counting bits: the same loops, compiled with and without the processor's own instruction ---- */

typedef enum { COUNT_XOR, COUNT_AND } CountOf;

static inline __attribute__((always_inline)) void count_word(uint64_t query, const uint64_t *word,
                                                             size_t count, CountOf of, uint16_t *sum) {
    if (of == COUNT_XOR)
        for (size_t i = 0; i < count; i++)
            sum[i] = (uint16_t)(sum[i] + __builtin_popcountll(query ^ word[i]));
    else
        for (size_t i = 0; i < count; i++)
            sum[i] = (uint16_t)(sum[i] + __builtin_popcountll(query & word[i]));
}

static void count_word_plain(uint64_t query, const uint64_t *word, size_t count, CountOf of, uint16_t *sum) {
    count_word(query, word, count, of, sum);
}

#ifdef HAVE_POPCNT_TARGET
__attribute__((target("popcnt"))) static void count_word_popcnt(uint64_t query, const uint64_t *word,
                                                                size_t count, CountOf of, uint16_t *sum) {
    count_word(query, word, count, of, sum);
}
#endif

static void count_words(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                        CountOf of, uint16_t *sum) {
    void (*kernel)(uint64_t, const uint64_t *, size_t, CountOf, uint16_t *) = count_word_plain;
#ifdef HAVE_POPCNT_TARGET
    if (__builtin_cpu_supports("popcnt")) kernel = count_word_popcnt;
#endif
    memset(sum, 0, count * sizeof *sum);
    for (int w = 0; w < a->words; w++) {
        uint64_t query = a->word[(size_t)w * a->n + q];
        if (of == COUNT_XOR || query) kernel(query, b->word + (size_t)w * b->n + first, count, of, sum);
    }
}

void bit_planes_distance(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                         uint16_t *distance) {
    count_words(a, q, b, first, count, COUNT_XOR, distance);
}

void bit_planes_shared(const BitPlanes *a, size_t q, const BitPlanes *b, size_t first, size_t count,
                       uint16_t *shared) {
    count_words(a, q, b, first, count, COUNT_AND, shared);
}

int bit_planes_count(const BitPlanes *p, size_t q) {
    int sum = 0;
    for (int w = 0; w < p->words; w++) sum += __builtin_popcountll(p->word[(size_t)w * p->n + q]);
    return sum;
}

/* ---- Tasks ---- */

Status ranking_open(Ranking *r, const RetrievalTask *t, Error *err) {
    const CaseSet *q = t->query, *d = t->database;
    *r = (Ranking){.bits = q->bits};
    NN_REQUIRE(q->n > 0 && d->n > 0, "%zu queries, %zu items", q->n, d->n);
    NN_REQUIRE(q->bits >= CODE_FEWEST_BITS && q->bits <= CODE_MAX_BITS, "%d bits", q->bits);
    NN_REQUIRE(q->bits == d->bits && q->classes == d->classes, "sets of %d and %d bits, %d and %d classes",
               q->bits, d->bits, q->classes, d->classes);
    if (t->other_groups) r->query_group = q->group, r->database_group = d->group;
    TRY(bit_planes_of_labels(&r->query_labels, q->labels, q->n, q->classes, err));
    TRY(bit_planes_of_labels(&r->database_labels, d->labels, d->n, d->classes, err));
    TRY(bit_planes_of_codes(&r->query_codes, q->code[t->from], q->n, q->bits, err));
    return bit_planes_of_codes(&r->database_codes, d->code[modality_other(t->from)], d->n, d->bits, err);
}

void ranking_close(Ranking *r) {
    bit_planes_free(&r->query_codes);
    bit_planes_free(&r->database_codes);
    bit_planes_free(&r->query_labels);
    bit_planes_free(&r->database_labels);
}

/* ---- Tie tables ---- */

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

void ranking_count(const Ranking *r, size_t q, TieTable *table, uint32_t *spare) {
    uint16_t distance[RANKING_BLOCK], shared[RANKING_BLOCK];
    table->groups = (size_t)r->bits + 1;
    table->levels = (size_t)bit_planes_count(&r->query_labels, q) + 1;
    size_t cells = table->groups * table->levels, n = r->database_codes.n;
    memset(table->count, 0, cells * sizeof *table->count);
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

void tie_table_sum(const TieTable *table, uint32_t *all, uint32_t *relevant) {
    for (size_t g = 0; g < table->groups; g++) {
        const uint32_t *row = table->count + g * table->levels;
        relevant[g] = 0;
        for (size_t s = 1; s < table->levels; s++) relevant[g] += row[s];
        all[g] = relevant[g] + row[0];
    }
}
