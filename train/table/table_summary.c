#include "train/table/table_summary.h"

#include <stdlib.h>
#include <string.h>

#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"

/* ---- The order of the rows ---- */

/* RANDOM, each shallow method on stage-1 and on raw features, DCMH, CLASSIFIER, MSACH, its ablations in the
 * order of ABLATIONS, REAL-VALUED, ORACLE. */
static int place_of(const TableRow *r) {
    enum { SHALLOW = 1, DCMH = 20, CLASSIFIER, MSACH, REAL_VALUED = 60, ORACLE };
    if (strcmp(r->method, "RANDOM") == 0) return 0;
    if (strcmp(r->method, "DCMH") == 0) return DCMH;
    if (strcmp(r->method, "CLASSIFIER") == 0) return CLASSIFIER;
    if (strcmp(r->method, "REAL-VALUED") == 0) return REAL_VALUED;
    if (strcmp(r->method, "ORACLE") == 0) return ORACLE;
    for (int i = 0; i < BASELINE_METHODS; i++)
        if (strcmp(r->method, BASELINES[i].name) == 0)
            return SHALLOW + 2 * i + (strcmp(r->features, "raw") == 0);
    int i = 0;
    while (ABLATIONS[i].name && strcmp(ABLATIONS[i].name, r->ablation) != 0) i++;
    return MSACH + i;
}

static int by_place(const void *a, const void *b) {
    const SummaryRow *x = a, *y = b;
    int difference[] = {x->data - y->data, (int)x->split - (int)y->split, x->row[0]->bits - y->row[0]->bits,
                        x->place - y->place};
    for (int i = 0; i < 4; i++)
        if (difference[i]) return difference[i];
    return 0;
}

/* ---- Scores of queries ---- */

/* Scores of all queries of some split seeds, one after the other. */
typedef struct {
    double *score, *base;
    int *group, *stratum;
    size_t n;
} Scores;

static void scores_free(Scores *s) {
    mem_free(s->score);
    mem_free(s->base);
    mem_free(s->group);
    mem_free(s->stratum);
}

static Status scores_begin(Scores *s, const SummaryRow *r, Error *err) {
    size_t n = 1;
    for (int i = 0; i < r->seeds; i++) n += (size_t)r->cell[i]->cell.queries;
    *s = (Scores){.score = mem_calloc(n, sizeof *s->score),
                  .base = mem_calloc(n, sizeof *s->base),
                  .group = mem_calloc(n, sizeof *s->group),
                  .stratum = mem_calloc(n, sizeof *s->stratum)};
    return s->score && s->base && s->group && s->stratum ? STATUS_OK : mem_error(err, "the table");
}

static double score_at(const TableRow *r, int protocol, int direction, int q) {
    const TableScore *s = r->score[protocol];
    return direction == BOTH ? (s[0].ap[q] + s[1].ap[q]) / 2 : s[direction].ap[q];
}

/* Honest protocol, both directions. */
static void add_queries(Scores *s, const SummaryRow *r, int seed, int stratum) {
    const TableCell *c = &r->cell[seed]->cell;
    for (int q = 0; q < c->queries; q++) {
        s->score[s->n] = score_at(r->row[seed], 0, BOTH, q);
        s->group[s->n] = c->group[q];
        s->stratum[s->n++] = stratum;
    }
}

/* ---- Rows over split seeds ---- */

enum { VALUES = 2 * SUMMARY_DIRECTIONS };

/* All six values of a row, by protocol and direction, from the same draws of groups. */
static Status values_of(SummaryRow *r, Error *err) {
    Scores s;
    const double *column[VALUES];
    Status status = scores_begin(&s, r, err);
    for (int i = 0; status == STATUS_OK && i < r->seeds; i++) add_queries(&s, r, i, i);
    double *score = status == STATUS_OK ? mem_calloc(VALUES * s.n + 1, sizeof *score) : NULL;
    if (status == STATUS_OK && !score) status = mem_error(err, "the table");
    for (size_t k = 0; status == STATUS_OK && k < VALUES; k++) {
        double *to = score + k * s.n;
        column[k] = to;
        for (int i = 0; i < r->seeds; i++)
            for (int q = 0; q < r->cell[i]->cell.queries; q++)
                *to++ = score_at(r->row[i], (int)k / SUMMARY_DIRECTIONS, (int)k % SUMMARY_DIRECTIONS, q);
    }
    BootstrapSample sample = {.group = s.group, .stratum = s.stratum, .n = s.n};
    if (status == STATUS_OK) status = bootstrap_means(&r->value[0][0], column, VALUES, &sample, 0.95, 1, err);
    mem_free(score);
    scores_free(&s);
    return status;
}

static void bounds_of(SummaryRow *r, int protocol) {
    Bounds *b = &r->bounds[protocol];
    for (int i = 0; i < 2 * r->seeds; i++) {
        const Bounds *one = &r->row[i / 2]->score[protocol][i % 2].map;
        b->pessimistic += one->pessimistic / (2 * r->seeds);
        b->expected += one->expected / (2 * r->seeds);
        b->optimistic += one->optimistic / (2 * r->seeds);
    }
}

static SummaryRow *row_for(Summary *s, const PlannedCell *c, const TableRow *r) {
    for (int i = 0; i < s->n; i++) {
        SummaryRow *x = &s->row[i];
        if (x->data == c->data && x->split == c->split && x->row[0]->bits == r->bits &&
            x->place == place_of(r))
            return x;
    }
    SummaryRow *x = &s->row[s->n++];
    *x = (SummaryRow){.data = c->data, .split = c->split, .place = place_of(r)};
    return x;
}

Status summary_make(Summary *s, const Plan *p, Error *err) {
    memset(s, 0, sizeof *s);
    s->row = mem_calloc((size_t)p->n * TABLE_ROWS + 1, sizeof *s->row);
    if (!s->row) return mem_error(err, "the table");
    for (int i = 0; i < p->n; i++)
        for (int k = 0; p->cell[i].done && k < p->cell[i].cell.rows; k++) {
            SummaryRow *r = row_for(s, &p->cell[i], &p->cell[i].cell.row[k]);
            if (r->seeds == SUMMARY_SEEDS) continue;
            r->cell[r->seeds] = &p->cell[i];
            r->row[r->seeds++] = &p->cell[i].cell.row[k];
        }
    for (int i = 0; i < s->n; i++) {
        for (int protocol = 0; protocol < 2; protocol++) bounds_of(&s->row[i], protocol);
        TRY(values_of(&s->row[i], err));
    }
    qsort(s->row, (size_t)s->n, sizeof *s->row, by_place);
    return STATUS_OK;
}

void summary_free(Summary *s) {
    mem_free(s->row);
    memset(s, 0, sizeof *s);
}

const SummaryRow *summary_find(const Summary *s, int data, TableSplit split, int bits, const char *method,
                               const char *features, const char *ablation) {
    for (int i = 0; i < s->n; i++) {
        const SummaryRow *r = &s->row[i];
        const TableRow *t = r->row[0];
        if (r->data == data && r->split == split && t->bits == bits && strcmp(t->method, method) == 0 &&
            (!features || strcmp(t->features, features) == 0) &&
            (!ablation || strcmp(t->ablation, ablation) == 0))
            return r;
    }
    return NULL;
}

int summary_shallow(const Summary *s, int data, TableSplit split, int bits, const char *features,
                    const SummaryRow **out, int most) {
    int n = 0;
    for (int i = 0; i < BASELINE_METHODS && n < most; i++) {
        const SummaryRow *r = summary_find(s, data, split, bits, BASELINES[i].name, features, NULL);
        if (r) out[n++] = r;
    }
    return n;
}

const SummaryRow *summary_best(const SummaryRow *const *rows, int n) {
    const SummaryRow *best = NULL;
    for (int i = 0; i < n; i++)
        if (!best || rows[i]->value[0][BOTH].value > best->value[0][BOTH].value) best = rows[i];
    return best;
}

/* ---- Differences ---- */

static int seed_place(const SummaryRow *r, int split_seed) {
    for (int i = 0; i < r->seeds; i++)
        if (r->cell[i]->split_seed == split_seed) return i;
    return -1;
}

static bool all_have(const SummaryRow *const *b, int n, int split_seed) {
    for (int k = 0; k < n; k++)
        if (seed_place(b[k], split_seed) < 0) return false;
    return true;
}

static void add_base(Scores *s, const SummaryRow *const *b, int n, int split_seed, size_t from) {
    for (int k = 0; k < n; k++) {
        const TableRow *r = b[k]->row[seed_place(b[k], split_seed)];
        for (size_t i = from; i < s->n; i++) s->base[i] += score_at(r, 0, BOTH, (int)(i - from)) / n;
    }
}

/* Means within each stratum: of the base into *base, averaged; how often the score's is above it. */
static void by_stratum(const Scores *s, Difference *d) {
    for (int k = 0; k < d->splits; k++) {
        double score = 0, base = 0, count = 0;
        for (size_t i = 0; i < s->n; i++)
            if (s->stratum[i] == k) score += s->score[i], base += s->base[i], count++;
        d->base += base / count / d->splits;
        d->ahead += score > base;
    }
}

Status summary_difference(Difference *out, const SummaryRow *a, const SummaryRow *const *b, int n,
                          Error *err) {
    Scores s;
    *out = (Difference){0};
    Status status = scores_begin(&s, a, err);
    for (int i = 0; status == STATUS_OK && i < a->seeds; i++) {
        int split_seed = a->cell[i]->split_seed;
        if (!all_have(b, n, split_seed)) continue;
        size_t from = s.n;
        add_queries(&s, a, i, out->splits++);
        add_base(&s, b, n, split_seed, from);
    }
    if (status == STATUS_OK && s.n > 0) {
        BootstrapSample sample = {.group = s.group, .stratum = s.stratum, .n = s.n};
        status = bootstrap_difference(&out->of, s.score, s.base, &sample, 0.95, 1, err);
        by_stratum(&s, out);
    }
    scores_free(&s);
    return status;
}
