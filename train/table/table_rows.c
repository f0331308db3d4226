#include "train/table/table_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eval/bootstrap.h"
#include "eval/health.h"
#include "eval/retrieval.h"
#include "hash/baselines/baselines.h"
#include "hash/baselines/classifier.h"
#include "nn/base/alloc.h"
#include "train/encode.h"
#include "train/evaluate.h"
#include "train/loop.h"
#include "train/mixture.h"
#include "train/run.h"
#include "train/terms.h"

/* ---- Codes of a method ---- */

/* All sets of a session with their labels and groups, and the codes of a method. Cases in the order of session.index. */
typedef struct {
    const Session *s;
    int bits;
    CaseSet cases[SET_COUNT]; /* codes and vectors borrow the arrays below */
    uint8_t *code[SET_COUNT][MODALITIES];
    float *context[SET_COUNT][MODALITIES]; /* (n,d) c_m; NULL where dim was 0 */
} Sets;

static void sets_free(Sets *x) {
    for (int set = 0; set < SET_COUNT; set++) {
        evaluation_cases_free(&x->cases[set]);
        for (Modality m = 0; m < MODALITIES; m++) {
            mem_free(x->code[set][m]);
            mem_free(x->context[set][m]);
        }
    }
}

/* Room for codes, and for contexts where dim > 0. sets_free in every case. */
static Status sets_begin(Sets *x, const Session *s, int bits, int dim, Error *err) {
    *x = (Sets){.s = s, .bits = bits};
    for (int set = 0; set < SET_COUNT; set++) {
        CaseSet *c = &x->cases[set];
        TRY(evaluation_cases(c, s, (Set)set, err));
        c->bits = bits;
        c->dim = dim;
        for (Modality m = 0; m < MODALITIES; m++) {
            c->code[m] = x->code[set][m] = mem_calloc(c->n + 1, code_bytes(bits));
            if (dim > 0)
                c->vector[m] = x->context[set][m] = mem_calloc(c->n + 1, (size_t)dim * sizeof(float));
            if (!c->code[m] || (dim > 0 && !c->vector[m])) return mem_error(err, "the codes");
        }
    }
    return STATUS_OK;
}

/* (n, classes) labels of a set as numbers; the caller frees them with mem_free. */
static Status label_numbers(const Sets *x, Set set, float **out, Error *err) {
    size_t n = x->cases[set].n * (size_t)x->cases[set].classes;
    *out = mem_calloc(n + 1, sizeof **out);
    if (!*out) return mem_error(err, "the labels");
    for (size_t i = 0; i < n; i++) (*out)[i] = x->cases[set].labels[i];
    return STATUS_OK;
}

/* ---- Scores of codes ---- */

static Status keep_list(Numbers *out, size_t n, Error *err) {
    out->value = mem_calloc(n + 1, sizeof *out->value);
    return out->value ? STATUS_OK : mem_error(err, "the table");
}

static Status keep_score(TableScore *t, const Retrieval *r, const int *group, Error *err) {
    Interval interval;
    t->map[MAP_PESSIMISTIC] = r->map.pessimistic;
    t->map[MAP_EXPECTED] = r->map.expected;
    t->map[MAP_OPTIMISTIC] = r->map.optimistic;
    TRY(keep_list(&t->ap, r->queries, err));
    TRY(keep_list(&t->recall, (size_t)r->radii, err));
    TRY(keep_list(&t->precision, (size_t)r->radii, err));
    for (size_t q = 0; q < r->queries; q++) t->ap.value[t->ap.n++] = r->query[q].ap.expected;
    for (int i = 0; i < r->radii; i++) {
        if (r->curve[i].share <= 0) continue;
        t->recall.value[t->recall.n++] = r->curve[i].recall;
        t->precision.value[t->precision.n++] = r->curve[i].precision;
    }
    BootstrapSample sample = {.score = t->ap.value, .group = group, .n = t->ap.n};
    TRY(bootstrap_mean(&interval, &sample, 0.95, 1, err));
    t->map[MAP_LOW] = interval.low;
    t->map[MAP_HIGH] = interval.high;
    return STATUS_OK;
}

static Status measure_direction(TableScore *t, const RetrievalTask *task, bool vectors, Pool *pool,
                                Error *err) {
    Retrieval r;
    Status s = vectors ? evaluate_vectors(&r, task, pool, err) : evaluate_codes(&r, task, pool, err);
    if (s == STATUS_OK) s = keep_score(t, &r, task->query->group, err);
    retrieval_free(&r);
    return s;
}

static Status measure_health(double *out, const CaseSet *cases, Modality m, Error *err) {
    CodeHealth h;
    TRY(code_health(&h, cases->code[m], cases->n, cases->bits, err));
    out[HEALTH_CODES] = (double)h.codes;
    out[HEALTH_DISTINCT] = (double)h.distinct;
    out[HEALTH_ONES] = h.bit_mean;
    out[HEALTH_LEAST] = h.bit_mean_low;
    out[HEALTH_MOST] = h.bit_mean_high;
    out[HEALTH_CONSTANT] = h.constant_bits;
    out[HEALTH_ENTROPY] = h.entropy;
    out[HEALTH_CORRELATION] = h.correlation;
    out[HEALTH_TIE] = h.mean_tie;
    return STATUS_OK;
}

/* Test queries against database cases, and against training cases; by codes, or by the cosine of contexts. */
static Status measure(TableRow *row, const Sets *x, bool vectors, Error *err) {
    const CaseSet *query = &x->cases[SET_QUERY];
    for (int protocol = 0; protocol < 2; protocol++) {
        Set against = protocol == PROTOCOL_PUBLISHED ? SET_TRAIN : SET_DATABASE;
        if (query->n == 0 || x->cases[against].n == 0)
            return error_set(err, STATUS_INPUT,
                             "%s: the %s set is empty; a table needs test queries and a database",
                             x->s->manifest.path, set_name(query->n ? against : SET_QUERY));
        for (Modality m = 0; m < MODALITIES; m++) {
            RetrievalTask task = {.query = query, .database = &x->cases[against], .from = m};
            TRY(measure_direction(&row->score[protocol][m], &task, vectors, x->s->pool, err));
        }
    }
    for (Modality m = 0; m < MODALITIES && !vectors; m++)
        TRY(measure_health(row->health[m], &x->cases[SET_DATABASE], m, err));
    return STATUS_OK;
}

/* Mean validation MAP of both directions, or -1. */
static Status validate(const Sets *x, double *map, Error *err) {
    double both[MODALITIES];
    TRY(evaluate_validation(x->s, x->bits, (const uint8_t *const *)x->code[SET_VAL], both, err));
    *map = both[0] < 0 || both[1] < 0 ? -1 : (both[0] + both[1]) / MODALITIES;
    return STATUS_OK;
}

/* ---- Rows ---- */

static TableRow *begin_row(PlannedCell *c, const char *method, const char *features) {
    TableRow *row = &c->cell.row[c->cell.rows++];
    snprintf(row->method, sizeof row->method, "%s", method);
    snprintf(row->features, sizeof row->features, "%s", features);
    snprintf(row->ablation, sizeof row->ablation, "%s", c->ablation ? c->ablation : "-");
    snprintf(row->note, sizeof row->note, "-");
    row->bits = c->bits;
    row->validation = -1;
    return row;
}

/* One code for all cases: every order of the database is equally likely, so that the expected MAP is that of a random order. */
static Status compute_random(PlannedCell *c, Sets *x, Error *err) {
    TableRow *row = begin_row(c, "RANDOM", "-");
    TRY(measure(row, x, false, err));
    memset(row->health, 0, sizeof row->health);
    for (int i = 0; i < 2 * MODALITIES; i++) {
        TableScore *t = &row->score[i / MODALITIES][i % MODALITIES];
        t->map[MAP_PESSIMISTIC] = t->map[MAP_OPTIMISTIC] = t->map[MAP_EXPECTED];
        t->recall.n = t->precision.n = 0;
    }
    return STATUS_OK;
}

/* CLASSIFIER from the probabilities of stage 1, ORACLE from the true labels. */
static Status compute_classes(PlannedCell *c, const Bench *b, Sets *x, Error *err) {
    bool oracle = c->kind == CELL_ORACLE;
    for (int set = 0; set < SET_COUNT; set++) {
        const CaseSet *cases = &x->cases[set];
        float *truth = NULL;
        Status s = oracle ? label_numbers(x, (Set)set, &truth, err) : STATUS_OK;
        for (int m = 0; s == STATUS_OK && m < MODALITIES; m++)
            s = classifier_codes(oracle ? truth : b->p[set][m], (int)cases->n, cases->classes, c->bits,
                                 (uint64_t)x->s->config.seed, x->code[set][m], err);
        mem_free(truth);
        TRY(s);
    }
    TableRow *row = begin_row(c, oracle ? "ORACLE" : "CLASSIFIER", oracle ? "-" : "stage1");
    if (!oracle) TRY(validate(x, &row->validation, err));
    return measure(row, x, false, err);
}

/* The posteriors as real numbers. The inner product p_v p_t' is a cosine of vectors of length 1: with a = 1/sqrt(c),
 * [a p_v, r_v, 0] and [a p_t, 0, r_t], r = sqrt(1 - |a p|^2). */
static Status compute_posterior(PlannedCell *c, const Bench *b, Sets *x, Error *err) {
    for (int i = 0; i < SET_COUNT * MODALITIES; i++) {
        int set = i / MODALITIES, m = i % MODALITIES;
        size_t classes = (size_t)x->cases[set].classes, width = classes + MODALITIES;
        for (size_t k = 0; k < x->cases[set].n; k++) {
            const float *p = b->p[set][m] + k * classes;
            float *v = x->context[set][m] + k * width;
            double rest = 1;
            for (size_t j = 0; j < classes; j++) {
                v[j] = p[j] / sqrtf((float)classes);
                rest -= (double)v[j] * (double)v[j];
            }
            v[classes + (size_t)m] = (float)sqrt(fmax(rest, 0));
        }
    }
    return measure(begin_row(c, "REAL-VALUED", "semantic"), x, true, err);
}

/* Codes of another program. Without codes of the training cases the published protocol has no numbers. */
static Status compute_codes(PlannedCell *c, Sets *x, Error *err) {
    const Session *s = x->s;
    for (int set = 0; set < SET_COUNT; set++)
        if (set == SET_QUERY || set == SET_DATABASE || (set == SET_TRAIN && c->codes->training))
            TRY(own_codes_copy(c->codes, &s->manifest, s->index[set], s->count[set], set == SET_QUERY,
                               x->code[set], err));
    TableRow *row = begin_row(c, c->codes->name, "codes");
    TRY(measure(row, x, false, err));
    for (Modality m = 0; m < MODALITIES && !c->codes->training; m++) {
        TableScore *t = &row->score[PROTOCOL_PUBLISHED][m];
        for (int i = 0; i < MAP_NUMBERS; i++) t->map[i] = NAN;
        for (size_t q = 0; q < t->ap.n; q++) t->ap.value[q] = NAN;
        t->recall.n = t->precision.n = 0;
    }
    return STATUS_OK;
}

/* ---- Methods of hash/baselines ---- */

/* One method on one kind of features. */
typedef struct {
    const Baseline *method;
    float *(*x)[MODALITIES]; /* features by set and modality */
    BaselineData data;
    Sets *sets;
} Fitting;

/* Fits under these settings, and encodes the sets first..last. */
static Status fit(const Fitting *f, const BaselineSettings *settings, Set first, Set last, Error *err) {
    BaselineModel model = {0};
    Status s = f->method->fit(&model, &f->data, settings, NULL, err);
    for (int set = (int)first; set <= (int)last; set++)
        for (Modality m = 0; s == STATUS_OK && m < MODALITIES; m++)
            s = baseline_encode(&model, m, f->x[set][m], (int)f->sets->cases[set].n, f->sets->code[set][m],
                                err);
    baseline_model_free(&model);
    return s;
}

/* The settings with the highest validation MAP, of equals the first. */
static Status choose_settings(const Fitting *f, BaselineSettings *best, double *best_map, Error *err) {
    BaselineSettings settings = *best;
    *best_map = -2;
    for (int i = 0; i < baseline_candidates(f->method) && !session_stopped(f->sets->s); i++) {
        double map;
        baseline_candidate(f->method, i, &settings);
        TRY(fit(f, &settings, SET_VAL, SET_VAL, err));
        TRY(validate(f->sets, &map, err));
        if (map > *best_map) *best_map = map, *best = settings;
    }
    return STATUS_OK;
}

static Status fit_and_measure(PlannedCell *c, const Fitting *f, Error *err) {
    BaselineSettings best = baseline_defaults(c->bits, (uint64_t)f->sets->s->config.seed);
    double map;
    TRY(choose_settings(f, &best, &map, err));
    if (session_stopped(f->sets->s)) return STATUS_OK;
    TRY(fit(f, &best, 0, SET_COUNT - 1, err));
    TableRow *row = begin_row(c, f->method->name, FEATURE_NAMES[c->features]);
    baseline_describe(f->method, &best, row->note, sizeof row->note);
    row->validation = map;
    return measure(row, f->sets, false, err);
}

static Status compute_shallow(PlannedCell *c, Bench *b, Sets *x, Error *err) {
    const int *dim = b->dim[c->features];
    float *labels = NULL;
    Fitting f = {.method = &BASELINES[c->method], .x = b->x[c->features], .sets = x};
    Status s = label_numbers(x, SET_TRAIN, &labels, err);
    f.data = (BaselineData){.n = (int)x->cases[SET_TRAIN].n,
                            .dx = dim[MODALITY_IMAGE],
                            .dy = dim[MODALITY_TEXT],
                            .classes = x->cases[SET_TRAIN].classes,
                            .x = f.x[SET_TRAIN][MODALITY_IMAGE],
                            .y = f.x[SET_TRAIN][MODALITY_TEXT],
                            .labels = labels};
    if (s == STATUS_OK) s = fit_and_measure(c, &f, err);
    mem_free(labels);
    return s;
}

/* ---- Trained models ---- */

/* Encodes from the session's frozen features, or where it has none from pictures and texts. */
static Status encode_set(Sets *x, const Model *model, Set set, Modality m, Error *err) {
    const Session *s = x->s;
    Encoding out = {.codes = x->code[set][m], .features = x->context[set][m]};
    const FeatureCache *kept = features_kept(s, set);
    if (kept) return features_encode(kept, model, m, &out, s->pool, err);
    return encode_cases(model, &s->data, s->index[set], s->count[set], m, &out, s->pool, s->log, err);
}

/* The row of a trained model; beside the whole method its contexts before hashing, by cosine. */
static Status measure_model(PlannedCell *c, const char *method, Sets *x, const Model *model,
                            double validation, Error *err) {
    static const Set sets[] = {SET_TRAIN, SET_QUERY, SET_DATABASE};
    for (int i = 0; i < 3 * MODALITIES; i++)
        TRY(encode_set(x, model, sets[i / MODALITIES], (Modality)(i % MODALITIES), err));
    TableRow *row = begin_row(c, method, "-");
    row->validation = validation;
    TRY(measure(row, x, false, err));
    if (c->kind != CELL_MSACH || strcmp(c->ablation, "full") != 0) return STATUS_OK;
    return measure(begin_row(c, "REAL-VALUED", "-"), x, true, err);
}

/* The experts of the split's stage 1; under other settings they are fitted again. */
static Status take_experts(const Session *s, const Bench *b, Model *m, Error *err) {
    const FeatureCache *kept = &b->kept[SET_TRAIN];
    if (!m->landmark) return STATUS_OK;
    if (kept->landmarks != s->config.landmarks) return mixture_fit(s, m, err);
    model_copy_weights(m, &b->stage1, (const char *const[]){MODEL_EXPERTS}, 1);
    return STATUS_OK;
}

static Status train_stage2(PlannedCell *c, Bench *b, Sets *x, const char *checkpoint, Error *err) {
    Session *s = &b->session;
    Model model = {0};
    Progress p;
    progress_begin(&p);
    Status status = terms_model(s, &model, err);
    if (status == STATUS_OK) {
        model_copy_weights(&model, &b->stage1, MODEL_STAGE1, MODEL_STAGE1_PREFIXES);
        p.stage = 2;
        if (path_exists(checkpoint))
            status = checkpoint_load(checkpoint, s, &model, &p, err);
        else
            status = take_experts(s, b, &model, err);
    }
    if (status == STATUS_OK) status = train_stage(s, &model, &p, checkpoint, b->folder, err);
    if (status == STATUS_OK && p.stage == 3) status = measure_model(c, "MSACH", x, &model, p.best_map, err);
    progress_free(&p);
    model_free(&model);
    return status;
}

/* Stage 2 under the settings of the cell, on the stage 1 of the split. */
static Status compute_msach(PlannedCell *c, Bench *b, Sets *x, const TableOptions *o, Error *err) {
    char name[64];
    snprintf(name, sizeof name, "work/%s.safetensors", c->name);
    char *path = path_join(o->out, name);
    Status s = path ? plan_config(o, c, &b->session.config, err) : mem_error(err, "the table");
    if (s == STATUS_OK) s = train_stage2(c, b, x, path, err);
    if (s == STATUS_OK && c->cell.rows > 0) unlink(path);
    mem_free(path);
    return s;
}

static Status keep_queries(PlannedCell *c, const Sets *x, Error *err) {
    const CaseSet *query = &x->cases[SET_QUERY];
    TRY(keep_list(&c->cell.group, query->n, err));
    c->cell.group.n = query->n;
    for (size_t q = 0; q < query->n; q++) c->cell.group.value[q] = query->group[q];
    c->cell.split_hash = x->s->split.hash;
    return STATUS_OK;
}

static Status measure_run(PlannedCell *c, const char *run, const TableOptions *o, Pool *pool, const Log *log,
                          Error *err) {
    ModelFile f;
    Session s;
    Sets x = {0};
    Status status = run_open(&f, &s, run, o->data[c->data], &o->manifest, pool, log, err);
    if (status == STATUS_OK) status = sets_begin(&x, &s, c->bits, f.config.dim, err);
    if (status == STATUS_OK) {
        const char *validation = st_get(&f.file, "map_validation");
        status = measure_model(c, c->kind == CELL_DCMH ? "DCMH" : "MSACH", &x, &f.model,
                               validation ? strtod(validation, NULL) : -1, err);
    }
    if (status == STATUS_OK) status = keep_queries(c, &x, err);
    sets_free(&x);
    session_close(&s);
    model_close(&f);
    return status;
}

/* A separate training, as a run. */
static Status compute_run(PlannedCell *c, const TableOptions *o, Pool *pool, const Log *log, Error *err) {
    char name[64];
    Config config;
    RunEnd end = RUN_STOPPED;
    TRY(plan_config(o, c, &config, err));
    snprintf(name, sizeof name, "work/%s", c->name);
    char *run = path_join(o->out, name);
    RunOptions options = {
        .data = o->data[c->data], .out = run, .resume = true, .stop = o->stop, .manifest = o->manifest};
    Status s = run ? run_train(&options, &config, pool, log, &end, err) : mem_error(err, "the table");
    if (s == STATUS_OK && end != RUN_STOPPED) s = measure_run(c, run, o, pool, log, err);
    mem_free(run);
    return s;
}

/* ---- Any cell ---- */

static Status compute(PlannedCell *c, Bench *b, Sets *x, const TableOptions *o, Error *err) {
    switch (c->kind) {
    case CELL_RANDOM:
        return compute_random(c, x, err);
    case CELL_SHALLOW:
        return compute_shallow(c, b, x, err);
    case CELL_POSTERIOR:
        return compute_posterior(c, b, x, err);
    case CELL_CODES:
        return compute_codes(c, x, err);
    case CELL_MSACH:
        return compute_msach(c, b, x, o, err);
    default:
        return compute_classes(c, b, x, err);
    }
}

Status rows_compute(PlannedCell *c, Bench *b, const TableOptions *o, Pool *pool, const Log *log, Error *err) {
    Sets x;
    table_cell_free(&c->cell);
    if (plan_runs_alone(c->kind)) return compute_run(c, o, pool, log, err);
    int dim = c->kind == CELL_MSACH       ? b->session.config.dim
              : c->kind == CELL_POSTERIOR ? session_classes(&b->session) + MODALITIES
                                          : 0;
    Status s = sets_begin(&x, &b->session, c->bits, dim, err);
    if (s == STATUS_OK) s = compute(c, b, &x, o, err);
    if (s == STATUS_OK && c->cell.rows > 0) s = keep_queries(c, &x, err);
    sets_free(&x);
    return s;
}
