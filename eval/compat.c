#include "eval/compat.h"

#include <string.h>

#include "nn/base/alloc.h"

static const struct {
    const char *name, *formula;
    size_t k; /* 0: all ranks */
} CODEBASE[COMPAT_COUNT] = {
    [COMPAT_DCMH] = {"dcmh", "AP of the whole ranking, ties in database order", 0},
    [COMPAT_TORCHCMH] = {"torchcmh", "AP of the first min(k, R) relevant items, ties in database order", 0},
    [COMPAT_DJSRH] = {"djsrh",
                      "AP of the first 50 ranks over the relevant items among them, ties in database order",
                      50},
    [COMPAT_UCCH] = {"ucch", "mean AP over the queries that find anything, ties in database order", 0}};

const char *compat_name(Compat c) {
    return CODEBASE[c].name;
}
const char *compat_formula(Compat c) {
    return CODEBASE[c].formula;
}

int compat_find(const char *name) {
    for (int c = 0; c < COMPAT_COUNT; c++)
        if (strcmp(CODEBASE[c].name, name) == 0) return c;
    return -1;
}

typedef struct {
    Compat compat;
    size_t k, items;
    Ranking ranking;
    uint32_t *order;  /* (threads, items) */
    uint16_t *counts; /* (threads, 2, items) */
    double *ap;       /* (queries); -1: left out of the mean */
} Job;

/* mean of j / rank_j over the relevant items that count; -1 where there is none. */
static double mean_precision(const uint32_t *order, const uint16_t *shared, size_t ranks, size_t most) {
    double sum = 0.0;
    size_t found = 0;
    for (size_t i = 0; i < ranks && found < most; i++) {
        if (shared[order[i]] == 0) continue;
        found++;
        sum += (double)found / (double)(i + 1);
    }
    return found > 0 ? sum / (double)found : -1.0;
}

static void rate_query(void *ctx, int item, int worker) {
    Job *job = ctx;
    size_t q = (size_t)item, at = (size_t)worker * job->items;
    uint16_t *distance = job->counts + 2 * at, *shared = distance + job->items;
    size_t n = ranking_order(&job->ranking, q, job->order + at, distance, shared);
    int cuts_ranks = job->compat == COMPAT_DJSRH || job->compat == COMPAT_UCCH;
    size_t ranks = cuts_ranks && job->k < n ? job->k : n;
    size_t most = job->compat == COMPAT_TORCHCMH ? job->k : n;
    double ap = mean_precision(job->order + at, shared, ranks, most);
    job->ap[q] = ap < 0.0 && job->compat != COMPAT_UCCH ? 0.0 : ap;
}

static double mean_of_counted(const double *ap, size_t n) {
    double sum = 0.0;
    size_t counted = 0;
    for (size_t q = 0; q < n; q++) {
        if (ap[q] < 0.0) continue;
        sum += ap[q];
        counted++;
    }
    return counted > 0 ? sum / (double)counted : 0.0;
}

Status compat_map(Compat c, const RetrievalTask *t, size_t k, double *map, Pool *pool, Error *err) {
    Job job = {.compat = c, .k = k ? k : CODEBASE[c].k, .items = t->database->n};
    if (job.k == 0) job.k = job.items;
    size_t threads = (size_t)pool_threads(pool);
    Status status = ranking_open(&job.ranking, t, err);
    job.order = mem_calloc(threads * job.items, sizeof *job.order);
    job.counts = mem_calloc(2 * threads * job.items, sizeof *job.counts);
    job.ap = mem_calloc(t->query->n, sizeof *job.ap);
    if (status == STATUS_OK && (!job.order || !job.counts || !job.ap)) status = mem_error(err, "evaluation");
    if (status == STATUS_OK) {
        pool_for(pool, (int)t->query->n, rate_query, &job);
        *map = mean_of_counted(job.ap, t->query->n);
    }
    ranking_close(&job.ranking);
    mem_free(job.order);
    mem_free(job.counts);
    mem_free(job.ap);
    return status;
}
