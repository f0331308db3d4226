#include "train/features.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"
#include "nn/ops.h"
#include "train/encode.h"

/* ---- Memory ---- */

/* size bytes of a new file that has no name any more, so that it goes away with the process. */
static Status map_block(FeatureCache *f, const char *folder, Error *err) {
    char *path = path_join(folder, "features.tmp");
    if (!path) return mem_error(err, "the features");
    int fd = sys_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    Status s = STATUS_OK;
    if (fd < 0 || unlink(path) != 0 || ftruncate(fd, (off_t)f->block_size) != 0) {
        s = error_from_errno(err, path, "make a file for the features");
    } else {
        f->block = sys_mmap(f->block_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        f->mapped = f->block != MAP_FAILED;
        if (!f->mapped) f->block = NULL, s = error_from_errno(err, path, "map a file for the features");
    }
    if (fd >= 0) sys_close(fd);
    mem_free(path);
    return s;
}

static Status take_block(FeatureCache *f, const Session *s, const char *folder, Error *err) {
    size_t rows = (size_t)f->n * (size_t)f->views, d = (size_t)f->d;
    size_t z_v = rows * (size_t)f->n_v * d, z_t = rows * (size_t)f->n_t * d, u = rows * d;
    f->block_size = (z_v + z_t + 2 * u) * sizeof(float);
    if (f->block_size > (size_t)s->config.feature_mib << 20) {
        log_line(s->log, "features of %zu MiB live in a mapped file (feature_mib %d)", f->block_size >> 20,
                 s->config.feature_mib);
        TRY(map_block(f, folder, err));
    } else if (!(f->block = mem_aligned(f->block_size))) {
        return mem_error(err, "the features; a smaller feature_mib puts them into a file");
    }
    f->z_v = f->block;
    f->z_t = f->z_v + z_v;
    f->u_v = f->z_t + z_t;
    f->u_t = f->u_v + u;
    f->length = mem_calloc((size_t)f->n, sizeof *f->length);
    f->spread_z_v = mem_calloc(4 * d, sizeof *f->spread_z_v);
    if (!f->length || !f->spread_z_v) return mem_error(err, "the features");
    f->spread_z_t = f->spread_z_v + d;
    f->spread_u_v = f->spread_z_t + d;
    f->spread_u_t = f->spread_u_v + d;
    return STATUS_OK;
}

void features_free(FeatureCache *f) {
    if (f->mapped && !f->borrowed) munmap(f->block, f->block_size);
    if (!f->mapped && !f->borrowed) mem_free(f->block);
    if (!f->borrowed) {
        mem_free(f->length);
        mem_free(f->spread_z_v);
    }
    memset(f, 0, sizeof *f);
}

/* ---- Filling ---- */

static void copy_reals(float *to, const real *from, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = (float)from[i];
}

/* One tile of cases, one view: both extractors, frozen. */
static void fill_tile(FeatureCache *f, const Session *s, const Model *m, Tape *t, const Batch *b, int first,
                      int view) {
    size_t d = (size_t)f->d, image = (size_t)f->n_v * d, text = (size_t)f->n_t * d;
    int side = s->config.image_size;
    Tensor *x = tape_tensor4(t, b->n, side, side, 1);
    for (size_t i = 0; i < tensor_size(x); i++) x->data[i] = b->image[i];
    Tensor *z_v = model_image_tokens(t, m, x), *u_v = op_mean_tokens(t, z_v, NULL);
    Tensor *z_t = model_text_tokens(t, m, b->word, b->gram, b->n, b->text_length, TOKEN_NGRAMS, b->length);
    Tensor *u_t = op_mean_tokens(t, z_t, b->length);
    for (int i = 0; i < b->n; i++) {
        size_t row = (size_t)(first + i) * (size_t)f->views + (size_t)view, full = (size_t)b->text_length * d;
        copy_reals(f->z_v + row * image, z_v->data + (size_t)i * image, image);
        copy_reals(f->z_t + row * text, z_t->data + (size_t)i * full, text);
        copy_reals(f->u_v + row * d, u_v->data + (size_t)i * d, d);
        copy_reals(f->u_t + row * d, u_t->data + (size_t)i * d, d);
    }
}

BatchOptions features_view(const Session *s, int view, Augment *augment) {
    const Config *c = &s->config;
    *augment =
        (Augment){c->shift, c->scale, c->rotation, c->gain, c->contrast, c->speckle, c->erase, c->flip};
    return (BatchOptions){.augment = view ? augment : NULL,
                          .word_dropout = view ? c->word_dropout : 0,
                          .seed = (uint64_t)c->seed,
                          .epoch = (uint32_t)(c->stage1_epochs + view),
                          .mean = s->mean,
                          .deviation = s->deviation};
}

static Status fill_view(FeatureCache *f, const Session *s, const Model *m, const int *index, int view,
                        Tape *t, Batch *b, Error *err) {
    Augment augment;
    BatchOptions o = features_view(s, view, &augment);
    char what[64];
    snprintf(what, sizeof what, "features, view %d/%d", view + 1, f->views);
    for (int first = 0; first < f->n && !session_stopped(s); first += ENCODE_TILE) {
        int tile = f->n - first < ENCODE_TILE ? f->n - first : ENCODE_TILE;
        TRY(batch_fill(b, &s->data, index + first, tile, &o, s->pool, err));
        fill_tile(f, s, m, t, b, first, view);
        tape_reset(t);
        log_progress(s->log, what, first + tile, f->n);
    }
    return STATUS_OK;
}

/* Standard deviation of each column over the given rows of width d, in double. */
static void spread(const FeatureCache *f, const float *z, int tokens, const int *length, real *out) {
    size_t d = (size_t)f->d;
    for (size_t j = 0; j < d; j++) {
        double sum = 0, squares = 0, count = 0;
        for (int i = 0; i < f->n; i++) {
            const float *row = z + (size_t)i * (size_t)f->views * (size_t)tokens * d;
            int real_tokens = length ? length[i] : tokens;
            for (int k = 0; k < real_tokens; k++, count++) {
                double v = (double)row[(size_t)k * d + j];
                sum += v;
                squares += v * v;
            }
        }
        double mean = count > 0 ? sum / count : 0, variance = count > 0 ? squares / count - mean * mean : 0;
        out[j] = (real)sqrt(variance > 0 ? variance : 0); /* rounding may pass below 0 */
    }
}

static Status fill(FeatureCache *f, const Session *s, const Model *m, const int *index, Tape *t, Batch *b,
                   Error *err) {
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "the features");
    for (int view = 0; view < f->views; view++) TRY(fill_view(f, s, m, index, view, t, b, err));
    return STATUS_OK;
}

/* End to end the extractors move: nothing can be kept. */
static bool borrow(FeatureCache *f, const Session *s, const int *index, int augmented) {
    for (int set = 0; s->kept && !s->config.end_to_end && set < SET_COUNT; set++) {
        if (index != s->index[set] || s->kept[set].views != 1 + augmented) continue;
        *f = s->kept[set];
        f->borrowed = true;
        return true;
    }
    return false;
}

Status features_build(FeatureCache *f, const Session *s, const Model *m, const int *index, int n,
                      int augmented, const char *folder, Error *err) {
    memset(f, 0, sizeof *f);
    if (borrow(f, s, index, augmented)) return STATUS_OK;
    f->n = n;
    f->views = 1 + augmented;
    f->d = m->config.dim;
    f->n_v = (m->config.image_size / CNN_SHRINK) * (m->config.image_size / CNN_SHRINK);
    f->n_t = 1;
    for (int i = 0; i < n; i++)
        f->n_t = s->data.length[index[i]] > f->n_t ? s->data.length[index[i]] : f->n_t;
    TRY(take_block(f, s, folder, err));
    for (int i = 0; i < n; i++) f->length[i] = s->data.length[index[i]];
    Tape t;
    Batch b;
    tape_init(&t, s->pool);
    t.recording = t.training = false;
    Status status = batch_init(&b, &s->data, ENCODE_TILE, s->pool, err);
    if (status == STATUS_OK) status = fill(f, s, m, index, &t, &b, err);
    batch_free(&b);
    tape_free(&t);
    if (status != STATUS_OK) return status;
    spread(f, f->z_v, f->n_v, NULL, f->spread_z_v);
    spread(f, f->z_t, f->n_t, f->length, f->spread_z_t);
    spread(f, f->u_v, 1, NULL, f->spread_u_v);
    spread(f, f->u_t, 1, NULL, f->spread_u_t);
    return STATUS_OK;
}

void features_gather(const FeatureCache *f, const float *from, size_t size, const int *rows, const int *views,
                     int b, real *out) {
    for (int i = 0; i < b; i++) {
        const float *row = from + ((size_t)rows[i] * (size_t)f->views + (size_t)views[i]) * size;
        for (size_t k = 0; k < size; k++) out[(size_t)i * size + k] = row[k];
    }
}

void features_clean(const FeatureCache *f, Modality modality, float *out) {
    const float *u = modality == MODALITY_IMAGE ? f->u_v : f->u_t;
    size_t d = (size_t)f->d;
    for (int i = 0; i < f->n; i++)
        memcpy(out + (size_t)i * d, u + (size_t)i * (size_t)f->views * d, d * sizeof *out);
}

/* ---- To codes ---- */

/* Rows first.. (b) of view 0, `tokens` x d each (tokens 0: rows of d). */
static Tensor *clean_rows(const FeatureCache *f, Tape *t, const float *from, int tokens, int first, int b) {
    size_t size = (size_t)(tokens ? tokens : 1) * (size_t)f->d;
    Tensor *x = tokens ? tape_tensor3(t, b, tokens, f->d) : tape_tensor2(t, b, f->d);
    for (int i = 0; i < b; i++) {
        const float *row = from + (size_t)(first + i) * (size_t)f->views * size;
        for (size_t k = 0; k < size; k++) x->data[(size_t)i * size + k] = row[k];
    }
    return x;
}

static Tensor *clean_context(const FeatureCache *f, const Model *m, Tape *t, Modality modality, int first,
                             int b) {
    if (modality == MODALITY_IMAGE) {
        Features v = {.z = clean_rows(f, t, f->z_v, f->n_v, first, b),
                      .u = clean_rows(f, t, f->u_v, 0, first, b)};
        return model_context(t, m, &v, NULL, 0, NULL);
    }
    Features w = {.z = clean_rows(f, t, f->z_t, f->n_t, first, b),
                  .u = clean_rows(f, t, f->u_t, 0, first, b),
                  .length = f->length + first};
    return model_context(t, m, NULL, &w, 0, NULL);
}

Status features_encode(const FeatureCache *f, const Model *m, Modality modality, Encoding *out, Pool *pool,
                       Error *err) {
    Tape t;
    tape_init(&t, pool);
    t.recording = t.training = false;
    if (ARENA_GUARD(&t.arena)) {
        tape_free(&t);
        return mem_error(err, "encoding");
    }
    for (int first = 0; first < f->n; first += ENCODE_TILE) {
        int tile = f->n - first < ENCODE_TILE ? f->n - first : ENCODE_TILE;
        encode_keep(&t, m, clean_context(f, m, &t, modality, first, tile), first, out);
        tape_reset(&t);
    }
    tape_free(&t);
    return STATUS_OK;
}
