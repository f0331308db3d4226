#include "train/table/table_summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"
#include "train/evaluate.h"

/* ---- The order of the rows ---- */

/* RANDOM, each shallow method on each kind of features, DCMH, codes of other programs in the order given, CLASSIFIER, MSACH, its ablations
 * in the order of ABLATIONS, REAL-VALUED by contexts and by posteriors, ORACLE. */
static int kind_of(const TableRow *r) {
    int kind = FEATURE_KINDS - 1;
    while (kind > 0 && strcmp(FEATURE_NAMES[kind], r->features) != 0) kind--;
    return kind;
}

static int place_of(const Plan *p, const TableRow *r) {
    static const char *const order[] = {"RANDOM", "", "DCMH", "CLASSIFIER", "MSACH", "REAL-VALUED", "ORACLE"};
    enum { SHALLOW = 1, DCMH = 2, OWN = 4, LAST = 6, STEP = 100 };
    for (int i = 0; strcmp(r->features, "codes") == 0 && i < p->n_codes; i++)
        if (strcmp(r->method, p->codes[i].name) == 0) return DCMH * STEP + 1 + i;
    for (int i = 0; i < BASELINE_METHODS; i++)
        if (strcmp(r->method, BASELINES[i].name) == 0) return SHALLOW * STEP + FEATURE_KINDS * i + kind_of(r);
    int group = 0, ablation = 0;
    while (group < LAST && strcmp(order[group], r->method) != 0) group++;
    while (group == OWN && ABLATIONS[ablation].name && strcmp(ABLATIONS[ablation].name, r->ablation) != 0)
        ablation++;
    return group * STEP + ablation + kind_of(r);
}

static int by_place(const void *a, const void *b) {
    const SummaryRow *x = a, *y = b;
    int difference[] = {x->data - y->data, (int)x->split - (int)y->split, x->bits - y->bits,
                        x->place - y->place};
    for (int i = 0; i < 4; i++)
        if (difference[i]) return difference[i];
    return 0;
}

static SummaryRow *row_for(Summary *s, const Plan *p, const PlannedCell *c, const TableRow *r) {
    int place = place_of(p, r);
    for (int i = 0; i < s->n; i++)
        if (summary_is(&s->row[i], c->data, c->split, r->bits) && s->row[i].place == place) return &s->row[i];
    SummaryRow *x = &s->row[s->n++];
    *x = (SummaryRow){.data = c->data, .split = c->split, .bits = r->bits, .place = place};
    bool ablated = strcmp(r->method, "MSACH") == 0 && strcmp(r->ablation, "full") != 0;
    static const char *const on[FEATURE_KINDS] = {"", ", raw features", ", semantic features"};
    snprintf(x->name, sizeof x->name, "%s%s%s", r->method, ablated ? " " : on[kind_of(r)],
             ablated ? r->ablation : "");
    return x;
}

/* ---- Values ---- */

static double score_at(const TableRow *r, int protocol, int direction, size_t q) {
    const TableScore *s = r->score[protocol];
    return direction == BOTH ? (s[0].ap.value[q] + s[1].ap.value[q]) / 2 : s[direction].ap.value[q];
}

/* Groups and split seeds (strata) of all queries of some split seeds, and columns of scores, one after the other. */
enum { COLUMNS = 2 * SUMMARY_DIRECTIONS };
typedef struct {
    int *group, *stratum;
    double *column[COLUMNS];
    size_t n;
} Scores;

static void scores_free(Scores *s) {
    mem_free(s->group);
    mem_free(s->stratum);
    mem_free(s->column[0]);
}

static Status scores_begin(Scores *s, const SummaryRow *r, Error *err) {
    size_t n = 1;
    for (int i = 0; i < r->seeds; i++) n += r->cell[i]->cell.group.n;
    *s = (Scores){.group = mem_calloc(n, sizeof *s->group), .stratum = mem_calloc(n, sizeof *s->stratum)};
    s->column[0] = mem_calloc(n * COLUMNS, sizeof *s->column[0]);
    if (!s->group || !s->stratum || !s->column[0]) return mem_error(err, "the table");
    for (size_t k = 1; k < COLUMNS; k++) s->column[k] = s->column[0] + k * n;
    return STATUS_OK;
}

/* Adds the queries of the row's i-th split seed as a stratum; the caller fills their columns from the returned position. */
static size_t add_queries(Scores *s, const SummaryRow *r, int i, int stratum) {
    const Numbers *group = &r->cell[i]->cell.group;
    for (size_t q = 0; q < group->n; q++) {
        s->group[s->n] = (int)group->value[q];
        s->stratum[s->n++] = stratum;
    }
    return s->n - group->n;
}

/* All values of a row, from the same draws of groups. */
static Status compute_values(SummaryRow *r, Error *err) {
    Scores s;
    Status status = scores_begin(&s, r, err);
    for (int i = 0; status == STATUS_OK && i < r->seeds; i++) {
        size_t from = add_queries(&s, r, i, i);
        for (size_t q = from; q < s.n; q++)
            for (int k = 0; k < COLUMNS; k++)
                s.column[k][q] =
                    score_at(r->row[i], k / SUMMARY_DIRECTIONS, k % SUMMARY_DIRECTIONS, q - from);
        for (Modality m = 0; m < MODALITIES; m++) {
            const double *map = r->row[i]->score[PROTOCOL_HONEST][m].map;
            r->worst += map[MAP_PESSIMISTIC] / (MODALITIES * r->seeds);
            r->best += map[MAP_OPTIMISTIC] / (MODALITIES * r->seeds);
        }
    }
    if (status == STATUS_OK) {
        BootstrapSample sample = {.group = s.group, .stratum = s.stratum, .n = s.n};
        status =
            bootstrap_means(&r->value[0][0], (const double *const *)s.column, COLUMNS, &sample, 0.95, 1, err);
    }
    scores_free(&s);
    return status;
}

Status summary_make(Summary *s, const Plan *p, Error *err) {
    *s = (Summary){.row = mem_calloc((size_t)p->n * CELL_ROWS + 1, sizeof *s->row)};
    if (!s->row) return mem_error(err, "the table");
    for (int i = 0; i < p->n; i++)
        for (int k = 0; p->cell[i].done && k < p->cell[i].cell.rows; k++) {
            SummaryRow *r = row_for(s, p, &p->cell[i], &p->cell[i].cell.row[k]);
            if (r->seeds == SUMMARY_SEEDS) continue;
            r->cell[r->seeds] = &p->cell[i];
            r->row[r->seeds++] = &p->cell[i].cell.row[k];
        }
    for (int i = 0; i < s->n; i++) TRY(compute_values(&s->row[i], err));
    qsort(s->row, (size_t)s->n, sizeof *s->row, by_place);
    return STATUS_OK;
}

void summary_free(Summary *s) {
    mem_free(s->row);
    *s = (Summary){0};
}

/* ---- Finding rows ---- */

bool summary_is(const SummaryRow *r, int data, TableSplit split, int bits) {
    return r->data == data && r->split == split && r->bits == bits;
}

bool summary_has(const Summary *s, int data, TableSplit split, int bits) {
    return summary_find(s, data, split, bits, NULL, NULL, NULL) != NULL;
}

bool summary_is_msach(const SummaryRow *r) {
    return strcmp(r->row[0]->method, "MSACH") == 0;
}

static bool matches(const char *wanted, const char *found) {
    return !wanted || strcmp(wanted, found) == 0;
}

const SummaryRow *summary_find(const Summary *s, int data, TableSplit split, int bits, const char *method,
                               const char *features, const char *ablation) {
    for (int i = 0; i < s->n; i++) {
        const TableRow *t = s->row[i].row[0];
        if (summary_is(&s->row[i], data, split, bits) && matches(method, t->method) &&
            matches(features, t->features) && matches(ablation, t->ablation))
            return &s->row[i];
    }
    return NULL;
}

int summary_shallow(const Summary *s, int data, TableSplit split, int bits, const char *features,
                    const SummaryRow **out) {
    int n = 0;
    for (int i = 0; i < BASELINE_METHODS; i++) {
        const SummaryRow *r = summary_find(s, data, split, bits, BASELINES[i].name, features, NULL);
        if (r) out[n++] = r;
    }
    return n;
}

const SummaryRow *summary_best(const SummaryRow *const *rows, int n) {
    const SummaryRow *best = NULL;
    for (int i = 0; i < n; i++)
        if (!best || rows[i]->value[PROTOCOL_HONEST][BOTH].value > best->value[PROTOCOL_HONEST][BOTH].value)
            best = rows[i];
    return best;
}

const SummaryRow *summary_winner(const Summary *s, int data, TableSplit split, int bits) {
    const SummaryRow *pair[2] = {NULL};
    for (int i = 0; i < s->n; i++) {
        const char *method = s->row[i].row[0]->method;
        if (!summary_is(&s->row[i], data, split, bits) || strcmp(method, "ORACLE") == 0 ||
            strcmp(method, "REAL-VALUED") == 0)
            continue;
        pair[1] = &s->row[i];
        pair[0] = pair[0] ? summary_best(pair, 2) : pair[1];
    }
    return pair[0];
}

/* ---- Differences ---- */

/* The row's result on a split seed, or NULL. */
static const TableRow *on_seed(const SummaryRow *r, int split_seed) {
    for (int i = 0; i < r->seeds; i++)
        if (r->cell[i]->split_seed == split_seed) return r->row[i];
    return NULL;
}

/* g->base: the mean of `base` within each stratum, averaged over strata; g->ahead: strata where the mean of `own` is higher. */
static void compare_strata(const Scores *s, const double *own, const double *base, Gain *g) {
    for (int k = 0; k < g->splits; k++) {
        double sum = 0, base_sum = 0, count = 0;
        for (size_t i = 0; i < s->n; i++)
            if (s->stratum[i] == k) sum += own[i], base_sum += base[i], count++;
        g->base += base_sum / count / g->splits;
        g->ahead += sum > base_sum;
    }
}

static Status pair_queries(Gain *g, Scores *s, const SummaryRow *a, const SummaryRow *const *b, int n,
                           Error *err) {
    double *own = s->column[0], *base = s->column[1];
    for (int i = 0; i < a->seeds; i++) {
        int seed = a->cell[i]->split_seed, have = 0;
        for (int k = 0; k < n; k++) have += on_seed(b[k], seed) != NULL;
        if (have < n) continue;
        size_t from = add_queries(s, a, i, g->splits++);
        for (size_t q = from; q < s->n; q++) {
            own[q] = score_at(a->row[i], PROTOCOL_HONEST, BOTH, q - from);
            for (int k = 0; k < n; k++)
                base[q] += score_at(on_seed(b[k], seed), PROTOCOL_HONEST, BOTH, q - from) / n;
        }
    }
    if (s->n == 0) return STATUS_OK;
    BootstrapSample sample = {.group = s->group, .stratum = s->stratum, .n = s->n};
    compare_strata(s, own, base, g);
    return bootstrap_difference(&g->difference, own, base, &sample, 0.95, 1, err);
}

/* a minus the mean of the rows b (n); no difference where a or b are missing. */
static Status gain_over(Gain *g, const char *over, const SummaryRow *a, const SummaryRow *const *b, int n,
                        Error *err) {
    Scores s;
    *g = (Gain){.splits = 0};
    snprintf(g->over, sizeof g->over, "%s", over);
    if (!a || n == 0) return STATUS_OK;
    Status status = scores_begin(&s, a, err);
    if (status == STATUS_OK) status = pair_queries(g, &s, a, b, n, err);
    scores_free(&s);
    return status;
}

Status summary_gains(const Summary *s, int data, TableSplit split, int bits, Gain out[GAINS], Error *err) {
    static const char *const where[FEATURE_KINDS] = {"the same stage-1 features", "raw features",
                                                     "semantic features"},
                             *const others[] = {"CLASSIFIER", "DCMH"};
    const SummaryRow *own = summary_find(s, data, split, bits, "MSACH", NULL, "full");
    const SummaryRow *rows[BASELINE_METHODS], *bests[FEATURE_KINDS];
    char over[96];
    memset(out, 0, GAINS * sizeof *out);
    int kinds = 0;
    for (int f = 0; f < FEATURE_KINDS; f++) {
        int n = summary_shallow(s, data, split, bits, FEATURE_NAMES[f], rows);
        const SummaryRow *best = summary_best(rows, n);
        if (best) bests[kinds++] = best;
        snprintf(over, sizeof over, "the mean of %d traditional methods on %s", n, where[f]);
        TRY(gain_over(out++, over, own, rows, n, err));
        snprintf(over, sizeof over, "the best of them on %s%s%s", where[f], best ? ", " : "",
                 best ? best->row[0]->method : "");
        TRY(gain_over(out++, over, own, &best, best != NULL, err));
    }
    const SummaryRow *best = summary_best(bests, kinds);
    snprintf(over, sizeof over, "the best traditional row%s%s", best ? ", " : "", best ? best->name : "");
    TRY(gain_over(out++, over, own, &best, best != NULL, err));
    for (int i = 0; i < 2; i++) {
        rows[0] = summary_find(s, data, split, bits, others[i], NULL, NULL);
        TRY(gain_over(out++, others[i], own, rows, rows[0] != NULL, err));
    }
    for (int i = 0, found = 0; i < s->n && found < GAINS_CODES; i++) {
        rows[0] = &s->row[i];
        if (!summary_is(rows[0], data, split, bits) || strcmp(rows[0]->row[0]->features, "codes") != 0)
            continue;
        TRY(gain_over(&out[found++], rows[0]->name, own, rows, 1, err));
    }
    return STATUS_OK;
}

Status summary_ablations(const Summary *s, int data, int bits, Gain out[ABLATIONS_MOST], int *n, Error *err) {
    const SummaryRow *full = summary_find(s, data, TABLE_STANDARD, bits, "MSACH", NULL, "full");
    *n = 0;
    for (int i = 1; full && ABLATIONS[i].name && *n < ABLATIONS_MOST; i++) {
        const SummaryRow *r = summary_find(s, data, TABLE_STANDARD, bits, "MSACH", NULL, ABLATIONS[i].name);
        if (r) TRY(gain_over(&out[(*n)++], ABLATIONS[i].name, full, &r, 1, err));
    }
    return STATUS_OK;
}

bool summary_is_sure(const Gain *g) {
    return g->difference.low > 0 || g->difference.high < 0;
}
