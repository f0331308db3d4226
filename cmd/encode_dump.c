#include "cmd/encode_dump.h"

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"

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

/* u_m (n,d) of one modality, from stage 1 alone: features as another program would give them. */
static Status take_stage1(const EncodeJob *j, Modality k, float *u, Pool *pool, Error *err) {
    const Model *m = &j->f->model;
    BatchOptions o = {.mean = m->config.mean, .deviation = m->config.deviation};
    int n = j->cases.count[k];
    Batch b;
    Tape t;
    tape_init(&t, pool);
    t.recording = t.training = false;
    if (ARENA_GUARD(&t.arena)) {
        tape_free(&t);
        return mem_error(err, "the features");
    }
    Status s = batch_init(&b, &j->cases.data, ENCODE_TILE, pool, err);
    for (int first = 0; s == STATUS_OK && first < n; first += ENCODE_TILE) {
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE;
        s = batch_fill(&b, &j->cases.data, j->cases.index[k] + first, tile, &o, pool, err);
        if (s != STATUS_OK) break;
        const Tensor *x = encode_features(&t, m, &b, k).u;
        for (size_t i = 0; i < tensor_size(x); i++)
            u[(size_t)first * (size_t)m->config.dim + i] = (float)x->data[i];
        tape_reset(&t);
    }
    batch_free(&b);
    tape_free(&t);
    return s;
}

static Status dump_stage1(const char *folder, const EncodeJob *j, Pool *pool, Error *err) {
    int64_t dim[2] = {j->n, j->f->model.config.dim};
    float *u = mem_calloc((size_t)j->n, (size_t)dim[1] * sizeof *u);
    Status s = u ? STATUS_OK : mem_error(err, "the features");
    size_t at = 0;
    for (Modality k = 0; s == STATUS_OK && k < MODALITIES; k++) {
        if (!j->use[k]) continue;
        s = take_stage1(j, k, u + at * (size_t)dim[1], pool, err);
        at += (size_t)j->cases.count[k];
    }
    if (s == STATUS_OK) s = write_npy(folder, "stage1.npy", NPY_F32, 2, dim, u, err);
    mem_free(u);
    return s;
}

Status encode_dump(const char *folder, const EncodeJob *j, Pool *pool, Error *err) {
    int64_t features[2] = {j->n, j->f->model.config.dim}, scores[2] = {j->n, j->f->model.config.bits};
    TRY(dir_make(folder, err));
    for (int k = 0; k < 2; k++)
        if (j->use[k] && !j->cases.own[k].x) TRY(dump_input(folder, j, k, pool, err));
    TRY(dump_stage1(folder, j, pool, err));
    TRY(write_npy(folder, "features.npy", NPY_F32, 2, features, j->out.features, err));
    return write_npy(folder, "scores.npy", NPY_F32, 2, scores, j->out.scores, err);
}
