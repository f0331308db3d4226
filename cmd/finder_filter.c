#include <regex.h>
#include <string.h>

#include "cmd/finder.h"
#include "cmd/finder_filter.h"
#include "cmd/word_filter.h"
#include "hash/search/index_filter.h"
#include "nn/base/alloc.h"
#include "nn/base/nearest.h"

static bool passes(const Filter *t, int64_t row) {
    return t->allowed[0][row] || t->allowed[1][row];
}

static Status keep_matching(const Finder *f, const char *expression, Filter *t, Error *err) {
    regex_t regex;
    int code = regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
        char why[128];
        regerror(code, &regex, why, sizeof why);
        return error_set(err, STATUS_USAGE, "--id-match '%s': %s", expression, why);
    }
    Status s = STATUS_OK;
    for (int64_t row = 0; s == STATUS_OK && row < index_count(f->index); row++) {
        IndexCase c;
        if (!passes(t, row)) continue;
        s = index_case(f->index, row, &c, err);
        if (s == STATUS_OK && regexec(&regex, c.id, 0, NULL, 0) != 0)
            t->allowed[0][row] = t->allowed[1][row] = 0;
    }
    regfree(&regex);
    return s;
}

static Status keep_unseen(const Finder *f, Filter *t, Error *err) {
    const Calibration *c = &f->model.calibration;
    if (!f->has_model || !c->trained)
        return error_set(
            err, STATUS_USAGE, "unseen cases: %s; a model of `msach train` from this version on was expected",
            f->has_model ? "the model does not say which cases it was trained on" : "there is no model");
    for (int64_t row = 0; row < index_count(f->index); row++) {
        const char *id = passes(t, row) ? index_id(f->index, row) : NULL;
        if (id && calibration_trained_on(c, id, index_text(f->index, row)))
            t->allowed[0][row] = t->allowed[1][row] = 0;
    }
    return STATUS_OK;
}

/* For each label that the model does not know: the nearest one that it knows. */
static void warn_of_unknown_labels(const Finder *f, const FilterOptions *o) {
    for (int i = 0; f->has_model && i < o->n_labels; i++) {
        const char *near =
            nearest_word(o->labels[i], (const char *const *)f->model.label_names, f->model.n_labels);
        if (near && strcmp(near, o->labels[i]) != 0)
            log_warn(f->log, "label '%s': did you mean '%s'?", o->labels[i], near);
    }
}

static void warn_if_empty(const Finder *f, const FilterOptions *o, const Filter *t) {
    const char *const given[] = {o->n_labels ? "labels" : NULL, o->id_match ? "ids" : NULL,
                                 o->words ? "words" : NULL, o->unseen ? "unseen cases" : NULL};
    Buffer names = {0};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i]) buffer_printf(&names, "%s%s", names.size ? " and " : "", given[i]);
    if (names.size && !t->passed && index_live(f->index))
        log_warn(f->log, "no case passes the filter of %s", buffer_text(&names));
    buffer_free(&names);
    if (t->passed || index_live(f->index) == 0) return;
    warn_of_unknown_labels(f, o);
}

static Status keep_labels(const Finder *f, const FilterOptions *o, Filter *t, Error *err) {
    size_t n = (size_t)index_count(f->index);
    uint8_t *mark = o->n_labels ? mem_alloc(n + 1) : NULL;
    if (o->n_labels && !mark) return mem_error(err, "the filter");
    if (mark) memset(mark, 1, n);
    Status s = STATUS_OK;
    for (int k = 0; s == STATUS_OK && k < o->n_labels; k++)
        s = index_keep_label(f->index, o->labels[k], mark, err);
    for (Modality m = 0; s == STATUS_OK && mark && m < MODALITIES; m++)
        for (size_t row = 0; row < n; row++) t->allowed[m][row] &= mark[row];
    mem_free(mark);
    return s;
}

static Status keep(const Finder *f, const FilterOptions *o, Filter *t, Error *err) {
    TRY(keep_labels(f, o, t, err));
    if (o->id_match) TRY(keep_matching(f, o->id_match, t, err));
    if (o->unseen) TRY(keep_unseen(f, t, err));
    return o->words ? word_filter_apply(f->index, o->words, t->allowed, err) : STATUS_OK;
}

Status finder_filter(const Finder *f, const FilterOptions *o, Filter *t, Error *err) {
    size_t n = (size_t)index_count(f->index);
    *t = (Filter){0};
    for (Modality m = 0; m < MODALITIES; m++) {
        t->allowed[m] = mem_alloc(n + 1);
        if (!t->allowed[m]) return mem_error(err, "the filter");
        memcpy(t->allowed[m], index_allowed(f->index, m), n);
    }
    TRY(keep(f, o, t, err));
    for (size_t row = 0; row < n; row++) t->passed += passes(t, (int64_t)row);
    warn_if_empty(f, o, t);
    return STATUS_OK;
}

void filter_free(Filter *filter) {
    for (Modality m = 0; m < MODALITIES; m++) mem_free(filter->allowed[m]);
    *filter = (Filter){0};
}
