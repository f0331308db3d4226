#include "eval/measures.h"

#include "eval/average_precision_cut.h"
#include "nn/base/alloc.h"

Status measures_open(Measures *m, Retrieval *r, int chunks, const double *harmonic, Error *err) {
    *m = (Measures){.queries = r->queries,
                    .database = r->database,
                    .radii = r->radii,
                    .chunks = chunks,
                    .harmonic = harmonic};
    r->curve = mem_calloc((size_t)r->radii + 1, sizeof *r->curve);
    m->sums = mem_calloc((size_t)chunks * (size_t)r->radii + 1, sizeof *m->sums);
    m->discount = mem_calloc(r->database + 1, sizeof *m->discount);
    if (!r->curve || !m->sums || !m->discount) return mem_error(err, "evaluation");
    discount_fill(m->discount, r->database);
    return STATUS_OK;
}

void measures_close(Measures *m) {
    mem_free(m->discount);
    mem_free(m->sums);
}

void measures_of_query(const Measures *m, const TieTable *table, const Ties *ties, QueryMeasures *q) {
    q->tie = tie_mean(ties);
    q->ndcg = ndcg_expected(table, m->database, m->discount);
    for (int c = 0; c < RETRIEVAL_CUTS; c++) {
        size_t k = (size_t)retrieval_cut[c], within = k < m->database ? k : m->database;
        q->ap_at[c] = average_precision_at(ties, k, m->harmonic);
        q->ndcg_at[c] = ndcg_expected(table, within, m->discount);
    }
    if (m->radii) q->lookup = ball_within(ties, LOOKUP_RADIUS);
}

void measures_add_radii(const Measures *m, int chunk, const Ties *ties) {
    radius_sum_add(m->sums + (size_t)chunk * (size_t)m->radii, ties);
}

void measures_add(Retrieval *r, const QueryMeasures *q) {
    for (int c = 0; c < RETRIEVAL_CUTS; c++) {
        r->map_at[c] += q->ap_at[c];
        r->ndcg_at[c] += q->ndcg_at[c];
    }
    r->ndcg += q->ndcg;
    r->mean_tie += q->tie;
    r->lookup_precision += q->lookup.precision;
    r->lookup_recall += q->lookup.recall;
    r->lookup_empty += q->lookup.empty;
}

void measures_divide(Retrieval *r) {
    double n = (double)r->queries,
           *sum[] = {&r->ndcg, &r->mean_tie, &r->lookup_precision, &r->lookup_recall, &r->lookup_empty};
    for (size_t i = 0; i < sizeof sum / sizeof *sum; i++) *sum[i] /= n;
    for (int c = 0; c < RETRIEVAL_CUTS; c++) {
        r->map_at[c] /= n;
        r->ndcg_at[c] /= n;
    }
}

static RadiusPoint curve_point(const Measures *m, int radius) {
    RadiusSum sum = {0.0, 0.0, 0, 0};
    for (int chunk = 0; chunk < m->chunks; chunk++) {
        const RadiusSum *s = &m->sums[(size_t)chunk * (size_t)m->radii + (size_t)radius];
        sum.precision += s->precision;
        sum.recall += s->recall;
        sum.balls += s->balls;
        sum.queries += s->queries;
    }
    return (RadiusPoint){sum.balls ? sum.precision / sum.balls : 0.0,
                         sum.queries ? sum.recall / sum.queries : 0.0,
                         (double)sum.balls / (double)m->queries};
}

void measures_curve(const Measures *m, Retrieval *r) {
    for (int radius = 0; radius < m->radii; radius++) r->curve[radius] = curve_point(m, radius);
}
