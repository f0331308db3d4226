#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "nn/base/alloc.h"
#include "nn/base/rng.h"

/* Sum and count of the scores of each group in each stratum. */
typedef struct {
    size_t groups, strata;
    double *sum, *count; /* (groups, strata) */
    double *drawn;       /* (2, strata): sums and counts of one round */
    double *means;       /* (BOOTSTRAP_ROUNDS) */
} Cells;

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct {
    int group;
    size_t query;
} Member;

static int by_group(const void *a, const void *b) {
    const Member *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    return (x->query > y->query) - (x->query < y->query);
}

/* member (n): sorted by group, so that the order of the queries decides nothing but rounding within a group.
 */
static void sort_members(const BootstrapSample *s, Member *member) {
    for (size_t i = 0; i < s->n; i++) member[i] = (Member){s->group ? s->group[i] : (int)i, i};
    qsort(member, s->n, sizeof *member, by_group);
}

static size_t count_groups(const Member *member, size_t n) {
    size_t groups = 1;
    for (size_t i = 1; i < n; i++) groups += member[i].group != member[i - 1].group;
    return groups;
}

static size_t count_strata(const BootstrapSample *s) {
    int most = 0;
    for (size_t i = 0; s->stratum && i < s->n; i++) {
        NN_REQUIRE(s->stratum[i] >= 0, "stratum %d", s->stratum[i]);
        if (s->stratum[i] > most) most = s->stratum[i];
    }
    return (size_t)most + 1;
}

static void fill_cells(Cells *c, const BootstrapSample *s, const Member *member) {
    size_t group = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i > 0 && member[i].group != member[i - 1].group) group++;
        size_t q = member[i].query, cell = group * c->strata + (s->stratum ? (size_t)s->stratum[q] : 0);
        c->sum[cell] += s->score[q];
        c->count[cell] += 1.0;
    }
}

static void add_group(Cells *c, size_t g) {
    for (size_t k = 0; k < c->strata; k++) {
        c->drawn[k] += c->sum[g * c->strata + k];
        c->drawn[c->strata + k] += c->count[g * c->strata + k];
    }
}

/* Mean over the strata that anything was drawn of; starts the next round. */
static double finish_round(Cells *c) {
    double sum = 0.0, strata = 0.0;
    for (size_t k = 0; k < c->strata; k++) {
        double count = c->drawn[c->strata + k];
        if (count > 0.0) {
            sum += c->drawn[k] / count;
            strata += 1.0;
        }
        c->drawn[k] = c->drawn[c->strata + k] = 0.0;
    }
    return strata > 0.0 ? sum / strata : 0.0;
}

/* Between the two nearest of the sorted values. */
static double quantile(const double *sorted, size_t n, double p) {
    double at = p * (double)(n - 1), whole = floor(at);
    size_t i = (size_t)whole;
    return i + 1 < n ? sorted[i] + (at - whole) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

static void resample(Interval *out, Cells *c, double level, uint64_t seed) {
    for (size_t g = 0; g < c->groups; g++) add_group(c, g);
    out->value = finish_round(c);
    out->groups = c->groups;
    for (uint32_t round = 0; round < BOOTSTRAP_ROUNDS; round++) {
        Rng r = rng_stream(seed, RNG_BOOTSTRAP, round);
        for (size_t g = 0; g < c->groups; g++) add_group(c, rng_below(&r, (uint32_t)c->groups));
        c->means[round] = finish_round(c);
    }
    qsort(c->means, BOOTSTRAP_ROUNDS, sizeof *c->means, by_value);
    out->low = quantile(c->means, BOOTSTRAP_ROUNDS, (1.0 - level) / 2.0);
    out->high = quantile(c->means, BOOTSTRAP_ROUNDS, (1.0 + level) / 2.0);
}

static Status run(Interval *out, const BootstrapSample *s, Member *member, double level, uint64_t seed,
                  Error *err) {
    sort_members(s, member);
    Cells c = {.groups = count_groups(member, s->n), .strata = count_strata(s)};
    size_t cells = c.groups * c.strata;
    c.sum = mem_calloc(2 * cells + 2 * c.strata + BOOTSTRAP_ROUNDS, sizeof *c.sum);
    if (!c.sum) return mem_error(err, "a bootstrap");
    c.count = c.sum + cells;
    c.drawn = c.count + cells;
    c.means = c.drawn + 2 * c.strata;
    fill_cells(&c, s, member);
    resample(out, &c, level, seed);
    mem_free(c.sum);
    return STATUS_OK;
}

Status bootstrap_mean(Interval *out, const BootstrapSample *s, double level, uint64_t seed, Error *err) {
    NN_REQUIRE(s->n > 0 && level > 0.0 && level < 1.0, "%zu scores, level %g", s->n, level);
    Member *member = mem_calloc(s->n, sizeof *member);
    if (!member) return mem_error(err, "a bootstrap");
    Status status = run(out, s, member, level, seed, err);
    mem_free(member);
    return status;
}

Status bootstrap_difference(Interval *out, const double *a, const double *b, const BootstrapSample *sample,
                            double level, uint64_t seed, Error *err) {
    double *difference = mem_calloc(sample->n, sizeof *difference);
    if (!difference) return mem_error(err, "a bootstrap");
    for (size_t i = 0; i < sample->n; i++) difference[i] = a[i] - b[i];
    BootstrapSample s = *sample;
    s.score = difference;
    Status status = bootstrap_mean(out, &s, level, seed, err);
    mem_free(difference);
    return status;
}
