#include <string.h>

#include "cmd/lib/lib_error.h"
#include "cmd/lib/lib_model.h"
#include "eval/bootstrap.h"
#include "eval/ranking.h"
#include "eval/retrieval.h"
#include "hash/search/index.h"
#include "nn/base/alloc.h"

enum { MOST_QUERIES = 1 << 20, SEARCHED_AT_ONCE = 256, HITS_AT_ONCE = 1 << 22 };

struct msach_index {
    Index *index;
};

/* ---- The index ---- */

static Status check_model(const Index *x, const char *path, const msach_model *model, Error *err) {
    if (!model || (strcmp(index_model_hash(x), model->file.hash) == 0 &&
                   index_bits(x) == model->file.model.config.bits))
        return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: the index holds codes of model %s, but this is model %s; open the model of the "
                     "index, or write the "
                     "index again with `msach index`",
                     path, index_model_hash(x), model->file.hash);
}

msach_status msach_index_open(msach_index **index, const char *path, const msach_model *model,
                              msach_error *err) {
    LIB_NEED(index, "a place for the index", err);
    *index = NULL;
    LIB_NEED(path && *path, "the path of an index", err);
    Error e = {0};
    msach_index *x = mem_calloc(1, sizeof *x);
    Status s = x ? index_open(&x->index, path, &e) : mem_error(&e, "the index");
    if (s == STATUS_OK) s = check_model(x->index, path, model, &e);
    if (s == STATUS_OK)
        *index = x;
    else
        msach_index_close(x);
    return lib_report(err, &e, s);
}

void msach_index_close(msach_index *index) {
    if (index && index->index) index_close(index->index);
    mem_free(index);
}

msach_index_info msach_index_about(const msach_index *index) {
    if (!index) return (msach_index_info){0, 0, 0};
    return (msach_index_info){index_bits(index->index), index_count(index->index), index_live(index->index)};
}

msach_status msach_index_case(msach_index *index, int64_t row, msach_case *out, msach_error *err) {
    LIB_NEED(index, "an index", err);
    LIB_NEED(out, "room for a case", err);
    LIB_NEED(row >= 0 && row < index_count(index->index), "a row of the index", err);
    LIB_NEED(!index_deleted(index->index, row), "a row whose case is not deleted", err);
    Error e = {0};
    IndexCase c;
    Status s = index_case(index->index, row, &c, &e);
    if (s == STATUS_OK)
        *out = (msach_case){c.id, c.text, c.image, c.labels, c.n_labels, {c.code[0], c.code[1]}};
    return lib_report(err, &e, s);
}

int64_t msach_index_find(const msach_index *index, const char *id) {
    return index && id ? index_find(index->index, id) : -1;
}

const uint8_t *msach_index_codes(const msach_index *index, msach_kind kind, uint8_t *present) {
    if (!index || (kind != MSACH_IMAGE && kind != MSACH_TEXT)) return NULL;
    size_t rows = (size_t)index_count(index->index);
    if (present && rows) memcpy(present, index_allowed(index->index, (Modality)kind), rows);
    return index_codes(index->index, (Modality)kind);
}

/* ---- Search ---- */

/* Searches in batches, so that memory does not grow with n. k is at most the number of rows. */
static Status search(const Index *x, Modality m, const uint8_t *codes, size_t n, size_t k, int radius,
                     size_t columns, msach_hit *hits, size_t *found, Error *err) {
    size_t part = k < HITS_AT_ONCE / SEARCHED_AT_ONCE ? SEARCHED_AT_ONCE : 1 + HITS_AT_ONCE / k;
    size_t bytes = (size_t)index_bits(x) / 8;
    part = part < n ? part : n;
    Hit *own = mem_calloc(part * (k + 1), sizeof *own);
    size_t *count = mem_calloc(part, sizeof *count);
    Status s = own && count ? STATUS_OK : mem_error(err, "the hits");
    for (size_t first = 0; s == STATUS_OK && first < n; first += part) {
        size_t now = n - first < part ? n - first : part;
        s = index_search(x, m, codes + first * bytes, now, k, radius, NULL, own, count, NULL, NULL, err);
        for (size_t q = 0; s == STATUS_OK && q < now; q++) {
            found[first + q] = count[q];
            for (size_t i = 0; i < count[q]; i++)
                hits[(first + q) * columns + i] = (msach_hit){own[q * k + i].row, own[q * k + i].distance};
        }
    }
    mem_free(own);
    mem_free(count);
    return s;
}

msach_status msach_search(const msach_index *index, msach_kind kind, const uint8_t *codes, size_t n, size_t k,
                          int radius, msach_hit *hits, size_t *found, msach_error *err) {
    LIB_NEED(index, "an index", err);
    LIB_NEED(kind == MSACH_IMAGE || kind == MSACH_TEXT, "MSACH_IMAGE or MSACH_TEXT", err);
    LIB_NEED(codes && hits && found, "codes, and room for hits and their number", err);
    LIB_NEED(n <= MOST_QUERIES, "at most 1,048,576 codes", err);
    LIB_NEED(k > 0, "k from 1", err);
    LIB_NEED(radius >= -1, "a radius from 0, or -1 for none,", err);
    Error e = {0};
    size_t rows = (size_t)index_count(index->index), most = k < rows ? k : rows;
    memset(found, 0, n * sizeof *found);
    if (n == 0 || most == 0) return lib_report(err, &e, STATUS_OK);
    return lib_report(err, &e,
                      search(index->index, (Modality)kind, codes, n, most, radius, k, hits, found, &e));
}

/* ---- Evaluation ---- */

/* ap (queries): the average precision of each query. */
static Status find_interval(msach_quality *out, const msach_task *t, const double *ap, Error *err) {
    Interval interval;
    BootstrapSample sample = {.score = ap, .group = t->groups, .n = t->queries};
    TRY(bootstrap_mean(&interval, &sample, 0.95, 1, err));
    out->interval_low = interval.low;
    out->interval_high = interval.high;
    return STATUS_OK;
}

static Status evaluate(msach_quality *out, const msach_task *t, double *ap, Error *err) {
    CaseSet query = {.n = t->queries, .bits = t->bits, .classes = t->classes, .labels = t->query_labels};
    CaseSet database = {
        .n = t->database, .bits = t->bits, .classes = t->classes, .labels = t->database_labels};
    query.code[MODALITY_IMAGE] = t->query_codes;
    database.code[MODALITY_TEXT] = t->database_codes;
    Retrieval r = {0};
    Status s = evaluate_codes(&r, &(RetrievalTask){&query, &database, MODALITY_IMAGE, false}, NULL, err);
    if (s == STATUS_OK && r.without_relevant == r.queries)
        s = error_set(err, STATUS_INPUT,
                      "no query shares a label with an item of the database, so that MAP means nothing; the "
                      "same class in the same column of both was expected");
    if (s == STATUS_OK) {
        *out = (msach_quality){r.map.expected,
                               r.map.pessimistic,
                               r.map.optimistic,
                               r.map_random,
                               r.precision[CUT_10],
                               r.ndcg,
                               0,
                               0};
        for (size_t q = 0; ap && q < t->queries; q++) ap[q] = r.query[q].ap.expected;
        if (t->interval) s = find_interval(out, t, ap, err);
    }
    retrieval_free(&r);
    return s;
}

msach_status msach_evaluate(const msach_task *t, msach_quality *out, msach_error *err) {
    LIB_NEED(t && out, "a task and room for its result", err);
    LIB_NEED(t->bits >= 16 && t->bits <= MSACH_MAX_BITS && t->bits % 8 == 0,
             "bits as a multiple of 8 from 16 to 1,024", err);
    LIB_NEED(t->classes >= 1 && t->classes <= LABEL_MAX, "classes from 1 to 4,096", err);
    LIB_NEED(t->queries > 0 && t->database > 0 && t->queries < INT32_MAX && t->database < INT32_MAX,
             "one query and one item at least", err);
    LIB_NEED(t->query_codes && t->database_codes && t->query_labels && t->database_labels,
             "codes and labels of both sides", err);
    Error e = {0};
    double *own = t->interval && !t->ap ? mem_calloc(t->queries, sizeof *own) : NULL;
    Status s = t->interval && !t->ap && !own ? mem_error(&e, "the interval")
                                             : evaluate(out, t, own ? own : t->ap, &e);
    mem_free(own);
    return lib_report(err, &e, s);
}
