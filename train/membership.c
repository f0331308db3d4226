#include "train/membership.h"

#include <math.h>

#include "hash/code.h"
#include "nn/base/alloc.h"

/* ---- The area ---- */

/* place (of->n): the share of the other side's distances that are larger (side 1) or smaller (side -1), ties by half; its mean is the
 * area. */
static Status placements(double *place, const Distances *of, const Distances *beside, int bits, int side,
                         Error *err) {
    double *at = mem_calloc((size_t)bits + 1, sizeof *at);
    if (!at) return mem_error(err, "the area");
    for (size_t i = 0; i < beside->n; i++) at[beside->distance[i]]++;
    for (size_t i = 0; i < of->n; i++) {
        int d = of->distance[i];
        place[i] = at[d] / 2;
        for (int k = d + side; k >= 0 && k <= bits; k += side) place[i] += at[k];
        place[i] /= (double)beside->n;
    }
    mem_free(at);
    return STATUS_OK;
}

static Status mean_of(Interval *out, const Distances *of, const Distances *beside, int bits, int side,
                      Error *err) {
    double *place = mem_calloc(of->n, sizeof *place);
    Status s = place ? placements(place, of, beside, bits, side, err) : mem_error(err, "the area");
    BootstrapSample sample = {.score = place, .group = of->group, .n = of->n};
    if (s == STATUS_OK) s = bootstrap_mean(out, &sample, 0.95, 1, err);
    mem_free(place);
    return s;
}

Status membership_area(Interval *out, const Distances *members, const Distances *others, int bits,
                       Error *err) {
    Interval a, b;
    TRY(mean_of(&a, members, others, bits, 1, err));
    TRY(mean_of(&b, others, members, bits, -1, err));
    *out = (Interval){.value = a.value,
                      .low = fmax(0, a.value - hypot(a.value - a.low, b.value - b.low)),
                      .high = fmin(1, a.value + hypot(a.high - a.value, b.high - b.value)),
                      .groups = a.groups + b.groups};
    return STATUS_OK;
}

/* ---- The codes ---- */

/* Appends the cases of a set to d, which has room for them: bits between the codes of picture and report. */
static void add_cases(int *distance, int *group, size_t *n, const CaseSet *c) {
    size_t bytes = code_bytes(c->bits);
    for (size_t i = 0; i < c->n; i++) {
        distance[*n] =
            code_distance(c->code[MODALITY_IMAGE] + i * bytes, c->code[MODALITY_TEXT] + i * bytes, c->bits);
        group[(*n)++] = c->group[i];
    }
}

static Status compare(Membership *m, const CaseSet *train, const Evaluation *e, Error *err) {
    size_t most = train->n + e->query.n + e->database.n, n = 0;
    int *distance = mem_calloc(most + 1, sizeof *distance), *group = mem_calloc(most + 1, sizeof *group);
    Status s = distance && group ? STATUS_OK : mem_error(err, "the distances");
    if (s == STATUS_OK) {
        add_cases(distance, group, &n, train);
        add_cases(distance, group, &n, &e->query);
        add_cases(distance, group, &n, &e->database);
        m->members = train->n;
        m->others = n - train->n;
        Distances members = {distance, group, m->members},
                  others = {distance + train->n, group + train->n, m->others};
        s = membership_area(&m->area, &members, &others, train->bits, err);
    }
    mem_free(distance);
    mem_free(group);
    return s;
}

Status membership_measure(Membership *m, const Session *s, const Model *model, const Evaluation *e,
                          Error *err) {
    CaseSet train;
    Status status = evaluation_cases(&train, s, SET_TRAIN, err);
    if (status == STATUS_OK) status = evaluation_encode(&train, NULL, s, model, SET_TRAIN, err);
    if (status == STATUS_OK) status = compare(m, &train, e, err);
    for (Modality k = 0; k < MODALITIES; k++) mem_free((void *)train.code[k]);
    evaluation_cases_free(&train);
    return status;
}
