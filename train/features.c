#include "train/features.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/raw_features.h"
#include "hash/expert.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "nn/ops.h"
#include "train/encode.h"
#include "train/experts.h"

/* ---- Memory ---- */

static Status take_block(FeatureCache *f, const Session *s, const char *folder, Error *err) {
    size_t rows = (size_t)f->n * (size_t)f->views, d = (size_t)f->d;
    if (!f->semantic) f->block_size = rows * d * sizeof(float) * (size_t)(f->tokens[0] + f->tokens[1] + 2);
    if (PART_RESUME && f->block_size > (size_t)s->config.feature_mib << 20) {
        TRY(features_map(f, s, folder, err));
    } else if (!f->semantic && !(f->block = mem_aligned(f->block_size))) {
        return mem_error(err, "the features; a smaller feature_mib puts them into a file");
    }
    f->length = mem_calloc((size_t)f->n, sizeof *f->length);
    f->z_spread[0] = mem_calloc(4 * d, sizeof *f->z_spread[0]);
    bool complete = f->length && f->z_spread[0];
    for (Modality k = 0; k < MODALITIES; k++) {
        f->p[k] = mem_calloc(rows, (size_t)f->c * sizeof *f->p[k]);
        f->own[k] = mem_calloc((size_t)f->n, (size_t)f->c * sizeof *f->own[k]);
        f->net[k] = mem_calloc((size_t)f->n, d * sizeof *f->net[k]);
        complete = complete && f->p[k] && f->own[k] && f->net[k];
    }
    if (!complete) return mem_error(err, "the features");
    if (!f->semantic) {
        f->z[0] = f->block;
        f->z[1] = f->z[0] + rows * d * (size_t)f->tokens[0];
        f->u[0] = f->z[1] + rows * d * (size_t)f->tokens[1];
        f->u[1] = f->u[0] + rows * d;
    }
    f->z_spread[1] = f->z_spread[0] + d;
    f->u_spread[0] = f->z_spread[1] + d;
    f->u_spread[1] = f->u_spread[0] + d;
    return STATUS_OK;
}

void features_free(FeatureCache *f) {
    if (!f->borrowed) {
        if (PART_RESUME && f->mapped)
            features_unmap(f);
        else
            mem_free(f->block);
        mem_free(f->length);
        mem_free(f->z_spread[0]);
        for (Modality k = 0; k < MODALITIES; k++) {
            mem_free(f->p[k]);
            mem_free(f->own[k]);
            mem_free(f->net[k]);
        }
    }
    memset(f, 0, sizeof *f);
}

/* ---- Filling ---- */

static void copy_reals(float *to, const real *from, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = (float)from[i];
}

/* What the experts say of the cases of f; NULL without experts. */
typedef struct {
    float *own[MODALITIES];  /* (n,c) by the fit that the model keeps */
    float *held[MODALITIES]; /* (n,c) by the fit without the case's group; NULL where that is not asked for */
} Said;

/* One tile of cases, one view: both extractors, frozen, what is known of the cases, and what stage 2 sees. A text of the batch may be
 * padded beyond `tokens`. */
static void fill_tile(FeatureCache *f, const Model *m, Tape *t, const Batch *b, const Said *said, int first,
                      int view) {
    size_t d = (size_t)f->d, c = (size_t)f->c, at = (size_t)first * c;
    for (Modality k = 0; k < MODALITIES; k++) {
        Features from = encode_features(t, m, b, k);
        const Tensor *u = from.u, *logits = model_stage1_logits(t, m, k, from.u);
        const float *own = said->own[k] ? said->own[k] + at : NULL,
                    *held = said->held[k] ? said->held[k] + at : own;
        float *p = arena_alloc(&t->arena, (size_t)b->n * c * sizeof *p);
        if (view == 0) model_posterior(m, k, logits, own, f->own[k] + at);
        model_posterior(m, k, logits, held, p);
        size_t size = (size_t)f->tokens[k] * d, full = (size_t)from.z->dim[1] * d;
        for (size_t i = 0; i < (size_t)b->n; i++) {
            size_t row = ((size_t)first + i) * (size_t)f->views + (size_t)view;
            if (!f->semantic) {
                copy_reals(f->z[k] + row * size, from.z->data + i * full, size);
                copy_reals(f->u[k] + row * d, u->data + i * d, d);
            }
            memcpy(f->p[k] + row * c, p + i * c, c * sizeof *p);
            if (view == 0) copy_reals(f->net[k] + ((size_t)first + i) * d, u->data + i * d, d);
        }
    }
}

BatchOptions features_view(const Session *s, int view, Augment *augment) {
    return session_view(s, view ? augment : NULL, s->config.stage1_epochs + view);
}

static Status fill_view(FeatureCache *f, const Session *s, const Model *m, const int *index, const Said *said,
                        int view, Tape *t, Batch *b, Error *err) {
    Augment augment;
    BatchOptions o = features_view(s, view, &augment);
    char what[64];
    snprintf(what, sizeof what, "features, view %d/%d", view + 1, f->views);
    for (int first = 0; first < f->n && !session_stopped(s); first += ENCODE_TILE) {
        int tile = f->n - first < ENCODE_TILE ? f->n - first : ENCODE_TILE;
        TRY(batch_fill(b, &s->data, index + first, tile, &o, s->pool, err));
        fill_tile(f, m, t, b, said, first, view);
        tape_reset(t);
        log_progress(s->log, what, first + tile, f->n);
    }
    return STATUS_OK;
}

/* Standard deviation of each column over rows of width d, in double: z (n,views,tokens,d), view 0 of each case. */
static void spread(const FeatureCache *f, const float *z, int views, int tokens, const int *length,
                   real *out) {
    size_t d = (size_t)f->d;
    for (size_t j = 0; j < d; j++) {
        double sum = 0, squares = 0, count = 0;
        for (int i = 0; i < f->n; i++) {
            const float *row = z + (size_t)i * (size_t)views * (size_t)tokens * d;
            int real_tokens = length ? length[i] : tokens;
            for (int k = 0; k < real_tokens; k++, count++) {
                double v = (double)row[(size_t)k * d + j];
                sum += v;
                squares += v * v;
            }
        }
        double mean = count > 0 ? sum / count : 0, variance = count > 0 ? squares / count - mean * mean : 0;
        out[j] = (real)sqrt(variance > 0 ? variance : 0); /* rounding can make it negative */
    }
}

static Status measure_spread(FeatureCache *f, Error *err) {
    size_t d = (size_t)f->d;
    float *u = f->semantic ? mem_calloc((size_t)f->n + 1, d * sizeof *u) : NULL;
    if (f->semantic && !u) return mem_error(err, "the features");
    for (Modality k = 0; k < MODALITIES; k++) {
        if (f->semantic) {
            features_clean(f, k, u);
            spread(f, u, 1, 1, NULL, f->u_spread[k]);
            memcpy(f->z_spread[k], f->u_spread[k], d * sizeof *f->z_spread[k]);
        } else {
            spread(f, f->u[k], f->views, 1, NULL, f->u_spread[k]);
            spread(f, f->z[k], f->views, f->tokens[k], k == MODALITY_TEXT ? f->length : NULL, f->z_spread[k]);
        }
    }
    mem_free(u);
    return STATUS_OK;
}

static Status ask_experts(const Session *s, const Model *m, const int *index, int n, Said *said, Error *err) {
    bool held = index == s->index[SET_TRAIN] && s->config.held_out;
    size_t c = (size_t)m->config.classes;
    for (Modality k = 0; m->landmark && k < MODALITIES; k++) {
        said->own[k] = mem_calloc((size_t)n, c * sizeof(float));
        if (held) said->held[k] = mem_calloc((size_t)n, c * sizeof(float));
        if (!said->own[k] || (held && !said->held[k])) return mem_error(err, "the experts");
        TRY(experts_cases(s, m, index, n, k, said->own[k], err));
        if (held) TRY(experts_hold_out(s, m, k, said->held[k], err));
    }
    return STATUS_OK;
}

static Status fill(FeatureCache *f, const Session *s, const Model *m, const int *index, const Said *said,
                   Tape *t, Batch *b, Error *err) {
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "the features");
    for (int view = 0; view < f->views; view++) TRY(fill_view(f, s, m, index, said, view, t, b, err));
    return STATUS_OK;
}

/* True where all input is own features without augmented views: every view would be the clean one. */
static bool own_are_clean(const Session *s) {
    return s->own[0].x && s->own[1].x && s->own[0].views == 1 && s->own[1].views == 1;
}

Status features_build(FeatureCache *f, const Session *s, const Model *m, const int *index, int n,
                      int augmented, const char *folder, Error *err) {
    const OwnInput *own = m->config.own;
    memset(f, 0, sizeof *f);
    if (own_are_clean(s)) augmented = 0;
    if (PART_TABLE && features_borrow(f, s, index, augmented)) return STATUS_OK;
    f->landmarks = s->config.landmarks;
    f->held_out = s->config.held_out;
    bool semantic = f->semantic = m->config.semantic;
    f->c = m->config.classes;
    f->n = n;
    f->views = 1 + augmented;
    f->d = m->config.dim;
    f->tokens[0] = semantic       ? 1
                   : own[0].width ? own[0].tokens
                                  : (m->config.image_size / CNN_SHRINK) * (m->config.image_size / CNN_SHRINK);
    f->tokens[1] = own[1].width && !semantic ? own[1].tokens : 1;
    for (int i = 0; i < n && !semantic && !own[1].width; i++)
        f->tokens[1] = s->data.length[index[i]] > f->tokens[1] ? s->data.length[index[i]] : f->tokens[1];
    TRY(take_block(f, s, folder, err));
    for (int i = 0; i < n; i++)
        f->length[i] = semantic ? 1 : own[1].width ? own[1].tokens : s->data.length[index[i]];
    Said said = {0};
    Tape t;
    Batch b;
    tape_init(&t, s->pool);
    t.recording = t.training = false;
    Status status = batch_init(&b, &s->data, ENCODE_TILE, s->pool, err);
    if (status == STATUS_OK) status = ask_experts(s, m, index, n, &said, err);
    if (status == STATUS_OK) status = fill(f, s, m, index, &said, &t, &b, err);
    for (Modality k = 0; k < MODALITIES; k++) {
        mem_free(said.own[k]);
        mem_free(said.held[k]);
    }
    batch_free(&b);
    tape_free(&t);
    if (status != STATUS_OK) return status;
    return measure_spread(f, err);
}

/* ---- Reading ---- */

static void read_u(const FeatureCache *f, Modality modality, size_t row, float *u) {
    if (f->semantic)
        expert_token(f->p[modality] + row * (size_t)f->c, f->c, f->d, u);
    else
        memcpy(u, f->u[modality] + row * (size_t)f->d, (size_t)f->d * sizeof *u);
}

Features features_gather(const FeatureCache *f, Tape *t, Modality modality, const int *rows, const int *views,
                         int b) {
    size_t d = (size_t)f->d, size = (size_t)f->tokens[modality] * d;
    Features out = {.z = tape_tensor3(t, b, f->tokens[modality], f->d), .u = tape_tensor2(t, b, f->d)};
    int *length = arena_alloc(&t->arena, (size_t)b * sizeof *length);
    for (int i = 0; i < b; i++) {
        size_t row = (size_t)rows[i] * (size_t)f->views + (size_t)(views ? views[i] : 0);
        read_u(f, modality, row, out.u->data + (size_t)i * d);
        memcpy(out.z->data + (size_t)i * size,
               f->semantic ? out.u->data + (size_t)i * d : f->z[modality] + row * size, size * sizeof(real));
        length[i] = f->length[rows[i]];
    }
    if (modality == MODALITY_TEXT) out.length = length;
    return out;
}

const float *features_posterior(const FeatureCache *f, Tape *t, Modality modality, const int *rows,
                                const int *views, int b) {
    size_t c = (size_t)f->c;
    float *p = arena_alloc(&t->arena, (size_t)b * c * sizeof *p);
    for (int i = 0; i < b; i++)
        memcpy(p + (size_t)i * c,
               f->p[modality] + ((size_t)rows[i] * (size_t)f->views + (size_t)(views ? views[i] : 0)) * c,
               c * sizeof *p);
    return p;
}

void features_clean(const FeatureCache *f, Modality modality, float *out) {
    for (size_t i = 0; i < (size_t)f->n; i++)
        read_u(f, modality, i * (size_t)f->views, out + i * (size_t)f->d);
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
        int tile = f->n - first < ENCODE_TILE ? f->n - first : ENCODE_TILE, rows[ENCODE_TILE];
        for (int i = 0; i < tile; i++) rows[i] = first + i;
        Features x = m->config.semantic
                         ? model_semantic(&t, m, f->own[modality] + (size_t)first * (size_t)f->c, tile)
                         : features_gather(f, &t, modality, rows, NULL, tile);
        bool image = modality == MODALITY_IMAGE;
        encode_keep(&t, m, model_context(&t, m, image ? &x : NULL, image ? NULL : &x, 0, NULL), first, out);
        tape_reset(&t);
    }
    tape_free(&t);
    return STATUS_OK;
}
