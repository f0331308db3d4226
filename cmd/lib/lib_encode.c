#include <fenv.h>
#include <string.h>

#include "cmd/cases.h"
#include "cmd/lib/lib_error.h"
#include "cmd/lib/lib_model.h"
#include "data/picture/image.h"
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

/* ---- Codes ---- */

/* The code of the single case of d. Denormals are flushed to zero while the networks run, as in the command, so that the codes are equal; the
 * floating-point environment of the caller is then restored. */
static Status encode_one(const ModelFile *f, const Dataset *d, Modality m, uint8_t *code, Error *err) {
    uint8_t own[MSACH_MAX_CODE_BYTES];
    Encoding out = {.codes = own};
    int first = 0;
    fenv_t callers;
    fegetenv(&callers);
    pool_flush_denormals();
    Status s = encode_cases(&f->model, d, &first, 1, m, &out, NULL, NULL, err);
    fesetenv(&callers);
    if (s == STATUS_OK) memcpy(code, own, (size_t)f->model.config.bits / 8);
    return s;
}

static Status encode_words(const ModelFile *f, const CaseWords *w, uint8_t *code, Error *err) {
    Cases c;
    Status s = cases_of_words(&c, f, w, NULL, NULL, err);
    if (s == STATUS_OK) s = encode_one(f, &c.data, w->n_images ? MODALITY_IMAGE : MODALITY_TEXT, code, err);
    cases_free(&c);
    return s;
}

msach_status msach_encode_text(msach_model *model, const char *text, uint8_t *code, msach_error *err) {
    LIB_NEED(model, "a model", err);
    LIB_NEED(text && *text, "a text", err);
    LIB_NEED(code, "room for a code", err);
    Error e = {0};
    CaseWords w = {.texts = &text, .n_texts = 1};
    return lib_report(err, &e, encode_words(&model->file, &w, code, &e));
}

msach_status msach_encode_file(msach_model *model, const char *path, uint8_t *code, msach_error *err) {
    LIB_NEED(model, "a model", err);
    LIB_NEED(path && *path, "the path of a picture", err);
    LIB_NEED(code, "room for a code", err);
    Error e = {0};
    CaseWords w = {.images = &path, .n_images = 1};
    return lib_report(err, &e, encode_words(&model->file, &w, code, &e));
}

/* Encodes im as the single case of a Dataset that holds its picture in memory. */
static Status encode_picture(const ModelFile *f, const Image *im, uint8_t *code, Error *err) {
    int side = f->model.config.image_size, length = 0;
    uint8_t *square = mem_alloc((size_t)side * (size_t)side);
    if (!square) return mem_error(err, "a picture");
    char nowhere[] = "pixels";
    Case one = {.id = nowhere, .image = nowhere, .text = "", .image_path = nowhere, .set = SET_NONE};
    Manifest m = {.path = nowhere, .cases = &one, .n = 1};
    Dataset d = {.manifest = &m, .side = side, .picture = &square, .length = &length};
    Status s = image_square(im, side, square, err);
    if (s == STATUS_OK) s = encode_one(f, &d, MODALITY_IMAGE, code, err);
    mem_free(square);
    return s;
}

msach_status msach_encode_pixels(msach_model *model, const uint8_t *pixels, int width, int height,
                                 size_t stride, uint8_t *code, msach_error *err) {
    LIB_NEED(model, "a model", err);
    LIB_NEED(pixels, "pixels", err);
    LIB_NEED(width > 0 && height > 0 && width <= IMAGE_MAX_PIXELS / height, "a picture of 1 to 64 Mi pixels",
             err);
    LIB_NEED(stride >= (size_t)width, "a stride of at least the width", err);
    LIB_NEED(code, "room for a code", err);
    Error e = {0};
    size_t row = (size_t)width;
    Image im = {.width = width, .height = height, .pixel = mem_alloc(row * (size_t)height)};
    for (int y = 0; im.pixel && y < height; y++)
        memcpy(im.pixel + (size_t)y * row, pixels + (size_t)y * stride, row);
    Status s = im.pixel ? encode_picture(&model->file, &im, code, &e) : mem_error(&e, "a picture");
    mem_free(im.pixel);
    return lib_report(err, &e, s);
}
