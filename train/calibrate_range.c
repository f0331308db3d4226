/* How far each share could lie from what other patients would have given: a bootstrap over the patients of both sides, its
 * percentiles expanded for few patients (Hesterberg 2015, Am. Stat. 69:371). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "train/calibrate.h"

enum { ROUNDS = 400, MOST = 1000 /* cases of each side: more would cost time and narrow the range little */ };

/* Cases of one side, evenly spaced. */
typedef struct {
    size_t n, at[MOST]; /* in the set */
    uint32_t groups;
    uint32_t group[MOST]; /* (n) from 0 */
    uint32_t drawn[MOST]; /* (groups) how often this round drew the group */
} Side;

typedef struct {
    uint16_t query, item, distance, shared;
} Pair;

typedef struct {
    Side side[2]; /* queries, database */
    Pair *pair;
    size_t n;
    int64_t *count; /* (2, bits+1) of a round: pairs, pairs that share a label */
    double *curve;  /* (bits+1, ROUNDS) */
    int rounds;     /* with pairs */
} Draws;

static void take_cases(Side *s, const CaseSet *c) {
    s->n = c->n < MOST ? c->n : MOST;
    for (size_t i = 0; i < s->n; i++) {
        size_t first = 0;
        s->at[i] = i * c->n / s->n;
        while (c->group[s->at[first]] != c->group[s->at[i]]) first++;
        s->group[i] = first < i ? s->group[first] : s->groups++;
    }
}

static bool share_label(const RetrievalTask *t, size_t query, size_t item) {
    size_t classes = (size_t)t->query->classes;
    const uint8_t *a = t->query->labels + query * classes, *b = t->database->labels + item * classes;
    for (size_t k = 0; k < classes; k++)
        if (a[k] && b[k]) return true;
    return false;
}

static void list_pairs(Draws *d, const RetrievalTask *t) {
    size_t bytes = code_bytes(t->query->bits);
    for (size_t q = 0; q < d->side[0].n; q++)
        for (size_t i = 0; i < d->side[1].n; i++) {
            size_t query = d->side[0].at[q], item = d->side[1].at[i];
            if (t->query->group[query] == t->database->group[item]) continue;
            int distance =
                code_distance(t->query->code[t->from] + query * bytes,
                              t->database->code[modality_other(t->from)] + item * bytes, t->query->bits);
            d->pair[d->n++] =
                (Pair){(uint16_t)q, (uint16_t)i, (uint16_t)distance, share_label(t, query, item)};
        }
}

static void draw_groups(Side *s, Rng *rng) {
    memset(s->drawn, 0, sizeof s->drawn);
    for (uint32_t i = 0; i < s->groups; i++) s->drawn[rng_below(rng, s->groups)]++;
}

/* The curve of the groups as often as they were drawn; false where they have no pair. */
static bool fit_curve(Draws *d, int bits, double *share) {
    size_t row = (size_t)bits + 1;
    int64_t pairs = 0;
    memset(d->count, 0, 2 * row * sizeof *d->count);
    for (size_t i = 0; i < d->n; i++) {
        const Pair *p = &d->pair[i];
        int64_t times = (int64_t)d->side[0].drawn[d->side[0].group[p->query]] *
                        d->side[1].drawn[d->side[1].group[p->item]];
        d->count[p->distance] += times;
        if (p->shared) d->count[row + p->distance] += times;
        pairs += times;
    }
    if (pairs) calibration_curve(d->count, d->count + row, bits, 0, share);
    return pairs > 0;
}

static void draw_curves(Draws *d, int bits) {
    Rng rng = rng_stream(1, RNG_BOOTSTRAP, 0);
    double share[CODE_MAX_BITS + 1];
    for (int i = 0; i < ROUNDS; i++) {
        for (int k = 0; k < 2; k++) draw_groups(&d->side[k], &rng);
        if (!fit_curve(d, bits, share)) continue;
        for (int k = 0; k <= bits; k++) d->curve[k * ROUNDS + d->rounds] = share[k];
        d->rounds++;
    }
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Draws of n groups differ too little by this factor, most for few groups: Student's quantile (Cornish and Fisher) over the normal one, and
 * the deviation by n - 1. */
static double expansion(uint32_t n) {
    double z = 1.959964, z3 = z * z * z, f = n - 1.0;
    double t = z + (z3 + z) / (4 * f) + (5 * z3 * z * z + 16 * z3 + 3 * z) / (96 * f * f);
    return t / z * sqrt(n / f);
}

/* range (2, bits+1): the 2.5th and the 97.5th of 100 parts of the draws, expanded around the curve of all pairs. */
static void find_range(Draws *d, int bits, const double *share, float *range) {
    size_t row = (size_t)bits + 1, last = (size_t)d->rounds - 1, cut = last / 40;
    double wider = expansion(d->side[0].groups);
    for (size_t k = 0; k < row; k++) {
        double *value = d->curve + k * ROUNDS;
        qsort(value, (size_t)d->rounds, sizeof *value, by_size);
        range[k] = (float)fmax(0, share[k] + wider * (value[cut] - share[k]));
        range[row + k] = (float)fmin(1, share[k] + wider * (value[last - cut] - share[k]));
    }
}

static void measure(Draws *d, const RetrievalTask *t, float *range) {
    double share[CODE_MAX_BITS + 1];
    list_pairs(d, t);
    for (int i = 0; i < 2; i++)
        for (uint32_t k = 0; k < d->side[i].groups; k++) d->side[i].drawn[k] = 1;
    if (d->side[0].groups < 2 || !fit_curve(d, t->query->bits, share)) return;
    draw_curves(d, t->query->bits);
    if (d->rounds) find_range(d, t->query->bits, share, range);
}

Status calibrate_range(const RetrievalTask *t, float *range, Error *err) {
    size_t row = (size_t)t->query->bits + 1;
    Draws *d = mem_calloc(1, sizeof *d);
    Status s = d ? STATUS_OK : mem_error(err, "the calibration");
    for (size_t k = 0; k < 2 * row; k++) range[k] = k < row ? 0 : 1;
    if (s == STATUS_OK) {
        take_cases(&d->side[0], t->query);
        take_cases(&d->side[1], t->database);
        d->pair = mem_calloc(d->side[0].n * d->side[1].n + 1, sizeof *d->pair);
        d->count = mem_calloc(2 * row, sizeof *d->count);
        d->curve = mem_calloc(row * ROUNDS, sizeof *d->curve);
        if (!d->pair || !d->count || !d->curve) s = mem_error(err, "the calibration");
    }
    if (s == STATUS_OK) measure(d, t, range);
    if (d) {
        mem_free(d->curve);
        mem_free(d->count);
        mem_free(d->pair);
    }
    mem_free(d);
    return s;
}
