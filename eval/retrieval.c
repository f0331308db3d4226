#include "eval/retrieval.h"

#include <math.h>
#include <stdlib.h>

#include "nn/base/alloc.h"
#include "nn/base/parts.h"

const int retrieval_cut[RETRIEVAL_CUTS] = {1, 5, 10, 50, 100, 500, 1000};

/* Queries of one work item. Curves are summed chunk by chunk, then over chunks in order. */
enum { CHUNK = 32 };

typedef struct {
    double score;
    uint16_t shared;
} Scored;

/* Of one worker. */
typedef struct {
    TieTable table;
    uint32_t *spare, *all, *relevant;
    Scored *scored; /* (database), for vectors */
} Scratch;

typedef struct {
    const RetrievalTask *task;
    bool vectors; /* ranked by vectors, else by codes */
    size_t queries, database, max_groups, max_levels;
    Ranking ranking;      /* labels, and codes where ranked by them */
    double *inverse_norm; /* (database), for vectors */
    double *harmonic, *discount;
    Scratch *scratch; /* (threads) */
    int threads, chunks;
    RadiusSum *sums; /* (chunks, radii) */
    Retrieval *out;
} Job;

/* ---- Ranking by cosine ---- */

static double dot(const float *a, const float *b, size_t n) {
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) sum[k] += (double)a[i + k] * (double)b[i + k];
    for (; i < n; i++) sum[0] += (double)a[i] * (double)b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static int by_score_falling(const void *a, const void *b) {
    double x = ((const Scored *)a)->score, y = ((const Scored *)b)->score;
    return (x < y) - (x > y);
}

/* The query's own norm scales all scores alike and is left out. */
static size_t score_all(const Job *job, size_t q, Scored *scored) {
    const RetrievalTask *t = job->task;
    const CaseSet *database = t->database;
    size_t dim = (size_t)database->dim, n = 0;
    const float *query = t->query->vector[t->from] + q * dim,
                *item = database->vector[modality_other(t->from)];
    for (size_t i = 0; i < database->n; i++) {
        if (t->other_groups && t->query->group[q] == database->group[i]) continue;
        bit_planes_shared(&job->ranking.query_labels, q, &job->ranking.database_labels, i, 1,
                          &scored[n].shared);
        scored[n].score = dot(query, item + i * dim, dim) * job->inverse_norm[i];
        n++;
    }
    return n;
}

static void count_vectors(const Job *job, size_t q, Scratch *s) {
    TieTable *table = &s->table;
    size_t n = score_all(job, q, s->scored);
    qsort(s->scored, n, sizeof *s->scored, by_score_falling);
    table->levels = (size_t)bit_planes_count(&job->ranking.query_labels, q) + 1;
    table->groups = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || s->scored[i].score != s->scored[i - 1].score) {
            uint32_t *row = table->count + table->groups++ * table->levels;
            for (size_t l = 0; l < table->levels; l++) row[l] = 0;
        }
        table->count[(table->groups - 1) * table->levels + s->scored[i].shared]++;
    }
}

/* ---- One query, one chunk ---- */

static void measure(const Job *job, const Scratch *s, const Ties *ties, QueryMeasures *m) {
    for (size_t g = 0; g < ties->groups; g++) {
        m->ranked += ties->all[g];
        m->relevant += ties->relevant[g];
    }
    m->ap = average_precision(ties, job->harmonic);
    m->tie = tie_mean(ties);
    if (PART_MEASURES) m->ndcg = ndcg_expected(&s->table, job->database, job->discount);
    for (int c = 0; c < RETRIEVAL_CUTS; c++) {
        size_t k = (size_t)retrieval_cut[c], within = k < job->database ? k : job->database;
        m->ap_at[c] = average_precision_at(ties, k, job->harmonic);
        m->precision[c] = precision_at(ties, k);
        if (PART_MEASURES) m->ndcg_at[c] = ndcg_expected(&s->table, within, job->discount);
    }
    if (PART_MEASURES && !job->vectors) m->lookup = ball_within(ties, LOOKUP_RADIUS);
}

static void evaluate_chunk(void *ctx, int chunk, int worker) {
    Job *job = ctx;
    Scratch *s = &job->scratch[worker];
    size_t first = (size_t)chunk * CHUNK, last = first + CHUNK < job->queries ? first + CHUNK : job->queries;
    for (size_t q = first; q < last; q++) {
        if (job->vectors)
            count_vectors(job, q, s);
        else
            ranking_count(&job->ranking, q, &s->table, s->spare);
        tie_table_sum(&s->table, s->all, s->relevant);
        Ties ties = {s->table.groups, s->all, s->relevant};
        measure(job, s, &ties, &job->out->query[q]);
        if (PART_MEASURES && !job->vectors)
            radius_sum_add(job->sums + (size_t)chunk * (size_t)job->out->radii, &ties);
    }
}

/* ---- Means ---- */

static void add_query(Retrieval *r, const QueryMeasures *m, const double *harmonic) {
    r->without_relevant += m->relevant == 0;
    r->map.pessimistic += m->ap.pessimistic;
    r->map.expected += m->ap.expected;
    r->map.optimistic += m->ap.optimistic;
    for (int c = 0; c < RETRIEVAL_CUTS; c++) {
        r->map_at[c] += m->ap_at[c];
        r->precision[c] += m->precision[c];
        r->ndcg_at[c] += m->ndcg_at[c];
    }
    r->ndcg += m->ndcg;
    r->mean_tie += m->tie;
    r->lookup_precision += m->lookup.precision;
    r->lookup_recall += m->lookup.recall;
    r->lookup_empty += m->lookup.empty;
    r->map_random += average_precision_random(m->ranked, m->relevant, harmonic);
}

static void divide_sums(Retrieval *r) {
    double n = (double)r->queries;
    double *sum[] = {&r->map.pessimistic,  &r->map.expected,  &r->map.optimistic, &r->ndcg,      &r->mean_tie,
                     &r->lookup_precision, &r->lookup_recall, &r->lookup_empty,   &r->map_random};
    for (size_t i = 0; i < sizeof sum / sizeof *sum; i++) *sum[i] /= n;
    for (int c = 0; c < RETRIEVAL_CUTS; c++) {
        r->map_at[c] /= n;
        r->precision[c] /= n;
        r->ndcg_at[c] /= n;
    }
}

static void curve_point(const Job *job, int radius) {
    RadiusSum sum = {0.0, 0.0, 0, 0};
    for (int chunk = 0; chunk < job->chunks; chunk++) {
        const RadiusSum *s = &job->sums[(size_t)chunk * (size_t)job->out->radii + (size_t)radius];
        sum.precision += s->precision;
        sum.recall += s->recall;
        sum.balls += s->balls;
        sum.queries += s->queries;
    }
    job->out->curve[radius] =
        (RadiusPoint){sum.balls ? sum.precision / sum.balls : 0.0,
                      sum.queries ? sum.recall / sum.queries : 0.0, (double)sum.balls / (double)job->queries};
}

/* ---- Memory ---- */

static Status scratch_init(Scratch *s, const Job *job, Error *err) {
    size_t cells = job->max_groups * job->max_levels;
    s->table.count = mem_calloc(cells, sizeof(uint32_t));
    s->all = mem_calloc(2 * job->max_groups, sizeof(uint32_t));
    s->relevant = s->all ? s->all + job->max_groups : NULL;
    if (job->vectors)
        s->scored = mem_calloc(job->database, sizeof *s->scored);
    else
        s->spare = mem_calloc(cells, sizeof(uint32_t));
    bool complete = s->table.count && s->all && (s->scored || s->spare);
    return complete ? STATUS_OK : mem_error(err, "evaluation");
}

/* After the labels are in place. */
static Status job_init(Job *job, Error *err) {
    for (size_t q = 0; q < job->queries; q++) {
        size_t levels = (size_t)bit_planes_count(&job->ranking.query_labels, q) + 1;
        if (levels > job->max_levels) job->max_levels = levels;
    }
    Retrieval *r = job->out;
    *r = (Retrieval){.queries = job->queries, .database = job->database, .radii = r->radii};
    job->chunks = (int)((job->queries + CHUNK - 1) / CHUNK);
    r->query = mem_calloc(job->queries, sizeof *r->query);
    r->curve = mem_calloc((size_t)r->radii + 1, sizeof *r->curve);
    job->sums = mem_calloc((size_t)job->chunks * (size_t)r->radii + 1, sizeof *job->sums);
    job->harmonic = mem_calloc(2 * (job->database + 1), sizeof *job->harmonic);
    job->scratch = mem_calloc((size_t)job->threads, sizeof *job->scratch);
    if (!r->query || !r->curve || !job->sums || !job->harmonic || !job->scratch)
        return mem_error(err, "evaluation");
    job->discount = job->harmonic + job->database + 1;
    harmonic_fill(job->harmonic, job->database);
    if (PART_MEASURES) discount_fill(job->discount, job->database);
    for (int t = 0; t < job->threads; t++) TRY(scratch_init(&job->scratch[t], job, err));
    return STATUS_OK;
}

static void job_free(Job *job) {
    for (int t = 0; t < job->threads && job->scratch; t++) {
        mem_free(job->scratch[t].table.count);
        mem_free(job->scratch[t].spare);
        mem_free(job->scratch[t].all);
        mem_free(job->scratch[t].scored);
    }
    mem_free(job->scratch);
    mem_free(job->sums);
    mem_free(job->harmonic);
    mem_free(job->inverse_norm);
    ranking_close(&job->ranking);
}

static void job_run(Job *job, Pool *pool) {
    Retrieval *r = job->out;
    pool_for(pool, job->chunks, evaluate_chunk, job);
    for (size_t q = 0; q < r->queries; q++) add_query(r, &r->query[q], job->harmonic);
    divide_sums(r);
    for (int radius = 0; radius < r->radii; radius++) curve_point(job, radius);
}

/* ---- Codes and vectors ---- */

static Status check_finite(const float *v, size_t n, int dim, const char *what, Error *err) {
    for (size_t i = 0; i < n * (size_t)dim; i++)
        if (!isfinite(v[i]))
            return error_set(err, STATUS_INPUT, "%s: row %zu, column %zu is not a finite number", what,
                             i / (size_t)dim, i % (size_t)dim);
    return STATUS_OK;
}

static Status prepare_vectors(Job *job, Error *err) {
    const CaseSet *q = job->task->query, *d = job->task->database;
    const float *query = q->vector[job->task->from], *item = d->vector[modality_other(job->task->from)];
    NN_REQUIRE(q->n > 0 && d->n > 0 && d->dim > 0 && q->dim == d->dim,
               "%zu queries, %zu items, %d dimensions", q->n, d->n, d->dim);
    TRY(check_finite(query, q->n, q->dim, "query vectors", err));
    TRY(check_finite(item, d->n, d->dim, "database vectors", err));
    TRY(bit_planes_of_labels(&job->ranking.query_labels, q->labels, q->n, q->classes, err));
    TRY(bit_planes_of_labels(&job->ranking.database_labels, d->labels, d->n, d->classes, err));
    job->inverse_norm = mem_calloc(d->n, sizeof *job->inverse_norm);
    if (!job->inverse_norm) return mem_error(err, "evaluation");
    for (size_t i = 0; i < d->n; i++) {
        const float *v = item + i * (size_t)d->dim;
        double norm = sqrt(dot(v, v, (size_t)d->dim));
        job->inverse_norm[i] = norm > 0.0 ? 1.0 / norm : 0.0;
    }
    return STATUS_OK;
}

static Status evaluate(Retrieval *out, const RetrievalTask *t, bool vectors, Pool *pool, Error *err) {
    *out = (Retrieval){.radii = vectors ? 0 : t->query->bits + 1};
    Job job = {.task = t,
               .vectors = vectors,
               .queries = t->query->n,
               .database = t->database->n,
               .max_groups = vectors ? t->database->n : (size_t)t->query->bits + 1,
               .threads = pool_threads(pool),
               .out = out};
    Status status = vectors ? prepare_vectors(&job, err) : ranking_open(&job.ranking, t, err);
    if (status == STATUS_OK) status = job_init(&job, err);
    if (status == STATUS_OK) job_run(&job, pool);
    job_free(&job);
    return status;
}

Status evaluate_codes(Retrieval *out, const RetrievalTask *t, Pool *pool, Error *err) {
    return evaluate(out, t, false, pool, err);
}

Status evaluate_vectors(Retrieval *out, const RetrievalTask *t, Pool *pool, Error *err) {
    return evaluate(out, t, true, pool, err);
}

void retrieval_free(Retrieval *r) {
    mem_free(r->curve);
    mem_free(r->query);
    *r = (Retrieval){0};
}
