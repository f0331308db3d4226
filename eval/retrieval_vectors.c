#include "eval/retrieval_vectors.h"

#include <math.h>
#include <stdlib.h>

#include "nn/base/alloc.h"

struct Scored {
    double score;
    uint16_t shared;
};

struct Scored *vectors_scratch(size_t n) {
    return mem_calloc(n, sizeof(struct Scored));
}

static double dot(const float *a, const float *b, size_t n) {
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) sum[k] += (double)a[i + k] * (double)b[i + k];
    for (; i < n; i++) sum[0] += (double)a[i] * (double)b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static int by_score_falling(const void *a, const void *b) {
    double x = ((const struct Scored *)a)->score, y = ((const struct Scored *)b)->score;
    return (x < y) - (x > y);
}

/* The query's norm scales all scores equally and is left out. */
static size_t score_all(const VectorRanking *v, size_t q, struct Scored *scored) {
    const RetrievalTask *t = v->task;
    const CaseSet *database = t->database;
    size_t dim = (size_t)database->dim, n = 0;
    const float *query = t->query->vector[t->from] + q * dim,
                *item = database->vector[modality_other(t->from)];
    for (size_t i = 0; i < database->n; i++) {
        if (t->other_groups && t->query->group[q] == database->group[i]) continue;
        bit_planes_shared(&v->labels->query_labels, q, &v->labels->database_labels, i, 1, &scored[n].shared);
        scored[n].score = dot(query, item + i * dim, dim) * v->inverse_norm[i];
        n++;
    }
    return n;
}

void vectors_count(const VectorRanking *v, size_t q, struct Scored *scored, TieTable *table) {
    size_t n = score_all(v, q, scored);
    qsort(scored, n, sizeof *scored, by_score_falling);
    table->levels = (size_t)bit_planes_count(&v->labels->query_labels, q) + 1;
    table->groups = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || scored[i].score != scored[i - 1].score) {
            uint32_t *row = table->count + table->groups++ * table->levels;
            for (size_t l = 0; l < table->levels; l++) row[l] = 0;
        }
        table->count[(table->groups - 1) * table->levels + scored[i].shared]++;
    }
}

static Status check_finite(const float *v, size_t n, int dim, const char *what, Error *err) {
    for (size_t i = 0; i < n * (size_t)dim; i++)
        if (!isfinite(v[i]))
            return error_set(err, STATUS_INPUT, "%s: row %zu, column %zu is not a finite number", what,
                             i / (size_t)dim + 1, i % (size_t)dim + 1);
    return STATUS_OK;
}

Status vectors_open(VectorRanking *v, const RetrievalTask *t, Ranking *r, Error *err) {
    const CaseSet *q = t->query, *d = t->database;
    *v = (VectorRanking){.task = t, .labels = r};
    r->task = t;
    const float *query = q->vector[t->from], *item = d->vector[modality_other(t->from)];
    NN_REQUIRE(q->n > 0 && d->n > 0 && d->dim > 0 && q->dim == d->dim,
               "%zu queries, %zu items, %d dimensions", q->n, d->n, d->dim);
    TRY(check_finite(query, q->n, q->dim, "query vectors", err));
    TRY(check_finite(item, d->n, d->dim, "database vectors", err));
    TRY(bit_planes_of_labels(&r->query_labels, q->labels, q->n, q->classes, err));
    TRY(bit_planes_of_labels(&r->database_labels, d->labels, d->n, d->classes, err));
    v->inverse_norm = mem_calloc(d->n, sizeof *v->inverse_norm);
    if (!v->inverse_norm) return mem_error(err, "evaluation");
    for (size_t i = 0; i < d->n; i++) {
        const float *x = item + i * (size_t)d->dim;
        double norm = sqrt(dot(x, x, (size_t)d->dim));
        v->inverse_norm[i] = norm > 0.0 ? 1.0 / norm : 0.0;
    }
    return STATUS_OK;
}

void vectors_close(VectorRanking *v) {
    mem_free(v->inverse_norm);
}
