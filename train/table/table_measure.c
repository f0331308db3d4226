/* From codes, vectors or chance to the figures of a row. */
#include <string.h>

#include "eval/bootstrap.h"
#include "eval/health.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "train/evaluate.h"
#include "train/table/table_rows.h"

Status code_sets_begin(CodeSets *c, const Session *s, int bits, Error *err) {
    memset(c, 0, sizeof *c);
    c->bits = bits;
    for (int k = 0; k < SET_COUNT * 2; k++) {
        c->code[k / 2][k % 2] = mem_calloc((size_t)s->count[k / 2] + 1, code_bytes(bits));
        if (!c->code[k / 2][k % 2]) return mem_error(err, "the codes");
    }
    return STATUS_OK;
}

void code_sets_free(CodeSets *c) {
    for (int k = 0; k < SET_COUNT * 2; k++) mem_free(c->code[k / 2][k % 2]);
    memset(c, 0, sizeof *c);
}

/* ---- Validation ---- */

Status rows_validate(const CodeSets *c, const Session *s, double *map, Error *err) {
    double both[MODALITIES];
    TRY(evaluate_validation(s, c->bits, (const uint8_t *const[]){c->code[SET_VAL][0], c->code[SET_VAL][1]},
                            both, err));
    *map = both[0] >= 0 && both[1] >= 0 ? (both[0] + both[1]) / 2 : -1;
    return STATUS_OK;
}

/* ---- Scores ---- */

static Status score_interval(TableScore *t, const int *group, Error *err) {
    BootstrapSample sample = {.score = t->ap, .group = group, .n = (size_t)t->queries};
    Interval i;
    TRY(bootstrap_mean(&i, &sample, 0.95, 1, err));
    t->low = i.low;
    t->high = i.high;
    return STATUS_OK;
}

/* Takes over the curve of r. */
static Status score_of(TableScore *t, Retrieval *r, const int *group, Error *err) {
    t->queries = (int)r->queries;
    t->database = (int)r->database;
    t->map = r->map;
    t->p_at_10 = r->precision[CUT_10];
    t->ndcg = r->ndcg;
    t->mean_tie = r->mean_tie;
    t->random = r->map_random;
    t->without_relevant = (int)r->without_relevant;
    t->radii = r->radii;
    t->curve = r->curve;
    r->curve = NULL;
    t->ap = mem_calloc(r->queries, sizeof *t->ap);
    if (!t->ap) return mem_error(err, "the table");
    for (size_t q = 0; q < r->queries; q++) t->ap[q] = r->query[q].ap.expected;
    return score_interval(t, group, err);
}

static void health_of(TableHealth *t, const CodeHealth *h) {
    *t = (TableHealth){.codes = (int)h->codes,
                       .distinct = (int)h->distinct,
                       .constant_bits = h->constant_bits,
                       .bit_mean = h->bit_mean,
                       .bit_mean_low = h->bit_mean_low,
                       .bit_mean_high = h->bit_mean_high,
                       .entropy = h->entropy,
                       .correlation = h->correlation,
                       .mean_tie = h->mean_tie};
}

/* Where a row is measured: both sides' labels, and the codes or vectors of the row. */
typedef struct {
    const Session *s;
    CaseSet query, database;
    Set against;
} Bout;

static Status bout_begin(Bout *b, const Session *s, Protocol protocol, Error *err) {
    memset(b, 0, sizeof *b);
    b->s = s;
    b->against = protocol == PROTOCOL_PUBLISHED ? SET_TRAIN : SET_DATABASE;
    if (s->count[SET_QUERY] == 0 || s->count[b->against] == 0)
        return error_set(err, STATUS_INPUT, "%s: the %s set is empty; a table needs test queries and a %s",
                         s->manifest.path, s->count[SET_QUERY] ? set_name(b->against) : "query", "database");
    TRY(evaluation_cases(&b->query, s, SET_QUERY, err));
    return evaluation_cases(&b->database, s, b->against, err);
}

static void bout_end(Bout *b) {
    evaluation_cases_free(&b->query);
    evaluation_cases_free(&b->database);
}

static void bout_take_codes(Bout *b, const CodeSets *c) {
    b->query.bits = b->database.bits = c->bits;
    for (Modality k = 0; k < MODALITIES; k++) {
        b->query.code[k] = c->code[SET_QUERY][k];
        b->database.code[k] = c->code[b->against][k];
    }
}

static Status bout_codes(Bout *b, const CodeSets *c, Modality direction, TableScore *t, Error *err) {
    Retrieval r;
    bout_take_codes(b, c);
    Status s =
        evaluate_codes(&r, &(RetrievalTask){&b->query, &b->database, direction, false}, b->s->pool, err);
    if (s == STATUS_OK) s = score_of(t, &r, b->query.group, err);
    retrieval_free(&r);
    return s;
}

static Status bout_real(Bout *b, float *v[SET_COUNT][2], int dim, Modality direction, TableScore *t,
                        Error *err) {
    Retrieval r;
    b->query.dim = b->database.dim = dim;
    for (Modality k = 0; k < MODALITIES; k++) {
        b->query.vector[k] = v[SET_QUERY][k];
        b->database.vector[k] = v[b->against][k];
    }
    Status s =
        evaluate_vectors(&r, &(RetrievalTask){&b->query, &b->database, direction, false}, b->s->pool, err);
    if (s == STATUS_OK) s = score_of(t, &r, b->query.group, err);
    retrieval_free(&r);
    return s;
}

/* E[AP] of a random order = (R-1)/(N-1) + (H_N/N)(N-R)/(N-1): a constant code, its bounds left out. */
static Status random_score(TableScore *t, const Retrieval *r, const int *group, Error *err) {
    double *harmonic = mem_calloc(r->database + 1, sizeof *harmonic), sum = 0;
    if (!harmonic) return mem_error(err, "the table");
    harmonic_fill(harmonic, r->database);
    for (size_t q = 0; q < r->queries; q++) {
        const QueryMeasures *m = &r->query[q];
        t->ap[q] = m->relevant ? average_precision_random(m->ranked, m->relevant, harmonic) : 0;
        sum += t->ap[q];
    }
    mem_free(harmonic);
    double map = sum / (double)r->queries;
    t->map = (Bounds){map, map, map};
    t->mean_tie = 1;
    mem_free(t->curve);
    t->curve = NULL;
    t->radii = 0;
    return score_interval(t, group, err);
}

static Status bout_random(Bout *b, const CodeSets *zero, Modality direction, TableScore *t, Error *err) {
    Retrieval r;
    bout_take_codes(b, zero);
    Status s =
        evaluate_codes(&r, &(RetrievalTask){&b->query, &b->database, direction, false}, b->s->pool, err);
    if (s == STATUS_OK) s = score_of(t, &r, b->query.group, err);
    if (s == STATUS_OK) s = random_score(t, &r, b->query.group, err);
    retrieval_free(&r);
    return s;
}

Status rows_measure(TableRow *row, const CodeSets *c, const Session *s, Error *err) {
    Status status = STATUS_OK;
    for (int p = 0; status == STATUS_OK && p < 2; p++) {
        Bout b;
        status = bout_begin(&b, s, (Protocol)p, err);
        for (int k = 0; status == STATUS_OK && k < 2; k++)
            status = bout_codes(&b, c, k, &row->score[p][k], err);
        bout_end(&b);
    }
    for (int k = 0; status == STATUS_OK && k < 2; k++) {
        CodeHealth h;
        status = code_health(&h, c->code[SET_DATABASE][k], (size_t)s->count[SET_DATABASE], c->bits, err);
        if (status == STATUS_OK) health_of(&row->health[k], &h);
    }
    return status;
}

Status rows_measure_real(TableRow *row, float *vectors[SET_COUNT][2], int dim, const Session *s, Error *err) {
    Status status = STATUS_OK;
    for (int p = 0; status == STATUS_OK && p < 2; p++) {
        Bout b;
        status = bout_begin(&b, s, (Protocol)p, err);
        for (int k = 0; status == STATUS_OK && k < 2; k++)
            status = bout_real(&b, vectors, dim, k, &row->score[p][k], err);
        bout_end(&b);
    }
    return status;
}

Status rows_random(TableRow *row, const Session *s, Error *err) {
    CodeSets zero;
    Status status = code_sets_begin(&zero, s, CODE_MIN_BITS, err);
    for (int p = 0; status == STATUS_OK && p < 2; p++) {
        Bout b;
        status = bout_begin(&b, s, (Protocol)p, err);
        for (int k = 0; status == STATUS_OK && k < 2; k++)
            status = bout_random(&b, &zero, k, &row->score[p][k], err);
        bout_end(&b);
    }
    code_sets_free(&zero);
    return status;
}
