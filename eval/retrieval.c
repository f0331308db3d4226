#include "eval/retrieval.h"

#include "eval/measures.h"
#include "eval/retrieval_vectors.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

/* Queries of one work item. */
enum { CHUNK = 32 };

/* Scratch memory of one worker. */
typedef struct {
    TieTable table;
    uint32_t *spare, *all, *relevant;
    struct Scored *scored; /* (database), for vectors */
} Scratch;

typedef struct {
    const RetrievalTask *task;
    bool vectors; /* ranked by vectors, else by codes */
    size_t queries, database, max_groups, max_levels;
    Ranking ranking;      /* labels, and codes where ranked by them */
    VectorRanking cosine; /* for vectors */
    double *harmonic;
    Scratch *scratch; /* (threads) */
    int threads, chunks;
    Measures more;
    Retrieval *out;
} Job;

/* ---- One query, one chunk ---- */

static void measure(const Job *job, const Scratch *s, const Ties *ties, QueryMeasures *m) {
    for (size_t g = 0; g < ties->groups; g++) {
        m->ranked += ties->all[g];
        m->relevant += ties->relevant[g];
    }
    m->ap = average_precision(ties, job->harmonic);
    for (int c = 0; c < RETRIEVAL_CUTS; c++) m->precision[c] = precision_at(ties, (size_t)retrieval_cut[c]);
    if (PART_MEASURES) measures_of_query(&job->more, &s->table, ties, m);
}

static void evaluate_chunk(void *ctx, int chunk, int worker) {
    Job *job = ctx;
    Scratch *s = &job->scratch[worker];
    size_t first = (size_t)chunk * CHUNK, last = first + CHUNK < job->queries ? first + CHUNK : job->queries;
    for (size_t q = first; q < last; q++) {
        if (PART_MEASURES && job->vectors)
            vectors_count(&job->cosine, q, s->scored, &s->table);
        else
            ranking_count(&job->ranking, q, &s->table, s->spare);
        tie_table_sum(&s->table, s->all, s->relevant);
        Ties ties = {s->table.groups, s->all, s->relevant};
        measure(job, s, &ties, &job->out->query[q]);
        if (PART_MEASURES && !job->vectors) measures_add_radii(&job->more, chunk, &ties);
    }
}

static void add_query(Retrieval *r, const QueryMeasures *m, const double *harmonic) {
    r->without_relevant += m->relevant == 0;
    r->map.pessimistic += m->ap.pessimistic;
    r->map.expected += m->ap.expected;
    r->map.optimistic += m->ap.optimistic;
    r->map_random += average_precision_random(m->ranked, m->relevant, harmonic);
    for (int c = 0; c < RETRIEVAL_CUTS; c++) r->precision[c] += m->precision[c];
    if (PART_MEASURES) measures_add(r, m);
}

static void divide_sums(Retrieval *r) {
    double n = (double)r->queries;
    r->map = (Bounds){r->map.pessimistic / n, r->map.expected / n, r->map.optimistic / n};
    r->map_random /= n;
    for (int c = 0; c < RETRIEVAL_CUTS; c++) r->precision[c] /= n;
    if (PART_MEASURES) measures_divide(r);
}

/* ---- Memory ---- */

static Status scratch_init(Scratch *s, const Job *job, Error *err) {
    size_t cells = job->max_groups * job->max_levels;
    s->table.count = mem_calloc(cells, sizeof(uint32_t));
    s->all = mem_calloc(2 * job->max_groups, sizeof(uint32_t));
    s->relevant = s->all ? s->all + job->max_groups : NULL;
    if (job->vectors)
        s->scored = PART_MEASURES ? vectors_scratch(job->database) : NULL;
    else
        s->spare = mem_calloc(cells, sizeof(uint32_t));
    bool complete = s->table.count && s->all && (s->scored || s->spare);
    return complete ? STATUS_OK : mem_error(err, "evaluation");
}

/* Called after the labels were stored. */
static Status job_init(Job *job, Error *err) {
    for (size_t q = 0; q < job->queries; q++) {
        size_t levels = (size_t)ranking_labels(&job->ranking, q) + 1;
        if (levels > job->max_levels) job->max_levels = levels;
    }
    Retrieval *r = job->out;
    *r = (Retrieval){.queries = job->queries, .database = job->database, .radii = r->radii};
    job->chunks = (int)((job->queries + CHUNK - 1) / CHUNK);
    r->query = mem_calloc(job->queries, sizeof *r->query);
    job->harmonic = mem_calloc(job->database + 1, sizeof *job->harmonic);
    job->scratch = mem_calloc((size_t)job->threads, sizeof *job->scratch);
    if (!r->query || !job->harmonic || !job->scratch) return mem_error(err, "evaluation");
    harmonic_fill(job->harmonic, job->database);
    if (PART_MEASURES) TRY(measures_open(&job->more, r, job->chunks, job->harmonic, err));
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
    mem_free(job->harmonic);
    if (PART_MEASURES) measures_close(&job->more);
    if (PART_MEASURES) vectors_close(&job->cosine);
    ranking_close(&job->ranking);
}

static void job_run(Job *job, Pool *pool) {
    Retrieval *r = job->out;
    pool_for(pool, job->chunks, evaluate_chunk, job);
    for (size_t q = 0; q < r->queries; q++) add_query(r, &r->query[q], job->harmonic);
    divide_sums(r);
    if (PART_MEASURES) measures_curve(&job->more, r);
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
    Status status = PART_MEASURES && vectors ? vectors_open(&job.cosine, t, &job.ranking, err)
                                             : ranking_open(&job.ranking, t, err);
    if (status == STATUS_OK) status = job_init(&job, err);
    if (status == STATUS_OK) job_run(&job, pool);
    job_free(&job);
    return status;
}

Status evaluate_codes(Retrieval *out, const RetrievalTask *t, Pool *pool, Error *err) {
    return evaluate(out, t, false, pool, err);
}

#if PART_MEASURES
Status evaluate_vectors(Retrieval *out, const RetrievalTask *t, Pool *pool, Error *err) {
    return evaluate(out, t, true, pool, err);
}
#endif

void retrieval_free(Retrieval *r) {
    mem_free(r->curve);
    mem_free(r->query);
    *r = (Retrieval){0};
}
