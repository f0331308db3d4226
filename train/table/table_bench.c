#include "train/table/table_bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/raw_features.h"
#include "nn/base/alloc.h"
#include "nn/ops.h"
#include "train/encode.h"
#include "train/stage1.h"
#include "train/table/table_rotate.h"

Status bench_open(Bench *b, const Plan *p, const TableOptions *o, const PlannedCell *c, Pool *pool,
                  const Log *log, Error *err) {
    memset(b, 0, sizeof *b);
    Config config;
    char name[17], path[40];
    TRY(plan_stage1(p, o, c, &config, name, err));
    snprintf(path, sizeof path, "work/stage1-%s", name);
    b->folder = path_join(o->out, path);
    if (!b->folder) return mem_error(err, "the table");
    TRY(dir_make(b->folder, err));
    ManifestOptions manifest = o->manifest;
    if (c->split == TABLE_MASKED) manifest.mask_words = o->mask_words;
    Status s = session_open_unseen(&b->session, &config, o->data[c->data], &manifest,
                                   c->split == TABLE_UNSEEN ? p->unseen[c->data] : 0, pool, log, err);
    b->session.stop = o->stop;
    b->opened = s == STATUS_OK;
    return s;
}

void bench_close(Bench *b) {
    b->session.kept = NULL;
    for (int set = 0; set < SET_COUNT; set++) features_free(&b->kept[set]);
    for (int k = 0; k < SET_COUNT * 2; k++) {
        mem_free(b->u[k / 2][k % 2]);
        mem_free(b->p[k / 2][k % 2]);
        mem_free(b->raw[k / 2][k % 2]);
    }
    model_free(&b->stage1);
    session_close(&b->session);
    mem_free(b->folder);
    memset(b, 0, sizeof *b);
}

/* ---- Stage 1 ---- */

Status bench_train(Bench *b, Error *err) {
    if (b->trained) return STATUS_OK;
    Progress p;
    progress_begin(&p);
    char *path = path_join(b->folder, "checkpoint.safetensors");
    Status s = path ? terms_model(&b->session, &b->stage1, err) : mem_error(err, "stage 1");
    if (s == STATUS_OK && path_exists(path)) s = checkpoint_load(path, &b->session, &b->stage1, &p, err);
    if (s == STATUS_OK && p.stage == 1) s = stage1_train(&b->session, &b->stage1, &p, path, err);
    b->trained = s == STATUS_OK && p.stage == 2;
    progress_free(&p);
    mem_free(path);
    return s;
}

/* ---- Features ---- */

/* p of one set and modality, from u. */
static void classify(Bench *b, Tape *t, Set set, Modality modality) {
    size_t d = (size_t)b->session.config.dim, c = (size_t)session_classes(&b->session);
    int n = b->session.count[set];
    for (int first = 0; first < n; first += ENCODE_TILE) {
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE;
        Tensor *u = tape_tensor2(t, tile, (int)d);
        for (size_t i = 0; i < tensor_size(u); i++) u->data[i] = b->u[set][modality][(size_t)first * d + i];
        stage1_probabilities(model_stage1_logits(t, &b->stage1, modality, u), b->session.single,
                             b->p[set][modality] + (size_t)first * c);
        tape_reset(t);
    }
}

static Status read_set(Bench *b, Set set, Tape *t, Error *err) {
    Session *s = &b->session;
    size_t n = (size_t)s->count[set], d = (size_t)s->config.dim, c = (size_t)session_classes(s);
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "the features");
    for (Modality k = 0; k < MODALITIES; k++) {
        b->u[set][k] = mem_calloc(n * d + 1, sizeof(float));
        b->p[set][k] = mem_calloc(n * c + 1, sizeof(float));
        if (!b->u[set][k] || !b->p[set][k]) return mem_error(err, "the features");
        features_clean(&b->kept[set], k, b->u[set][k]);
        classify(b, t, set, k);
    }
    return STATUS_OK;
}

Status bench_features(Bench *b, Error *err) {
    Session *s = &b->session;
    Status status = STATUS_OK;
    if (b->read) return STATUS_OK;
    Tape t;
    tape_init(&t, s->pool);
    t.recording = t.training = false;
    for (int set = 0; status == STATUS_OK && set < SET_COUNT; set++) {
        int views = set == SET_TRAIN ? b->views : 0;
        if (s->count[set] > 0)
            status = features_build(&b->kept[set], s, &b->stage1, s->index[set], s->count[set], views,
                                    b->folder, err);
        if (status == STATUS_OK) status = read_set(b, (Set)set, &t, err);
    }
    tape_free(&t);
    b->read = status == STATUS_OK;
    if (b->read) s->kept = b->kept;
    return status;
}

/* ---- Raw features ---- */

static Status rotate_raw(Bench *b, Modality modality, Error *err) {
    float *x[SET_COUNT];
    for (int set = 0; set < SET_COUNT; set++) x[set] = b->raw[set][modality];
    return rotate_features(x, b->session.count, SET_COUNT, SET_TRAIN, &b->raw_dim[modality], err);
}

Status bench_raw(Bench *b, Error *err) {
    const Session *s = &b->session;
    if (b->has_raw) return STATUS_OK;
    b->raw_dim[0] = HOG_DIM;
    b->raw_dim[1] = raw_words(&s->vocab);
    for (int set = 0; set < SET_COUNT; set++) {
        size_t n = (size_t)s->count[set];
        for (Modality k = 0; k < MODALITIES; k++) {
            mem_free(b->raw[set][k]);
            b->raw[set][k] = mem_calloc(n * (size_t)b->raw_dim[k] + 1, sizeof(float));
            if (!b->raw[set][k]) return mem_error(err, "the raw features");
        }
        TRY(raw_images(&s->data, s->index[set], (int)n, b->raw[set][0], err));
        TRY(raw_texts(&s->data, s->index[SET_TRAIN], s->count[SET_TRAIN], s->index[set], (int)n,
                      b->raw[set][1], err));
    }
    for (Modality k = 0; k < MODALITIES; k++) TRY(rotate_raw(b, k, err));
    b->has_raw = true;
    return STATUS_OK;
}
