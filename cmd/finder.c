#include "cmd/finder_groups.h"

#include <math.h>
#include <string.h>

#include "data/picture/image.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "train/own_input.h"

/* ---- Opening ---- */

static Status open_model(Finder *f, const char *model, Error *err) {
    f->has_model = true;
    TRY(model_open(&f->model, model, err));
    const char *theirs = index_model_hash(f->index);
    if (strcmp(theirs, INDEX_OWN_CODES) == 0)
        return error_set(err, STATUS_INPUT,
                         "%s: holds codes of another program, so that no model encodes questions for it; ask "
                         "with --id or --code",
                         f->index_path);
    if (strcmp(theirs, f->model.hash) == 0 && index_bits(f->index) == f->model.model.config.bits)
        return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: the index holds codes of model %s, but %s is model %s; name the model of the "
                     "index, or write the index again with `msach index`",
                     f->index_path, theirs, model, f->model.hash);
}

Status finder_open(Finder *f, const char *model, const char *index, const Log *log, Error *err) {
    *f = (Finder){.index_path = index, .model_path = model, .log = log};
    TRY(index_open(&f->index, index, err));
    if (PART_ANSWERS) TRY(index_groups(f->index, &f->groups, err));
    if (model) TRY(open_model(f, model, err));
    if (index_live(f->index) == 0) log_warn(log, "%s: the index holds no case", index);
    return STATUS_OK;
}

void finder_close(Finder *f) {
    if (f->has_model) model_close(&f->model);
    if (PART_ANSWERS) index_groups_free(&f->groups);
    if (f->index) index_close(f->index);
    memset(f, 0, sizeof *f);
}

/* ---- The code of a question ---- */

static Status encode_text(const Finder *f, Answer *a, const char *text, Encoding *out, Error *err) {
    const Vocab *v = &f->model.vocab;
    size_t words = (size_t)v->length;
    int length = 0;
    if (PART_HINTS) TRY(finder_words(f, text, a, err));
    int32_t *word = mem_calloc(words + 1, sizeof *word);
    int32_t *gram = v->buckets ? mem_calloc(words + 1, TOKEN_NGRAMS * sizeof *gram) : NULL;
    Status s = word && (gram || !v->buckets) ? STATUS_OK : mem_error(err, "the question");
    if (s == STATUS_OK) s = tokens_encode(v, text, "the question", word, gram, &length, err);
    if (s == STATUS_OK) s = encode_texts(&a->encoder, word, gram, &length, 1, out, err);
    mem_free(gram);
    mem_free(word);
    return s;
}

/* As batch_fill prepares a case of an archive, so that a picture has the same code in a question and in an index. */
static Status encode_square(const Finder *f, Answer *a, const Image *im, Encoding *out, Error *err) {
    const ModelConfig *c = &f->model.model.config;
    size_t pixels = (size_t)c->image_size * (size_t)c->image_size;
    float descriptor[DESCRIPTOR_DIM], scale = (float)(1.0 / (255.0 * c->deviation)),
                                      offset = (float)(-c->mean / c->deviation);
    uint8_t *square = mem_alloc(pixels);
    float *x = mem_calloc(pixels, sizeof *x);
    Status s = square && x ? image_square(im, c->image_size, square, err) : mem_error(err, "the question");
    for (size_t k = 0; s == STATUS_OK && k < pixels; k++) x[k] = (float)square[k] * scale + offset;
    if (s == STATUS_OK) descriptor_make(square, c->image_size, descriptor);
    if (s == STATUS_OK) s = encode_images(&a->encoder, x, descriptor, 1, out, err);
    if (PART_CONFIDENCE && s == STATUS_OK)
        a->unlike = calibration_is_unlike(&f->model.calibration, descriptor);
    mem_free(x);
    mem_free(square);
    return s;
}

static Status encode_picture(const Finder *f, Answer *a, const Query *q, Encoding *out, Error *err) {
    Image im = {0};
    Status s = q->data ? image_decode(&im, q->value, q->data, q->size, err) : image_read(&im, q->value, err);
    if (s == STATUS_OK) s = encode_square(f, a, &im, out, err);
    image_free(&im);
    return s;
}

static Status encode_query(const Finder *f, const Query *q, Answer *a, Encoding *out, Error *err) {
    if (!f->has_model)
        return error_set(err, STATUS_USAGE,
                         "--text and --image need --model; --id, --code or filters alone work without");
    Modality m = q->kind == ASK_IMAGE ? MODALITY_IMAGE : MODALITY_TEXT;
    const char *given[MODALITIES] = {NULL, NULL};
    given[m] = q->features ? q->value : NULL;
    if (PART_ARRAYS)
        TRY(own_input_given(&f->model.model, given, (const bool[]){m == MODALITY_IMAGE, m == MODALITY_TEXT},
                            err));
    if (!a->encodes) encoder_init(&a->encoder, &f->model.model, f->pool);
    a->encodes = true;
    if (PART_ARRAYS && q->features) return encode_own(&a->encoder, m, q->features, 1, out, err);
    return q->kind == ASK_TEXT ? encode_text(f, a, q->value, out, err) : encode_picture(f, a, q, out, err);
}

/* The code of a case of the index: of the image. Of the text where the case has no image, or where images are searched. */
static Status code_of_case(const Finder *f, const Query *q, int find, Answer *a, uint8_t *code, Error *err) {
    a->row = index_find(f->index, q->value);
    if (a->row < 0)
        return error_set(err, STATUS_INPUT, "%s: the index has no case '%s'", f->index_path, q->value);
    a->asked = find == MODALITY_IMAGE ? MODALITY_TEXT : MODALITY_IMAGE;
    if (!index_allowed(f->index, a->asked)[a->row]) a->asked = modality_other(a->asked);
    if (!index_allowed(f->index, a->asked)[a->row])
        return error_set(err, STATUS_INPUT, "%s: case '%s' has no code", f->index_path, q->value);
    size_t bytes = code_bytes(index_bits(f->index));
    memcpy(code, index_codes(f->index, a->asked) + (size_t)a->row * bytes, bytes);
    return STATUS_OK;
}

/* ---- Asking ---- */

static void forget_words(Answer *a) {
    while (a->n_unknown) mem_free(a->unknown[--a->n_unknown]);
}

Status finder_ask(const Finder *f, const Query *q, const SearchOptions *o, Answer *a, Error *err) {
    uint8_t code[CODE_MAX_BITS / 8] = {0};
    float scores[CODE_MAX_BITS];
    Encoding out = {.codes = code, .scores = scores};
    a->row = a->within = a->chance_from = -1;
    a->n = 0;
    forget_words(a);
    a->ties = 0;
    a->chance = NAN;
    a->unlike = false;
    a->scored = q->kind == ASK_IMAGE || q->kind == ASK_TEXT;
    if (q->kind == ASK_FILTER) return finder_rank(f, o, NULL, NULL, a, err);
    if (q->kind == ASK_ID || q->kind == ASK_CODE) {
        if (PART_QUERIES && q->kind == ASK_CODE)
            TRY(finder_code(f, q, o->find, a, code, err));
        else
            TRY(code_of_case(f, q, o->find, a, code, err));
        code_unpack(code, 1, index_bits(f->index), scores);
    } else {
        a->asked = q->kind == ASK_IMAGE ? MODALITY_IMAGE : MODALITY_TEXT;
        TRY(encode_query(f, q, a, &out, err));
    }
    a->found = o->find >= 0 ? (Modality)o->find : modality_other(a->asked);
    return finder_rank(f, o, scores, code, a, err);
}

void answer_free(Answer *a) {
    if (a->encodes) encoder_free(&a->encoder);
    forget_words(a);
    mem_free(a->unknown);
    mem_free(a->hit);
    mem_free(a->near);
    mem_free(a->ranked);
    mem_free(a->count);
    memset(a, 0, sizeof *a);
}

void finder_labels(Buffer *b, const IndexCase *c) {
    for (int i = 0; i < c->n_labels; i++) buffer_printf(b, "%s%s", i ? "|" : "", c->labels[i]);
    buffer_add(b, "", 1);
}

Status finder_picture(const Finder *f, const IndexCase *c, char **path, Error *err) {
    *path = NULL;
    if (!c->image || !c->image[0]) return STATUS_OK;
    char *file = path_target(f->index_path);
    *path = PART_PAGES && f->pictures ? finder_picture_in(f->pictures, c->image)
            : file                    ? path_beside(file, c->image)
                                      : NULL;
    mem_free(file);
    return *path ? STATUS_OK : mem_error(err, "a picture's path");
}
