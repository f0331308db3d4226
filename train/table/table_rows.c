#include "train/table/table_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash/baselines/baselines.h"
#include "hash/baselines/classifier.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "train/encode.h"
#include "train/run.h"
#include "train/stage2.h"

static Status keep_groups(PlannedCell *c, const Session *s, Error *err) {
    c->cell.queries = s->count[SET_QUERY];
    c->cell.split_hash = s->split.hash;
    c->cell.group = mem_calloc((size_t)c->cell.queries + 1, sizeof *c->cell.group);
    if (!c->cell.group) return mem_error(err, "the table");
    for (int q = 0; q < c->cell.queries; q++)
        c->cell.group[q] = s->manifest.cases[s->index[SET_QUERY][q]].group;
    return STATUS_OK;
}

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

/* ---- Our own networks ---- */

/* Codes and contexts c_m of the three sets that are measured. */
typedef struct {
    CodeSets codes;
    float *context[SET_COUNT][2];
} Encoded;

static void encoded_free(Encoded *e) {
    code_sets_free(&e->codes);
    for (int k = 0; k < SET_COUNT * 2; k++) mem_free(e->context[k / 2][k % 2]);
}

/* From the frozen features that the session keeps, where it does; else from pictures and texts. */
static Status encode_set(const Session *s, const Model *m, Set set, Modality modality, Encoding *out,
                         Error *err) {
    int n = s->count[set];
    if (s->kept) return features_encode(&s->kept[set], m, modality, out, s->pool, err);
    return encode_cases(m, &s->data, s->index[set], n, modality, out, s->pool, s->log, err);
}

static Status encode_sets(Encoded *e, const Session *s, const Model *m, Error *err) {
    static const Set sets[] = {SET_TRAIN, SET_QUERY, SET_DATABASE};
    memset(e, 0, sizeof *e);
    TRY(code_sets_begin(&e->codes, s, m->config.bits, err));
    for (int i = 0; i < 3; i++)
        for (Modality k = 0; k < MODALITIES; k++) {
            Set set = sets[i];
            size_t n = (size_t)s->count[set];
            float *context = mem_calloc(n + 1, (size_t)m->config.dim * sizeof *context);
            if (!(e->context[set][k] = context)) return mem_error(err, "the codes");
            Encoding out = {.codes = e->codes.code[set][k], .features = context};
            TRY(encode_set(s, m, set, k, &out, err));
        }
    return STATUS_OK;
}

/* The row of a trained model; beside the full method its contexts before hashing, by cosine. */
static Status measure_model(PlannedCell *c, const char *method, const Session *s, const Model *m,
                            double validation, Error *err) {
    Encoded e;
    Status status = encode_sets(&e, s, m, err);
    if (status == STATUS_OK) {
        TableRow *row = begin_row(c, method, "-");
        row->validation = validation;
        status = rows_measure(row, &e.codes, s, err);
    }
    if (status == STATUS_OK && c->kind == CELL_MSACH && strcmp(c->ablation, "full") == 0) {
        TableRow *row = begin_row(c, "REAL-VALUED", "-");
        status = rows_measure_real(row, e.context, m->config.dim, s, err);
    }
    encoded_free(&e);
    return status;
}

static Status train_stage2(PlannedCell *c, Bench *b, const char *checkpoint, Error *err) {
    Session *s = &b->session;
    Model m = {0};
    Progress p;
    progress_begin(&p);
    Status status = terms_model(s, &m, err);
    if (status == STATUS_OK) {
        model_copy_weights(&m, &b->stage1, MODEL_STAGE1, MODEL_STAGE1_PREFIXES);
        p.stage = 2;
        if (path_exists(checkpoint)) status = checkpoint_load(checkpoint, s, &m, &p, err);
    }
    if (status == STATUS_OK) status = stage2_train(s, &m, &p, checkpoint, b->folder, err);
    if (status == STATUS_OK && p.stage == 3) status = measure_model(c, "MSACH", s, &m, p.best_map, err);
    progress_free(&p);
    model_free(&m);
    return status;
}

/* Stage 2 under this cell's settings, on the split's own stage 1. */
static Status compute_msach(PlannedCell *c, Bench *b, const TableOptions *o, Error *err) {
    char name[64];
    Config kept = b->session.config;
    TRY(bench_train(b, err));
    if (session_stopped(&b->session)) return STATUS_OK;
    snprintf(name, sizeof name, "work/%s.safetensors", c->name);
    char *path = path_join(o->out, name);
    Status s = path ? plan_config(o, c, &b->session.config, err) : mem_error(err, "the table");
    if (s == STATUS_OK) s = train_stage2(c, b, path, err);
    b->session.config = kept;
    if (s == STATUS_OK && c->cell.rows > 0) unlink(path);
    mem_free(path);
    return s;
}

static Status measure_run(PlannedCell *c, const char *run, const TableOptions *o, Pool *pool, const Log *log,
                          Error *err) {
    ModelFile f;
    Session s;
    ManifestOptions options = o->manifest;
    options.need_labels = true;
    Status status = run_open(&f, &s, run, o->data[c->data], &options, pool, log, err);
    if (status == STATUS_OK) {
        const char *validation = st_get(&f.file, "map_validation");
        status = measure_model(c, c->kind == CELL_DCMH ? "DCMH" : "MSACH", &s, &f.model,
                               validation ? strtod(validation, NULL) : -1, err);
    }
    if (status == STATUS_OK) status = keep_groups(c, &s, err);
    session_close(&s);
    model_close(&f);
    return status;
}

/* A training of its own, as a run. */
static Status compute_run(PlannedCell *c, const TableOptions *o, Pool *pool, const Log *log, Error *err) {
    char name[64];
    Config config;
    Log quiet = log ? *log : (Log){0}; /* what this run warns of was told when the split was opened */
    RunEnd end = RUN_STOPPED;
    quiet.warn = NULL;
    TRY(plan_config(o, c, &config, err));
    snprintf(name, sizeof name, "work/%s", c->name);
    char *run = path_join(o->out, name);
    RunOptions options = {
        .data = o->data[c->data], .out = run, .resume = true, .stop = o->stop, .manifest = o->manifest};
    options.manifest.need_labels = true;
    Status s = run ? run_train(&options, &config, pool, &quiet, &end, err) : mem_error(err, "the table");
    if (s == STATUS_OK && end != RUN_STOPPED) s = measure_run(c, run, o, pool, &quiet, err);
    mem_free(run);
    return s;
}

/* ---- Codes from classes ---- */

static Status true_labels(const Session *s, Set set, float **out, Error *err) {
    size_t n = (size_t)s->count[set], c = (size_t)session_classes(s);
    *out = mem_calloc(n + 1, c * sizeof **out);
    if (!*out) return mem_error(err, "the labels");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < c; k++)
            (*out)[i * c + k] = s->manifest.labels[(size_t)s->index[set][i] * c + k];
    return STATUS_OK;
}

static Status class_codes(CodeSets *codes, const Session *s, const Bench *b, bool oracle, Error *err) {
    for (int set = 0; set < SET_COUNT; set++) {
        float *truth = NULL;
        Status status = oracle ? true_labels(s, (Set)set, &truth, err) : STATUS_OK;
        for (int k = 0; status == STATUS_OK && k < 2; k++)
            status = classifier_codes(oracle ? truth : b->p[set][k], s->count[set], session_classes(s),
                                      codes->bits, (uint64_t)s->config.seed, codes->code[set][k], err);
        mem_free(truth);
        TRY(status);
    }
    return STATUS_OK;
}

static Status compute_classes(PlannedCell *c, Bench *b, Error *err) {
    bool oracle = c->kind == CELL_ORACLE;
    const Session *s = &b->session;
    CodeSets codes;
    if (!oracle) TRY(bench_train(b, err));
    if (session_stopped(s)) return STATUS_OK;
    if (!oracle) TRY(bench_features(b, err));
    Status status = code_sets_begin(&codes, s, c->bits, err);
    if (status == STATUS_OK) status = class_codes(&codes, s, b, oracle, err);
    if (status == STATUS_OK) {
        TableRow *row = begin_row(c, oracle ? "ORACLE" : "CLASSIFIER", oracle ? "-" : "stage1");
        if (!oracle) status = rows_validate(&codes, s, &row->validation, err);
        if (status == STATUS_OK) status = rows_measure(row, &codes, s, err);
    }
    code_sets_free(&codes);
    return status;
}

static Status compute_random(PlannedCell *c, Bench *b, Error *err) {
    return rows_random(begin_row(c, "RANDOM", "-"), &b->session, err);
}

/* ---- Any of them ---- */

Status rows_compute(PlannedCell *c, Bench *b, const TableOptions *o, Pool *pool, const Log *log, Error *err) {
    table_cell_free(&c->cell);
    if (plan_runs_alone(c->kind)) return compute_run(c, o, pool, log, err);
    if (c->kind == CELL_RANDOM)
        TRY(compute_random(c, b, err));
    else if (c->kind == CELL_SHALLOW)
        TRY(rows_shallow(c, b, err));
    else if (c->kind == CELL_MSACH)
        TRY(compute_msach(c, b, o, err));
    else
        TRY(compute_classes(c, b, err));
    return c->cell.rows > 0 ? keep_groups(c, &b->session, err) : STATUS_OK;
}
