/* Rows 2 to 6: a method of hash/baselines on stage-1 or raw features, its hyper-parameters chosen on
 * validation queries alone. */
#include <stdio.h>
#include <string.h>

#include "hash/baselines/baselines.h"
#include "nn/base/alloc.h"
#include "train/table/table_rows.h"

/* One method on one kind of features. */
typedef struct {
    const Baseline *method;
    const Session *s;
    float *(*x)[2]; /* by set and modality */
    float *labels;  /* (train, classes) */
    BaselineData data;
} Fitting;

static Status fitting_begin(Fitting *f, const PlannedCell *c, Bench *b, Error *err) {
    const Session *s = &b->session;
    size_t n = (size_t)s->count[SET_TRAIN], classes = (size_t)session_classes(s);
    *f = (Fitting){.method = &BASELINES[c->method], .s = s, .x = c->raw ? b->raw : b->u};
    f->labels = mem_calloc(n, classes * sizeof *f->labels);
    if (!f->labels) return mem_error(err, "the labels");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < classes; k++)
            f->labels[i * classes + k] = s->manifest.labels[(size_t)s->index[SET_TRAIN][i] * classes + k];
    f->data = (BaselineData){.n = (int)n,
                             .dx = c->raw ? b->raw_dim[0] : s->config.dim,
                             .dy = c->raw ? b->raw_dim[1] : s->config.dim,
                             .classes = (int)classes,
                             .x = f->x[SET_TRAIN][0],
                             .y = f->x[SET_TRAIN][1],
                             .labels = f->labels};
    return STATUS_OK;
}

static Status encode_with(const Fitting *f, const BaselineModel *m, Set set, CodeSets *codes, Error *err) {
    for (int k = 0; k < 2; k++)
        TRY(baseline_encode(m, k, f->x[set][k], f->s->count[set], codes->code[set][k], err));
    return STATUS_OK;
}

/* Fits the i-th candidate; its validation MAP. */
static Status try_candidate(const Fitting *f, BaselineSettings *settings, int i, CodeSets *codes, double *map,
                            Error *err) {
    BaselineModel m = {0};
    baseline_candidate(f->method, i, settings);
    Status s = f->method->fit(&m, &f->data, settings, NULL, err);
    if (s == STATUS_OK) s = encode_with(f, &m, SET_VAL, codes, err);
    if (s == STATUS_OK) s = rows_validate(codes, f->s, map, err);
    baseline_model_free(&m);
    return s;
}

/* Of equals the first. */
static Status choose(const Fitting *f, BaselineSettings *best, CodeSets *codes, double *best_map,
                     Error *err) {
    BaselineSettings settings = *best;
    int n = baseline_candidates(f->method);
    *best_map = -2;
    for (int i = 0; i < n && !session_stopped(f->s); i++) {
        double map;
        TRY(try_candidate(f, &settings, i, codes, &map, err));
        if (map > *best_map) *best_map = map, *best = settings;
    }
    return STATUS_OK;
}

static Status fit_and_measure(const Fitting *f, const BaselineSettings *settings, CodeSets *codes,
                              TableRow *row, Error *err) {
    BaselineModel m = {0};
    Status s = f->method->fit(&m, &f->data, settings, NULL, err);
    for (int set = 0; s == STATUS_OK && set < SET_COUNT; set++) s = encode_with(f, &m, (Set)set, codes, err);
    if (s == STATUS_OK) s = rows_measure(row, codes, f->s, err);
    baseline_model_free(&m);
    return s;
}

static Status compute(Fitting *f, PlannedCell *c, CodeSets *codes, Error *err) {
    BaselineSettings best = baseline_defaults(c->bits, (uint64_t)f->s->config.seed);
    double map;
    TRY(choose(f, &best, codes, &map, err));
    if (session_stopped(f->s)) return STATUS_OK;
    TableRow *row = &c->cell.row[c->cell.rows++];
    snprintf(row->method, sizeof row->method, "%s", f->method->name);
    snprintf(row->features, sizeof row->features, "%s", c->raw ? "raw" : "stage1");
    snprintf(row->ablation, sizeof row->ablation, "-");
    baseline_describe(f->method, &best, row->note, sizeof row->note);
    row->bits = c->bits;
    row->validation = map;
    return fit_and_measure(f, &best, codes, row, err);
}

Status rows_shallow(PlannedCell *c, Bench *b, Error *err) {
    Fitting f;
    CodeSets codes = {0};
    if (!c->raw) TRY(bench_train(b, err));
    if (session_stopped(&b->session)) return STATUS_OK;
    TRY(c->raw ? bench_raw(b, err) : bench_features(b, err));
    Status s = fitting_begin(&f, c, b, err);
    if (s == STATUS_OK) s = code_sets_begin(&codes, &b->session, c->bits, err);
    if (s == STATUS_OK) s = compute(&f, c, &codes, err);
    code_sets_free(&codes);
    mem_free(f.labels);
    return s;
}
