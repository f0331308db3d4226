#include "train/encode.h"

#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "nn/ops.h"
#include "train/experts.h"
#include "train/own_input.h"

void encode_keep(Tape *t, const Model *m, Tensor *c, int first, Encoding *out) {
    const Tensor *s = model_scores(t, m, c);
    size_t at = (size_t)first, d = (size_t)m->config.dim, q = (size_t)m->config.bits, n = (size_t)c->dim[0];
    for (size_t i = 0; out->features && i < n * d; i++) out->features[at * d + i] = (float)c->data[i];
    for (size_t i = 0; out->scores && i < n * q; i++) out->scores[at * q + i] = (float)s->data[i];
    for (size_t i = 0; out->codes && i < n; i++) {
        float row[CODE_MAX_BITS];
        for (size_t j = 0; j < q; j++) row[j] = (float)s->data[i * q + j];
        code_pack(row, 1, (int)q, out->codes + (at + i) * code_bytes((int)q));
    }
}

Features encode_features(Tape *t, const Model *m, const Batch *b, Modality modality) {
    Features f = {0};
    if (PART_ARRAYS && m->config.own[modality].width) {
        f.z = model_own_tokens(t, m, modality, b->own[modality], b->n);
    } else if (modality == MODALITY_IMAGE) {
        f.z = model_image_tokens(t, m, tape_input(t, 4, (int[]){b->n, b->side, b->side, 1}, b->image));
    } else {
        f.z = model_text_tokens(t, m, b->word, b->gram, b->n, b->text_length, TOKEN_NGRAMS, b->length);
        f.length = b->length;
    }
    f.u = op_mean_tokens(t, f.z, f.length);
    return f;
}

Features encode_seen(Tape *t, const Model *m, Modality modality, const Features *f, const float *said) {
    if (!m->config.semantic) return *f;
    int n = f->u->dim[0];
    float *p = arena_alloc(&t->arena, (size_t)n * (size_t)m->config.classes * sizeof *p);
    model_posterior(m, modality, model_stage1_logits(t, m, modality, f->u), said, p);
    return model_semantic(t, m, p, n);
}

#if PART_ARRAYS
Status encode_own(Encoder *e, Modality modality, const float *x, int n, Encoding *out, Error *err) {
    const Model *m = e->model;
    Tape *t = &e->tape;
    size_t size = (size_t)m->config.own[modality].tokens * (size_t)m->config.own[modality].width;
    bool image = modality == MODALITY_IMAGE;
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "encoding features");
    for (int first = 0; first < n; first += ENCODE_TILE) {
        tape_reset(t);
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE;
        Features f = {.z = model_own_tokens(t, m, modality, x + (size_t)first * size, tile)};
        f.u = op_mean_tokens(t, f.z, NULL);
        size_t c = (size_t)m->config.classes;
        float *said = arena_alloc(&t->arena, (size_t)tile * c * sizeof *said);
        for (size_t i = 0; m->landmark && i < (size_t)tile; i++)
            experts_own(m, modality, x + ((size_t)first + i) * size, said + i * c);
        Features seen = encode_seen(t, m, modality, &f, said);
        encode_keep(t, m, model_context(t, m, image ? &seen : NULL, image ? NULL : &seen, 0, NULL), first,
                    out);
    }
    return STATUS_OK;
}
#endif

/* g (n,DESCRIPTOR_DIM): descriptors of the pictures x (n,S,S). */
static Tensor *image_context(Tape *t, const Model *m, const float *x, const float *g, int n) {
    int side = m->config.image_size;
    Features f = {.z = model_image_tokens(t, m, tape_input(t, 4, (int[]){n, side, side, 1}, x))};
    f.u = op_mean_tokens(t, f.z, NULL);
    size_t c = (size_t)m->config.classes;
    float *said = arena_alloc(&t->arena, (size_t)n * c * sizeof *said);
    for (size_t i = 0; m->landmark && i < (size_t)n; i++)
        experts_image(m, g + i * DESCRIPTOR_DIM, said + i * c);
    Features seen = encode_seen(t, m, MODALITY_IMAGE, &f, said);
    return model_context(t, m, &seen, NULL, 0, NULL);
}

/* c_v = mean over V_e views of the context of the picture moved by S/24 pixels: none, right, left, down, up and
 * the four corners, in this order. V_e = 1 (the default) is the picture alone.
 * DEV(encode-views): with V_e > 1 the code is of this mean, not of one c_v. */
static Tensor *average_context(Tape *t, const Model *m, const float *x, const float *g, int n) {
    Tensor *c = image_context(t, m, x, g, n);
    if (!PART_VARIANTS || m->config.encode_views <= 1) return c;
    for (int v = 1; v < m->config.encode_views; v++)
        c = op_add(t, c, image_context(t, m, encode_moved(t, m, x, n, v), g, n));
    return op_scale(t, c, (real)(1.0 / m->config.encode_views));
}

/* Leaves out the tokens beyond the longest text of the tile, which are padding in every case. */
static Tensor *text_context(Tape *t, const Model *m, const int32_t *w, const int32_t *s, const int *length,
                            int n) {
    int full = m->config.text_length, longest = 1;
    for (int i = 0; i < n; i++) longest = length[i] > longest ? length[i] : longest;
    int32_t *word = arena_alloc(&t->arena, (size_t)n * (size_t)longest * sizeof *word);
    int32_t *gram =
        s ? arena_alloc(&t->arena, (size_t)n * (size_t)longest * TOKEN_NGRAMS * sizeof *gram) : NULL;
    for (int i = 0; i < n; i++) {
        memcpy(word + i * longest, w + (size_t)i * (size_t)full, (size_t)longest * sizeof *word);
        if (gram)
            memcpy(gram + (size_t)i * (size_t)longest * TOKEN_NGRAMS,
                   s + (size_t)i * (size_t)full * TOKEN_NGRAMS,
                   (size_t)longest * TOKEN_NGRAMS * sizeof *gram);
    }
    Features f = {.z = model_text_tokens(t, m, word, gram, n, longest, TOKEN_NGRAMS, length),
                  .length = length};
    f.u = op_mean_tokens(t, f.z, length);
    size_t c = (size_t)m->config.classes;
    float *said = arena_alloc(&t->arena, (size_t)n * c * sizeof *said);
    for (int i = 0; m->idf && i < n; i++)
        experts_text(m, w + (size_t)i * (size_t)full, length[i], said + (size_t)i * c);
    Features seen = encode_seen(t, m, MODALITY_TEXT, &f, said);
    return model_context(t, m, NULL, &seen, 0, NULL);
}

void encoder_init(Encoder *e, const Model *m, Pool *pool) {
    e->model = m;
    tape_init(&e->tape, pool);
    e->tape.recording = e->tape.training = false;
    e->tape.cache_weights = true;
}

void encoder_free(Encoder *e) {
    tape_free(&e->tape);
}

Status encode_images(Encoder *e, const float *x, const float *g, int n, Encoding *out, Error *err) {
    const Model *m = e->model;
    Tape *t = &e->tape;
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "encoding images");
    size_t pixels = (size_t)m->config.image_size * (size_t)m->config.image_size;
    for (int first = 0; first < n; first += ENCODE_TILE) {
        tape_reset(t);
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE;
        Tensor *c = average_context(t, m, x + (size_t)first * pixels,
                                    g ? g + (size_t)first * DESCRIPTOR_DIM : NULL, tile);
        encode_keep(t, m, c, first, out);
    }
    return STATUS_OK;
}

Status encode_texts(Encoder *e, const int32_t *w, const int32_t *s, const int *length, int n, Encoding *out,
                    Error *err) {
    const Model *m = e->model;
    Tape *t = &e->tape;
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "encoding texts");
    size_t tokens = (size_t)m->config.text_length;
    for (int first = 0; first < n; first += ENCODE_TILE) {
        tape_reset(t);
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE;
        Tensor *c = text_context(t, m, w + (size_t)first * tokens,
                                 s ? s + (size_t)first * tokens * TOKEN_NGRAMS : NULL, length + first, tile);
        encode_keep(t, m, c, first, out);
    }
    return STATUS_OK;
}

static Status encode_tile(Encoder *e, const Batch *b, Modality modality, Encoding *out, Error *err) {
    if (PART_ARRAYS && b->own[modality]) return encode_own(e, modality, b->own[modality], b->n, out, err);
    return modality == MODALITY_IMAGE ? encode_images(e, b->image, b->descriptor, b->n, out, err)
                                      : encode_texts(e, b->word, b->gram, b->length, b->n, out, err);
}

static Encoding shifted(const Encoding *e, const Model *m, int by) {
    size_t at = (size_t)by, d = (size_t)m->config.dim, q = (size_t)m->config.bits;
    return (Encoding){e->features ? e->features + at * d : NULL, e->scores ? e->scores + at * q : NULL,
                      e->codes ? e->codes + at * code_bytes((int)q) : NULL};
}

Status encode_cases(const Model *m, const Dataset *d, const int *index, int n, Modality modality,
                    Encoding *out, Pool *pool, const Log *log, Error *err) {
    Batch b;
    Encoder e;
    if (PART_ARRAYS) TRY(own_input_check(m, d, modality, err));
    encoder_init(&e, m, pool);
    BatchOptions o = {.mean = m->config.mean,
                      .deviation = m->config.deviation,
                      .descriptor = m->landmark && modality == MODALITY_IMAGE && !d->own[modality]};
    Status s = batch_init(&b, d, ENCODE_TILE, pool, err);
    for (int first = 0; s == STATUS_OK && first < n; first += ENCODE_TILE) {
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE;
        Encoding part = shifted(out, m, first);
        s = batch_fill(&b, d, index + first, tile, &o, pool, err);
        if (s == STATUS_OK) s = encode_tile(&e, &b, modality, &part, err);
        log_progress(log, modality == MODALITY_IMAGE ? "encoding images" : "encoding texts", first + tile, n);
    }
    batch_free(&b);
    encoder_free(&e);
    return s;
}
