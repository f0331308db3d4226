#include "cmd/encode_dump.h"

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "train/features.h"

const char ENCODE_NOTES[] =
    "Bit j of a code is bit j%8 of byte j/8. With both --image and --text, pictures come first.\n"
    "--dump writes input.npy (n,1,S,S) or tokens.npy and subwords.npy, stage1.npy (u_m), features.npy "
    "(c_m) and scores.npy.\n"
    "With --views N, stage1.npy is (n,1+N,1,d): view 0 is the clean case.";

static Status write_npy(const char *folder, const char *name, NpyType type, int rank, const int64_t *dim,
                        const void *data, Error *err) {
    char *path = path_join(folder, name);
    if (!path) return mem_error(err, name);
    Status s = npy_write(path, type, rank, dim, data, err);
    mem_free(path);
    return s;
}

/* The input of the network of one modality: all rows as one batch. */
static Status dump_input(const char *folder, const EncodeJob *j, int k, Pool *pool, Error *err) {
    Batch b;
    BatchOptions o = {.mean = j->f->model.config.mean, .deviation = j->f->model.config.deviation};
    int n = j->cases.count[k];
    Status s = batch_init(&b, &j->cases.data, n, pool, err);
    if (s == STATUS_OK) s = batch_fill(&b, &j->cases.data, j->cases.index[k], n, &o, pool, err);
    int64_t image[4] = {n, 1, b.side, b.side}, text[3] = {n, b.text_length, TOKEN_NGRAMS};
    if (s == STATUS_OK && k == MODALITY_IMAGE)
        s = write_npy(folder, "input.npy", NPY_F32, 4, image, b.image, err);
    if (s == STATUS_OK && k == MODALITY_TEXT)
        s = write_npy(folder, "tokens.npy", NPY_I32, 2, text, b.word, err);
    if (s == STATUS_OK && k == MODALITY_TEXT && b.gram)
        s = write_npy(folder, "subwords.npy", NPY_I32, 3, text, b.gram, err);
    batch_free(&b);
    return s;
}

/* One view of u_m, from stage 1 alone: u (n,views,d). View 0 is the clean case, the others are augmented as those of
 * train/features.c. */
static Status take_view(const EncodeJob *j, Modality k, int view, int views, Batch *b, Tape *t, float *u,
                        Pool *pool, Error *err) {
    const Model *m = &j->f->model;
    Session s = {.config = j->f->config, .mean = m->config.mean, .deviation = m->config.deviation};
    Augment augment;
    BatchOptions o = features_view(&s, view, &augment);
    size_t d = (size_t)m->config.dim;
    for (int first = 0; first < j->cases.count[k]; first += ENCODE_TILE) {
        int tile = j->cases.count[k] - first < ENCODE_TILE ? j->cases.count[k] - first : ENCODE_TILE;
        TRY(batch_fill(b, &j->cases.data, j->cases.index[k] + first, tile, &o, pool, err));
        const real *x = encode_features(t, m, b, k).u->data;
        for (size_t i = 0; i < (size_t)tile; i++)
            for (size_t c = 0; c < d; c++)
                u[(((size_t)first + i) * (size_t)views + (size_t)view) * d + c] = (float)x[i * d + c];
        tape_reset(t);
    }
    return STATUS_OK;
}

static Status take_stage1(const EncodeJob *j, Modality k, int views, float *u, Pool *pool, Error *err) {
    Batch b;
    Tape t;
    tape_init(&t, pool);
    t.recording = t.training = false;
    if (ARENA_GUARD(&t.arena)) {
        tape_free(&t);
        return mem_error(err, "the features");
    }
    Status s = batch_init(&b, &j->cases.data, ENCODE_TILE, pool, err);
    for (int view = 0; s == STATUS_OK && view < views; view++)
        s = take_view(j, k, view, views, &b, &t, u, pool, err);
    batch_free(&b);
    tape_free(&t);
    return s;
}

/* stage1.npy (n,d), or with views (n,1+views,1,d): features as another program would give them. */
static Status dump_stage1(const char *folder, const EncodeJob *j, int views, Pool *pool, Error *err) {
    int64_t d = j->f->model.config.dim, dim[] = {j->n, 1 + views, 1, d}, flat[] = {j->n, d};
    float *u = mem_calloc((size_t)j->n * (size_t)(1 + views), (size_t)d * sizeof *u), *at = u;
    Status s = u ? STATUS_OK : mem_error(err, "the features");
    for (Modality k = 0; s == STATUS_OK && k < MODALITIES; k++) {
        if (!j->use[k]) continue;
        s = take_stage1(j, k, 1 + views, at, pool, err);
        at += (size_t)j->cases.count[k] * (size_t)(1 + views) * (size_t)d;
    }
    if (s == STATUS_OK)
        s = write_npy(folder, "stage1.npy", NPY_F32, views ? 4 : 2, views ? dim : flat, u, err);
    mem_free(u);
    return s;
}

Status encode_dump(const char *folder, const EncodeJob *j, int views, Pool *pool, Error *err) {
    int64_t features[2] = {j->n, j->f->model.config.dim}, scores[2] = {j->n, j->f->model.config.bits};
    TRY(dir_make(folder, err));
    for (int k = 0; k < 2; k++)
        if (j->use[k] && !j->cases.own[k].x) TRY(dump_input(folder, j, k, pool, err));
    TRY(dump_stage1(folder, j, views, pool, err));
    TRY(write_npy(folder, "features.npy", NPY_F32, 2, features, j->out.features, err));
    return write_npy(folder, "scores.npy", NPY_F32, 2, scores, j->out.scores, err);
}
