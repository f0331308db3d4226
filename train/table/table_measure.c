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

/* ---- Labels and groups of a set ---- */

typedef struct {
    uint8_t *labels; /* (n,classes) */
    int *group;      /* (n) */
} SetFacts;

static void facts_free(SetFacts *f) {
    mem_free(f->labels);
    mem_free(f->group);
}

static Status facts_of(SetFacts *f, const Session *s, Set set, Error *err) {
    size_t n = (size_t)s->count[set], c = (size_t)session_classes(s);
    f->labels = mem_calloc(n + 1, c);
    f->group = mem_calloc(n + 1, sizeof *f->group);
    if (!f->labels || !f->group) return mem_error(err, "the table");
    for (size_t i = 0; i < n; i++) {
        int which = s->index[set][i];
        f->group[i] = s->manifest.cases[which].group;
        memcpy(f->labels + i * c, s->manifest.labels + (size_t)which * c, c);
    }
    return STATUS_OK;
}

/* ---- Validation ---- */

static Status validate(const CodeSets *c, const Session *s, const SetFacts *f, double *map, Error *err) {
    size_t n = (size_t)s->count[SET_VAL];
    *map = 0;
    for (int k = 0; k < 2; k++) {
        RetrievalTask task = {n,
                              n,
                              c->bits,
                              c->code[SET_VAL][k],
                              c->code[SET_VAL][1 - k],
                              session_classes(s),
                              f->labels,
                              f->labels,
                              f->group,
                              f->group};
        Retrieval r;
        Status status = retrieval_evaluate(&r, &task, s->pool, err);
        bool any = status == STATUS_OK && r.without_relevant < n;
        if (status == STATUS_OK) *map = any && *map >= 0 ? *map + r.map.expected / 2 : -1;
        retrieval_free(&r);
        TRY(status);
    }
    return STATUS_OK;
}

Status rows_validate(const CodeSets *c, const Session *s, double *map, Error *err) {
    SetFacts f = {0};
    *map = -1;
    if (s->count[SET_VAL] == 0) return STATUS_OK;
    Status status = facts_of(&f, s, SET_VAL, err);
    if (status == STATUS_OK) status = validate(c, s, &f, map, err);
    facts_free(&f);
    return status;
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

/* Where a row is measured: both sides' labels, and codes or vectors. */
typedef struct {
    const Session *s;
    SetFacts query, database;
    Set against;
} Bout;

static Status bout_begin(Bout *b, const Session *s, Protocol protocol, Error *err) {
    memset(b, 0, sizeof *b);
    b->s = s;
    b->against = protocol == PROTOCOL_PUBLISHED ? SET_TRAIN : SET_DATABASE;
    if (s->count[SET_QUERY] == 0 || s->count[b->against] == 0)
        return error_set(err, STATUS_INPUT, "%s: the %s set is empty; a table needs test queries and a %s",
                         s->manifest.path, s->count[SET_QUERY] ? set_name(b->against) : "query", "database");
    TRY(facts_of(&b->query, s, SET_QUERY, err));
    return facts_of(&b->database, s, b->against, err);
}

static void bout_end(Bout *b) {
    facts_free(&b->query);
    facts_free(&b->database);
}

static Status bout_codes(const Bout *b, const CodeSets *c, Modality direction, TableScore *t, Error *err) {
    RetrievalTask task = {.queries = (size_t)b->s->count[SET_QUERY],
                          .database = (size_t)b->s->count[b->against],
                          .bits = c->bits,
                          .query_codes = c->code[SET_QUERY][direction],
                          .database_codes = c->code[b->against][1 - direction],
                          .classes = session_classes(b->s),
                          .query_labels = b->query.labels,
                          .database_labels = b->database.labels};
    Retrieval r;
    Status s = retrieval_evaluate(&r, &task, b->s->pool, err);
    if (s == STATUS_OK) s = score_of(t, &r, b->query.group, err);
    retrieval_free(&r);
    return s;
}

static Status bout_real(const Bout *b, float *v[SET_COUNT][2], int dim, Modality direction, TableScore *t,
                        Error *err) {
    RealTask task = {.queries = (size_t)b->s->count[SET_QUERY],
                     .database = (size_t)b->s->count[b->against],
                     .dim = dim,
                     .query_vectors = v[SET_QUERY][direction],
                     .database_vectors = v[b->against][1 - direction],
                     .classes = session_classes(b->s),
                     .query_labels = b->query.labels,
                     .database_labels = b->database.labels};
    Retrieval r;
    Status s = retrieval_evaluate_real(&r, &task, b->s->pool, err);
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

static Status bout_random(const Bout *b, const CodeSets *zero, Modality direction, TableScore *t,
                          Error *err) {
    RetrievalTask task = {.queries = (size_t)b->s->count[SET_QUERY],
                          .database = (size_t)b->s->count[b->against],
                          .bits = zero->bits,
                          .query_codes = zero->code[SET_QUERY][direction],
                          .database_codes = zero->code[b->against][1 - direction],
                          .classes = session_classes(b->s),
                          .query_labels = b->query.labels,
                          .database_labels = b->database.labels};
    Retrieval r;
    Status s = retrieval_evaluate(&r, &task, b->s->pool, err);
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
