#include "train/table/table_bench.h"

#include <math.h>
#include <stdio.h>

#include <string.h>

#include "data/raw_features.h"
#include "hash/baselines/linalg.h"
#include "nn/base/alloc.h"
#include "nn/ops.h"
#include "train/encode.h"
#include "train/loop.h"
#include "train/mixture.h"
#include "train/stage1.h"
#include "train/terms.h"

Status bench_open(Bench *b, const Plan *p, const TableOptions *o, const PlannedCell *c, Pool *pool,
                  const Log *log, Error *err) {
    Config config;
    ManifestOptions manifest = o->manifest;
    char name[17], path[40];
    *b = (Bench){0};
    TRY(plan_stage1(p, o, c, &config, name, err));
    snprintf(path, sizeof path, "work/stage1-%s", name);
    b->folder = path_join(o->out, path);
    if (!b->folder) return mem_error(err, "the table");
    TRY(dir_make(b->folder, err));
    if (c->split == TABLE_MASKED) manifest.mask_words = o->mask_words;
    TRY(session_open_unseen(&b->session, &config, o->data[c->data], &manifest,
                            c->split == TABLE_UNSEEN ? p->unseen[c->data] : 0, pool, log, err));
    b->session.stop = o->stop;
    return STATUS_OK;
}

void bench_close(Bench *b) {
    b->session.kept = NULL;
    for (int set = 0; set < SET_COUNT; set++) {
        features_free(&b->kept[set]);
        for (Modality m = 0; m < MODALITIES; m++) {
            mem_free(b->p[set][m]);
            for (int kind = 0; kind < FEATURE_KINDS; kind++) mem_free(b->x[kind][set][m]);
        }
    }
    model_free(&b->stage1);
    session_close(&b->session);
    mem_free(b->folder);
    *b = (Bench){0};
}

/* ---- Stage 1 and its features ---- */

static Status train_stage1(Bench *b, bool *trained, Error *err) {
    Progress p;
    progress_begin(&p);
    char *path = path_join(b->folder, "checkpoint.safetensors");
    Status s = path ? terms_model(&b->session, &b->stage1, err) : mem_error(err, "stage 1");
    bool exists = s == STATUS_OK && path_exists(path), taken = false;
    if (exists) s = checkpoint_take_stage1(path, &b->session, &b->stage1, &taken, err);
    if (s == STATUS_OK && taken) {
        p.stage = 2;
        s = mixture_fit(&b->session, &b->stage1, err);
    } else if (s == STATUS_OK && exists) {
        s = checkpoint_load(path, &b->session, &b->stage1, &p, err);
    }
    if (s == STATUS_OK && p.stage == 1) s = train_stage(&b->session, &b->stage1, &p, path, b->folder, err);
    *trained = p.stage == 2;
    progress_free(&p);
    mem_free(path);
    return s;
}

static Status read_set(Bench *b, Set set, int views, Error *err) {
    const Session *s = &b->session;
    FeatureCache *f = &b->kept[set];
    size_t n = (size_t)s->count[set], d = (size_t)s->config.dim, c = (size_t)session_classes(s);
    if (n > 0)
        TRY(features_build(f, s, &b->stage1, s->index[set], (int)n, set == SET_TRAIN ? views : 0, b->folder,
                           err));
    for (Modality m = 0; m < MODALITIES; m++) {
        float *u = b->x[FEATURES_STAGE1][set][m] = mem_calloc(n * d + 1, sizeof *u);
        float *psi = b->x[FEATURES_SEMANTIC][set][m] = mem_calloc(n * d + 1, sizeof *psi);
        b->p[set][m] = mem_calloc(n * c + 1, sizeof(float));
        if (!u || !psi || !b->p[set][m]) return mem_error(err, "the features");
        if (n == 0) continue;
        memcpy(u, f->net[m], n * d * sizeof *u);
        memcpy(b->p[set][m], f->own[m], n * c * sizeof(float));
        features_clean(f, m, psi);
        b->dim[FEATURES_STAGE1][m] = b->dim[FEATURES_SEMANTIC][m] = (int)d;
    }
    return STATUS_OK;
}

Status bench_learned(Bench *b, int views, Error *err) {
    bool trained;
    TRY(train_stage1(b, &trained, err));
    if (!trained) return STATUS_OK;
    Status s = STATUS_OK;
    for (int set = 0; s == STATUS_OK && set < SET_COUNT; set++) s = read_set(b, (Set)set, views, err);
    if (s == STATUS_OK) b->session.kept = b->kept;
    return s;
}

/* ---- Raw features ---- */

/* Own features instead of raw ones: the mean over tokens of view 0. out (n,width). */
static void raw_own(const OwnFeatures *f, const int *index, size_t n, float *out) {
    size_t d = (size_t)f->width;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < own_features_size(f); k++)
            out[i * d + k % d] += own_features_at(f, index[i], 0)[k] / (float)f->tokens;
}

Status bench_raw(Bench *b, Error *err) {
    const Session *s = &b->session;
    const OwnFeatures *own = s->own;
    int *dim = b->dim[FEATURES_RAW];
    dim[MODALITY_IMAGE] = own[MODALITY_IMAGE].x ? own[MODALITY_IMAGE].width : DESCRIPTOR_DIM;
    dim[MODALITY_TEXT] = own[MODALITY_TEXT].x ? own[MODALITY_TEXT].width : raw_words(&s->vocab);
    for (int set = 0; set < SET_COUNT; set++) {
        size_t n = (size_t)s->count[set];
        float **raw = b->x[FEATURES_RAW][set];
        for (Modality m = 0; m < MODALITIES; m++) {
            raw[m] = mem_calloc(n * (size_t)dim[m] + 1, sizeof *raw[m]);
            if (!raw[m]) return mem_error(err, "the raw features");
        }
        for (Modality m = 0; m < MODALITIES; m++)
            if (own[m].x) raw_own(&own[m], s->index[set], n, raw[m]);
        if (!own[MODALITY_IMAGE].x)
            TRY(raw_descriptors(&s->data, s->index[set], (int)n, raw[MODALITY_IMAGE], err));
        if (!own[MODALITY_TEXT].x)
            TRY(raw_texts(&s->data, s->index[SET_TRAIN], s->count[SET_TRAIN], s->index[set], (int)n,
                          raw[MODALITY_TEXT], err));
    }
    for (Modality m = 0; m < MODALITIES; m++) {
        float *x[SET_COUNT];
        for (int set = 0; set < SET_COUNT; set++) x[set] = b->x[FEATURES_RAW][set][m];
        TRY(rotate_features(x, s->count, SET_COUNT, SET_TRAIN, &dim[m], err));
    }
    return STATUS_OK;
}

static Mat as_mat(Arena *a, const float *x, int rows, int cols) {
    Mat m = mat_zeros(a, rows, cols);
    for (size_t i = 0; i < mat_size(m); i++) m.v[i] = (double)x[i];
    return m;
}

/* basis (n,r) = V L^-1/2 of x x'. Eigenvalues below 1e-9 of the largest are rounding errors. */
static Status make_basis(Arena *a, Mat x, Mat *basis, Error *err) {
    int n = x.rows, r = 0;
    Mat gram = mat_times(a, false, true, x, x), vectors = mat_zeros(a, n, n);
    double *values = arena_alloc(a, (size_t)n * sizeof *values);
    if (!mat_eigen(a, gram, n, values, vectors))
        return error_set(err, STATUS_CHECK, "raw features: the eigenvectors did not converge");
    while (r < n && values[r] > 1e-9 * values[0]) r++;
    if (r == 0)
        return error_set(err, STATUS_INPUT, "raw features: all are 0; features that differ were expected");
    *basis = mat_zeros(a, n, r);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < r; k++) mat_row(*basis, i)[k] = mat_row(vectors, k)[i] / sqrt(values[k]);
    return STATUS_OK;
}

static Status rotate(Arena *a, float **x, const int *rows, int sets, int train, int *dim, Error *err) {
    Mat own = as_mat(a, x[train], rows[train], *dim), basis = {0};
    TRY(make_basis(a, own, &basis, err));
    for (int k = 0; k < sets; k++) {
        if (rows[k] == 0) continue;
        Mat products = mat_times(a, false, true, as_mat(a, x[k], rows[k], *dim), own);
        Mat to = mat_times(a, false, false, products, basis);
        for (size_t i = 0; i < mat_size(to); i++) x[k][i] = (float)to.v[i];
    }
    *dim = basis.cols;
    return STATUS_OK;
}

Status rotate_features(float **x, const int *rows, int sets, int train, int *dim, Error *err) {
    if (rows[train] >= *dim) return STATUS_OK;
    Arena a;
    arena_init(&a);
    Status s =
        ARENA_GUARD(&a) ? mem_error(err, "the raw features") : rotate(&a, x, rows, sets, train, dim, err);
    arena_free(&a);
    return s;
}
