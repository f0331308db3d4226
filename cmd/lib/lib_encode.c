#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/lib/lib_error.h"
#include "cmd/lib/lib_model.h"
#include "data/picture/image.h"
#include "data/vocab_unknown.h"
#include "nn/base/alloc.h"
#include "train/encode.h"

/* ---- The model ---- */

msach_status msach_model_open(msach_model **model, const char *path, msach_error *err) {
    LIB_NEED(model, "a place for the model", err);
    *model = NULL;
    LIB_NEED(path && *path, "the path of a model or run", err);
    Error e = {0};
    msach_model *m = mem_calloc(1, sizeof *m);
    Status s = m ? model_open(&m->file, path, &e) : mem_error(&e, "the model");
    if (s == STATUS_OK)
        *model = m;
    else
        msach_model_close(m);
    return lib_report(err, &e, s);
}

void msach_model_close(msach_model *model) {
    if (model) model_close(&model->file);
    mem_free(model);
}

int msach_model_bits(const msach_model *model) {
    return model ? model->file.model.config.bits : 0;
}

msach_model_info msach_model_about(const msach_model *model) {
    if (!model) return (msach_model_info){0};
    const ModelConfig *c = &model->file.model.config;
    return (msach_model_info){c->bits,
                              c->dim,
                              c->image_size,
                              model->file.hash,
                              {c->own[0].tokens, c->own[1].tokens},
                              {c->own[0].width, c->own[1].width}};
}

/* ---- Cases to encode ---- */

/* One tile: a manifest of cases without a file, and what is decoded of them. */
enum { TILE = 256 };
typedef struct {
    Case one[TILE];
    int index[TILE];
    Manifest manifest;
    Dataset data;
    OwnFeatures own;
} Tile;

static Modality kind_of(const msach_cases *c) {
    return c->features ? (Modality)c->features->kind : c->texts ? MODALITY_TEXT : MODALITY_IMAGE;
}

/* The cases first.. of c. A single case has no line, so that its message does not name one. */
static void fill_tile(Tile *t, const msach_cases *c, size_t first) {
    size_t n = c->n - first < TILE ? c->n - first : TILE;
    memset(t, 0, sizeof *t);
    t->manifest = (Manifest){.path = c->features ? "features"
                                     : c->texts  ? "texts"
                                                 : "pictures",
                             .cases = t->one,
                             .n = (int)n};
    for (size_t i = 0; i < n; i++) {
        Case *one = &t->one[i];
        t->index[i] = (int)i;
        *one = (Case){.id = "", .image = "", .text = "", .group = (int)i, .set = SET_NONE};
        one->line = c->n > 1 ? (int)(first + i + 1) : 0;
        if (c->texts)
            one->text = c->texts[first + i];
        else if (!c->features)
            one->image_path = c->paths ? (char *)c->paths[first + i] : "memory";
    }
}

/* A picture of the caller's as gray pixels without gaps: *im borrows them where the caller has none. */
static Status borrow_picture(Image *im, const msach_picture *p, uint8_t **owned, Error *err) {
    if (!p->pixels || p->width < 1 || p->height < 1 || p->width > IMAGE_MAX_PIXELS / p->height ||
        p->stride < (size_t)p->width)
        return error_set(err, STATUS_USAGE,
                         "pixels, 1 to 64 Mi of them, and a stride of at least the width were expected");
    size_t row = (size_t)p->width;
    *im = (Image){.width = p->width, .height = p->height, .pixel = (uint8_t *)p->pixels};
    if (p->stride == row) return STATUS_OK;
    im->pixel = *owned = mem_alloc(row * (size_t)p->height);
    if (!*owned) return mem_error(err, "a picture");
    for (int y = 0; y < p->height; y++)
        memcpy(*owned + (size_t)y * row, p->pixels + (size_t)y * p->stride, row);
    return STATUS_OK;
}

static Status picture_square(const msach_cases *c, size_t i, int side, uint8_t *square, Error *err) {
    Image im = {0};
    uint8_t *owned = NULL;
    Status s;
    if (c->pictures) {
        s = borrow_picture(&im, &c->pictures[i], &owned, err);
    } else {
        s = c->files[i].data && c->files[i].size
                ? image_decode(&im, "bytes", c->files[i].data, c->files[i].size, err)
                : error_set(err, STATUS_USAGE, "the bytes of a picture's file were expected");
        owned = im.pixel;
    }
    if (s == STATUS_OK) s = image_square(&im, side, square, err);
    mem_free(owned);
    return s == STATUS_OK || c->n == 1 ? s : error_prefix(err, "picture %zu", i + 1);
}

/* Pictures that are in memory already; dataset_free frees them. */
static Status take_pictures(Tile *t, const msach_cases *c, size_t first, int side, Error *err) {
    size_t n = (size_t)t->manifest.n;
    t->data = (Dataset){.manifest = &t->manifest,
                        .side = side,
                        .picture = mem_calloc(n, sizeof *t->data.picture),
                        .length = mem_calloc(n, sizeof *t->data.length)};
    if (!t->data.picture || !t->data.length) return mem_error(err, "the pictures");
    for (size_t i = 0; i < n; i++) {
        uint8_t *square = t->data.picture[i] = mem_alloc((size_t)side * (size_t)side);
        if (!square) return mem_error(err, "a picture");
        TRY(picture_square(c, first + i, side, square, err));
    }
    return STATUS_OK;
}

/* Features of the caller's, borrowed. */
static Status take_features(Tile *t, const msach_cases *c, size_t first, Error *err) {
    const msach_features *f = c->features;
    size_t size = f->tokens * f->width, n = (size_t)t->manifest.n;
    const float *x = f->x + first * size;
    for (size_t i = 0; i < n * size; i++)
        if (!isfinite(x[i]))
            return error_set(err, STATUS_INPUT,
                             "features: row %zu, column %zu is %g; finite numbers were expected",
                             first + i / size + 1, i % size + 1, (double)x[i]);
    t->own = (OwnFeatures){
        .x = (float *)x, .n = t->manifest.n, .views = 1, .tokens = (int)f->tokens, .width = (int)f->width};
    t->data = (Dataset){.manifest = &t->manifest};
    t->data.own[f->kind] = &t->own;
    return STATUS_OK;
}

static Status load_tile(Tile *t, const ModelFile *f, const msach_cases *c, size_t first, Error *err) {
    int side = f->model.config.image_size;
    fill_tile(t, c, first);
    if (c->features) return take_features(t, c, first, err);
    for (size_t i = first; c->texts && i < first + (size_t)t->manifest.n; i++) {
        Status s = vocab_unknown(&f->vocab, c->texts[i], NULL, NULL, err);
        if (s != STATUS_OK) return c->n == 1 ? s : error_prefix(err, "text %zu", i + 1);
    }
    if (c->files || c->pictures) return take_pictures(t, c, first, side, err);
    return dataset_load(&t->data, &t->manifest, c->texts ? &f->vocab : NULL, c->texts ? 0 : side, 0, NULL,
                        NULL, err);
}

/* ---- Codes ---- */

static Status encode_tile(const Tile *t, const ModelFile *f, Modality m, Encoding out, size_t first,
                          Error *err) {
    const ModelConfig *c = &f->model.config;
    if (out.codes) out.codes += first * code_bytes(c->bits);
    if (out.scores) out.scores += first * (size_t)c->bits;
    if (out.features) out.features += first * (size_t)c->dim;
    return encode_cases(&f->model, &t->data, t->index, t->manifest.n, m, &out, NULL, NULL, err);
}

/* Denormals are flushed to zero while the networks run, as in the command, so that the codes are equal; the floating-point environment of
 * the caller is then restored. */
static Status encode_all(const ModelFile *f, const msach_cases *c, const msach_encoding *to, Error *err) {
    Modality m = kind_of(c);
    Encoding out = {.features = to->features, .scores = to->scores, .codes = to->codes};
    Tile *t = mem_calloc(1, sizeof *t);
    Status s = t ? STATUS_OK : mem_error(err, "the cases");
    fenv_t callers;
    fegetenv(&callers);
    pool_flush_denormals();
    for (size_t first = 0; s == STATUS_OK && first < c->n; first += TILE) {
        s = load_tile(t, f, c, first, err);
        if (s == STATUS_OK) s = encode_tile(t, f, m, out, first, err);
        dataset_free(&t->data);
    }
    fesetenv(&callers);
    mem_free(t);
    return s;
}

/* The model takes what the caller has. */
static Status check_kind(const ModelConfig *m, const msach_cases *c, Error *err) {
    static const char *const what[] = {"pictures", "texts"};
    Modality k = kind_of(c);
    const OwnInput *own = &m->own[k];
    if (!c->features && !own->width) return STATUS_OK;
    if (c->features && !own->width)
        return error_set(err, STATUS_INPUT, "the model takes %s, not features", what[k]);
    if (c->features && c->features->tokens == (size_t)own->tokens && c->features->width == (size_t)own->width)
        return STATUS_OK;
    char got[64];
    snprintf(got, sizeof got, "%zu x %zu", c->features ? c->features->tokens : 0,
             c->features ? c->features->width : 0);
    return error_set(err, STATUS_INPUT,
                     "the model takes %s features of %d x %d numbers (tokens x width), not %s",
                     modality_name(k), own->tokens, own->width, c->features ? got : what[k]);
}

static Status check_strings(const msach_cases *c, Error *err) {
    const char *const *strings = c->texts ? c->texts : c->paths;
    for (size_t i = 0; strings && i < c->n; i++)
        if (!strings[i] || !*strings[i])
            return error_set(err, STATUS_USAGE, "%s %zu is %s; %s was expected", c->texts ? "text" : "path",
                             i + 1, strings[i] ? "empty" : "NULL",
                             c->texts ? "a text" : "the path of a picture");
    return STATUS_OK;
}

msach_status msach_encode(msach_model *model, const msach_cases *cases, const msach_encoding *out,
                          msach_error *err) {
    LIB_NEED(model, "a model", err);
    LIB_NEED(cases && out, "cases, and room for results", err);
    LIB_NEED(cases->n < INT32_MAX, "fewer than 2^31 cases", err);
    LIB_NEED((cases->texts != NULL) + (cases->paths != NULL) + (cases->files != NULL) +
                     (cases->pictures != NULL) + (cases->features != NULL) ==
                 1,
             "exactly one of texts, paths, files, pictures and features", err);
    const msach_features *f = cases->features;
    LIB_NEED(!f || (f->x && (f->kind == MSACH_IMAGE || f->kind == MSACH_TEXT)),
             "features, and MSACH_IMAGE or MSACH_TEXT", err);
    Error e = {0};
    Status s = check_kind(&model->file.model.config, cases, &e);
    if (s == STATUS_OK) s = check_strings(cases, &e);
    if (s == STATUS_OK) s = encode_all(&model->file, cases, out, &e);
    return lib_report(err, &e, s);
}

/* ---- One case ---- */

msach_status msach_encode_text(msach_model *model, const char *text, uint8_t *code, msach_error *err) {
    LIB_NEED(code, "room for a code", err);
    return msach_encode(model, &(msach_cases){.n = 1, .texts = &text}, &(msach_encoding){.codes = code}, err);
}

msach_status msach_encode_file(msach_model *model, const char *path, uint8_t *code, msach_error *err) {
    LIB_NEED(code, "room for a code", err);
    return msach_encode(model, &(msach_cases){.n = 1, .paths = &path}, &(msach_encoding){.codes = code}, err);
}

msach_status msach_encode_pixels(msach_model *model, const uint8_t *pixels, int width, int height,
                                 size_t stride, uint8_t *code, msach_error *err) {
    LIB_NEED(code, "room for a code", err);
    msach_picture one = {pixels, width, height, stride};
    return msach_encode(model, &(msach_cases){.n = 1, .pictures = &one}, &(msach_encoding){.codes = code},
                        err);
}
