#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/rng.h"

/* The queries of one group in one stratum. */
typedef struct {
    size_t stratum;
    double count;
} Entry;

/* The groups, each with its entries; most groups are in few strata. */
typedef struct {
    size_t groups, strata, columns;
    size_t *first; /* (groups + 1) where a group's entries begin */
    Entry *entry;
    double *sum;   /* (entries, columns) of the scores */
    double *drawn; /* (strata, 1 + columns): count and sums of one round */
    double *means; /* (columns, BOOTSTRAP_ROUNDS) */
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

/* member (n): sorted by group, so that the order of the queries affects only rounding within a group. */
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

/* Entries of the groups, members in their order. of (strata): scratch, 0 on entry: 1 + the entry of a stratum in the current group. */
static void fill_cells(Cells *c, const BootstrapSample *s, const double *const *score, const Member *member,
                       size_t *of) {
    size_t used = 0, group = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i > 0 && member[i].group != member[i - 1].group) {
            for (size_t e = c->first[group]; e < used; e++) of[c->entry[e].stratum] = 0;
            c->first[++group] = used;
        }
        size_t q = member[i].query, k = s->stratum ? (size_t)s->stratum[q] : 0;
        if (of[k] == 0) {
            c->entry[used] = (Entry){.stratum = k};
            of[k] = ++used;
        }
        Entry *e = &c->entry[of[k] - 1];
        e->count += 1.0;
        for (size_t j = 0; j < c->columns; j++) c->sum[(of[k] - 1) * c->columns + j] += score[j][q];
    }
    c->first[group + 1] = used;
}

static void add_group(Cells *c, size_t g) {
    for (size_t e = c->first[g]; e < c->first[g + 1]; e++) {
        double *drawn = c->drawn + c->entry[e].stratum * (1 + c->columns);
        const double *sum = c->sum + e * c->columns;
        drawn[0] += c->entry[e].count;
        for (size_t j = 0; j < c->columns; j++) drawn[1 + j] += sum[j];
    }
}

/* Mean of a column over the strata with at least one drawn query. */
static double round_mean(const Cells *c, size_t column) {
    double sum = 0.0, strata = 0.0;
    for (size_t k = 0; k < c->strata; k++) {
        const double *drawn = c->drawn + k * (1 + c->columns);
        if (drawn[0] <= 0.0) continue;
        sum += drawn[1 + column] / drawn[0];
        strata += 1.0;
    }
    return strata > 0.0 ? sum / strata : 0.0;
}

static void next_round(Cells *c) {
    memset(c->drawn, 0, c->strata * (1 + c->columns) * sizeof *c->drawn);
}

/* Quantile of sorted values, interpolated between the two nearest. */
static double quantile(const double *sorted, size_t n, double p) {
    double at = p * (double)(n - 1), whole = floor(at);
    size_t i = (size_t)whole;
    return i + 1 < n ? sorted[i] + (at - whole) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

static void resample(Interval *out, Cells *c, double level, uint64_t seed) {
    for (size_t g = 0; g < c->groups; g++) add_group(c, g);
    for (size_t j = 0; j < c->columns; j++)
        out[j] = (Interval){.value = round_mean(c, j), .groups = c->groups};
    for (uint32_t round = 0; round < BOOTSTRAP_ROUNDS; round++) {
        Rng r = rng_stream(seed, RNG_BOOTSTRAP, round);
        next_round(c);
        for (size_t g = 0; g < c->groups; g++) add_group(c, rng_below(&r, (uint32_t)c->groups));
        for (size_t j = 0; j < c->columns; j++) c->means[j * BOOTSTRAP_ROUNDS + round] = round_mean(c, j);
    }
    for (size_t j = 0; j < c->columns; j++) {
        double *means = c->means + j * BOOTSTRAP_ROUNDS;
        qsort(means, BOOTSTRAP_ROUNDS, sizeof *means, by_value);
        out[j].low = quantile(means, BOOTSTRAP_ROUNDS, (1.0 - level) / 2.0);
        out[j].high = quantile(means, BOOTSTRAP_ROUNDS, (1.0 + level) / 2.0);
    }
}

static Status run(Interval *out, const BootstrapSample *s, const double *const *score, size_t columns,
                  Member *member, double level, uint64_t seed, Error *err) {
    sort_members(s, member);
    Cells c = {.groups = count_groups(member, s->n), .strata = count_strata(s), .columns = columns};
    c.first = mem_calloc(c.groups + 1 + c.strata, sizeof *c.first);
    c.entry = mem_calloc(s->n, sizeof *c.entry);
    c.sum = mem_calloc(s->n * columns + c.strata * (1 + columns) + columns * BOOTSTRAP_ROUNDS, sizeof *c.sum);
    Status status = c.first && c.entry && c.sum ? STATUS_OK : mem_error(err, "a bootstrap");
    if (status == STATUS_OK) {
        c.drawn = c.sum + s->n * columns;
        c.means = c.drawn + c.strata * (1 + columns);
        fill_cells(&c, s, score, member, c.first + c.groups + 1);
        resample(out, &c, level, seed);
    }
    mem_free(c.first);
    mem_free(c.entry);
    mem_free(c.sum);
    return status;
}

Status bootstrap_means(Interval *out, const double *const *score, size_t columns, const BootstrapSample *s,
                       double level, uint64_t seed, Error *err) {
    NN_REQUIRE(s->n > 0 && columns > 0 && level > 0.0 && level < 1.0, "%zu scores, %zu columns, level %g",
               s->n, columns, level);
    Member *member = mem_calloc(s->n, sizeof *member);
    if (!member) return mem_error(err, "a bootstrap");
    Status status = run(out, s, score, columns, member, level, seed, err);
    mem_free(member);
    return status;
}

Status bootstrap_mean(Interval *out, const BootstrapSample *s, double level, uint64_t seed, Error *err) {
    return bootstrap_means(out, &s->score, 1, s, level, seed, err);
}

Status bootstrap_difference(Interval *out, const double *a, const double *b, const BootstrapSample *sample,
                            double level, uint64_t seed, Error *err) {
    double *difference = mem_calloc(sample->n, sizeof *difference);
    if (!difference) return mem_error(err, "a bootstrap");
    for (size_t i = 0; i < sample->n; i++) difference[i] = a[i] - b[i];
    const double *column = difference;
    Status status = bootstrap_means(out, &column, 1, sample, level, seed, err);
    mem_free(difference);
    return status;
}
