#include "cmd/finder.h"

#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"
#include "train/encode.h"

/* ---- Opening ---- */

static Status open_model(Finder *f, const char *model, Error *err) {
    f->has_model = true;
    TRY(model_open(&f->model, model, err));
    const char *theirs = index_model_hash(f->index);
    if (strcmp(theirs, f->model.hash) == 0 && index_bits(f->index) == f->model.model.config.bits)
        return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: the index holds codes of model %s, but %s is model %s; name the model of the "
                     "index, or write the "
                     "index again with `msach index`",
                     f->index_path, theirs, model, f->model.hash);
}

static Status keep_matching(const Finder *f, const char *expression, Error *err) {
    regex_t regex;
    int code = regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
        char why[128];
        regerror(code, &regex, why, sizeof why);
        return error_set(err, STATUS_USAGE, "msach search: --id-match '%s': %s", expression, why);
    }
    Status s = STATUS_OK;
    for (int64_t row = 0; s == STATUS_OK && row < index_count(f->index); row++) {
        IndexCase c;
        if (!f->allowed[0][row] && !f->allowed[1][row]) continue;
        s = index_case(f->index, row, &c, err);
        if (s == STATUS_OK && regexec(&regex, c.id, 0, NULL, 0) != 0)
            f->allowed[0][row] = f->allowed[1][row] = 0;
    }
    regfree(&regex);
    return s;
}

static Status allow(Finder *f, const FinderOptions *o, Error *err) {
    size_t n = (size_t)index_count(f->index);
    for (Modality m = 0; m < MODALITIES; m++) {
        f->allowed[m] = mem_calloc(n + 1, 1);
        if (!f->allowed[m]) return mem_error(err, "the search");
        memcpy(f->allowed[m], index_allowed(f->index, m), n);
        for (int k = 0; k < o->n_labels; k++)
            TRY(index_keep_label(f->index, o->labels[k], f->allowed[m], err));
    }
    return o->id_match ? keep_matching(f, o->id_match, err) : STATUS_OK;
}

/* For each label that the model does not know: the nearest one that it knows. */
static void warn_of_unknown_labels(const Finder *f, const FinderOptions *o) {
    for (int i = 0; f->has_model && i < o->n_labels; i++) {
        const char *near =
            nearest_word(o->labels[i], (const char *const *)f->model.label_names, f->model.n_labels);
        if (near && strcmp(near, o->labels[i]) != 0)
            log_warn(f->log, "label '%s': did you mean '%s'?", o->labels[i], near);
    }
}

static void warn_if_empty(const Finder *f, const FinderOptions *o) {
    if (index_live(f->index) == 0) {
        log_warn(f->log, "%s: the index holds no case", o->index);
        return;
    }
    if (o->n_labels == 0 && !o->id_match) return;
    for (int64_t row = 0; row < index_count(f->index); row++)
        if (f->allowed[0][row] || f->allowed[1][row]) return;
    log_warn(f->log, "%s: no case passes --label and --id-match", o->index);
    warn_of_unknown_labels(f, o);
}

Status finder_open(Finder *f, const FinderOptions *o, const Log *log, Error *err) {
    memset(f, 0, sizeof *f);
    f->index_path = o->index;
    f->model_path = o->model;
    f->find = -1;
    f->radius = -1;
    f->k = 10;
    f->log = log;
    TRY(index_open(&f->index, o->index, err));
    if (o->model) TRY(open_model(f, o->model, err));
    TRY(allow(f, o, err));
    warn_if_empty(f, o);
    return STATUS_OK;
}

void finder_close(Finder *f) {
    for (int m = 0; m < 2; m++) mem_free(f->allowed[m]);
    if (f->has_model) model_close(&f->model);
    if (f->index) index_close(f->index);
    memset(f, 0, sizeof *f);
}

/* ---- Asking ---- */

static void warn_of_unknown_words(const Finder *f, const Dataset *d, const char *text) {
    for (int i = 0; i < d->length[0]; i++)
        if (d->word[i] != TOKEN_UNKNOWN) return;
    log_warn(f->log, "no word of '%.80s' occurred in training; the answer is a guess", text);
}

static Status encode_query(const Finder *f, const Query *q, Modality m, uint8_t *code, Error *err) {
    if (!f->has_model)
        return error_set(err, STATUS_USAGE,
                         "msach search: --text and --image need --model; only --id works without");
    const char *word = q->value;
    CaseWords w = {0};
    if (m == MODALITY_IMAGE)
        w.images = &word, w.n_images = 1;
    else
        w.texts = &word, w.n_texts = 1;
    Cases c;
    Encoding out = {.codes = code};
    int first = 0;
    Status s = cases_of_words(&c, &f->model, &w, f->pool, NULL, err);
    if (s == STATUS_OK && m == MODALITY_TEXT) warn_of_unknown_words(f, &c.data, word);
    if (s == STATUS_OK) s = encode_cases(&f->model.model, &c.data, &first, 1, m, &out, f->pool, NULL, err);
    cases_free(&c);
    return s;
}

/* The code of a case of the index: of the image. Of the text where the case has no image, or where images are searched. */
static Status code_of_case(const Finder *f, const Query *q, Answer *a, uint8_t *code, Error *err) {
    a->row = index_find(f->index, q->value);
    if (a->row < 0)
        return error_set(err, STATUS_INPUT, "%s: the index has no case '%s'", f->index_path, q->value);
    IndexCase c;
    TRY(index_case(f->index, a->row, &c, err));
    a->asked = f->find == MODALITY_IMAGE ? MODALITY_TEXT : MODALITY_IMAGE;
    if (!c.code[a->asked]) a->asked = modality_other(a->asked);
    if (!c.code[a->asked])
        return error_set(err, STATUS_INPUT, "%s: case '%s' has no code", f->index_path, q->value);
    memcpy(code, c.code[a->asked], code_bytes(index_bits(f->index)));
    return STATUS_OK;
}

static Status make_room(const Finder *f, Answer *a, Error *err) {
    size_t count = (size_t)index_count(f->index), room = f->k && f->k < count ? f->k : count;
    if (a->room >= room && a->hit) return STATUS_OK;
    mem_free(a->hit);
    a->hit = mem_calloc(room + 1, sizeof *a->hit);
    a->room = room;
    return a->hit ? STATUS_OK : mem_error(err, "the hits");
}

/* The case that asks is left out of the hits. */
static Status search(Finder *f, Answer *a, const uint8_t *code, Error *err) {
    uint8_t *allowed = f->allowed[a->found], was = a->row < 0 ? 0 : allowed[a->row];
    if (a->row >= 0) allowed[a->row] = 0;
    Status s = STATUS_OK;
    a->n = 0;
    if (a->room)
        s = index_search(f->index, a->found, code, 1, a->room, f->radius, allowed, a->hit, &a->n, NULL,
                         f->pool, err);
    if (a->row >= 0) allowed[a->row] = was;
    return s;
}

Status finder_ask(Finder *f, const Query *q, Answer *a, Error *err) {
    uint8_t code[CODE_MAX_BITS / 8] = {0};
    a->row = -1;
    TRY(make_room(f, a, err));
    if (q->kind == ASK_ID) {
        TRY(code_of_case(f, q, a, code, err));
    } else {
        a->asked = q->kind == ASK_IMAGE ? MODALITY_IMAGE : MODALITY_TEXT;
        TRY(encode_query(f, q, a->asked, code, err));
    }
    a->found = f->find >= 0 ? (Modality)f->find : modality_other(a->asked);
    return search(f, a, code, err);
}

void answer_free(Answer *a) {
    mem_free(a->hit);
    memset(a, 0, sizeof *a);
}

Status finder_picture(const Finder *f, const IndexCase *c, char **path, Error *err) {
    *path = NULL;
    if (!c->image || !c->image[0]) return STATUS_OK;
    *path = path_beside(f->index_path, c->image);
    return *path ? STATUS_OK : mem_error(err, "a picture's path");
}
