/* The report of an import: lines of the log, and JSON. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "data/import/import_case.h"
#include "nn/base/alloc.h"

/* ---- Facts ---- */

void facts_add(Facts *f, const char *what, const char *example) {
    Buffer kind = {0};
    for (const char *s = what; *s; s++) {
        bool digit = *s >= '0' && *s <= '9';
        if (!digit || s == what || s[-1] < '0' || s[-1] > '9') buffer_add(&kind, digit ? "#" : s, 1);
    }
    const char *key = buffer_text(&kind);
    int before = f->kinds.n, i = kind.failed ? -1 : names_add(&f->kinds, key, kind.size);
    buffer_free(&kind);
    if (i < 0 || !mem_grow(&f->fact, &f->room, (size_t)f->kinds.n, sizeof *f->fact)) {
        if (i == before) f->kinds.n--;
        f->failed = true;
        return;
    }
    if (i == before) f->fact[i] = (Fact){mem_strdup(what), mem_strdup(example), 0};
    f->failed |= !f->fact[i].what || !f->fact[i].first;
    f->fact[i].count++;
}

void facts_free(Facts *f) {
    for (int i = 0; i < f->kinds.n; i++) {
        mem_free(f->fact[i].what);
        mem_free(f->fact[i].first);
    }
    mem_free(f->fact);
    names_free(&f->kinds);
    *f = (Facts){0};
}

void import_left_out(Import *im, const char *reason, const char *example) {
    facts_add(&im->left_out, reason, example);
}

void import_note(Import *im, const char *what, const char *example) {
    facts_add(&im->notes, what, example);
}

void import_changed(Import *im, const char *what, const char *example) {
    facts_add(&im->changed, what, example);
}

Status import_bad(Import *im, Status s, Error *err) {
    if (s != STATUS_INPUT || !im->o->skip_bad) return s;
    import_left_out(im, "malformed", err ? err->message : "");
    if (err) *err = (Error){0};
    return STATUS_OK;
}

int import_labels_kept(const Import *im) {
    int n = 0;
    for (int i = 0; i < im->labels.n; i++) n += im->label_count[i] >= im->label_min;
    return n;
}

/* ---- The log ---- */

static void log_words(const Import *im) {
    for (int i = 0; i < label_words_count(im->words); i++) {
        const WordCount *c = &im->word_count[i];
        log_line(im->log, "  %-24s %d present, %d negated, %d uncertain%s%s%s",
                 label_words_name(im->words, i), c->present, c->negated, c->uncertain,
                 c->example[0] ? " (first: " : "", c->example, c->example[0] ? ")" : "");
    }
    log_line(im->log, "  %.1f %% of the cases are without a label",
             im->ids.n ? 100.0 * (im->ids.n - im->with_labels) / im->ids.n : 0.0);
}

void import_report_log(const Import *im) {
    log_line(im->log, "%s: %s %d cases in %d groups; %d of them with labels, %d labels", im->layout->name,
             im->o->dry_run ? "would take" : "took", im->ids.n, im->groups.n, im->with_labels,
             import_labels_kept(im));
    if (im->words) log_words(im);
    if (im->from_dicom)
        log_line(im->log, "  %d from DICOM: written as PNG without the header; names in the pixels stay",
                 im->from_dicom);
    if (im->labels.n > import_labels_kept(im))
        log_line(im->log, "  %d labels of fewer than %d cases dropped", im->labels.n - import_labels_kept(im),
                 im->label_min);
    for (int i = 0; i < im->notes.kinds.n; i++)
        log_line(im->log, "  %d file%s %s (first: %s)", im->notes.fact[i].count,
                 im->notes.fact[i].count == 1 ? "" : "s", im->notes.fact[i].what, im->notes.fact[i].first);
    for (int i = 0; i < im->changed.kinds.n; i++)
        log_line(im->log, "  changed %d: %s (first: %s)", im->changed.fact[i].count, im->changed.fact[i].what,
                 im->changed.fact[i].first);
    for (int i = 0; i < im->left_out.kinds.n; i++)
        log_line(im->log, "  left out %d: %s (first: %s)", im->left_out.fact[i].count,
                 im->left_out.fact[i].what, im->left_out.fact[i].first);
}

/* ---- JSON ---- */

/* In a string that is not UTF-8, every byte above 0x7F becomes '?'. */
static json_t *text_of(const char *s) {
    json_t *t = json_string(s);
    if (t) return t;
    Buffer b = {0};
    for (; *s; s++) buffer_add(&b, (unsigned char)*s < 0x80 ? s : "?", 1);
    t = json_string(buffer_text(&b));
    buffer_free(&b);
    return t;
}

static json_t *facts_json(const Facts *f, const char *what) {
    json_t *list = json_array();
    for (int i = 0; i < f->kinds.n; i++)
        json_array_append_new(list, json_pack("{s:o, s:i, s:o}", what, text_of(f->fact[i].what), "count",
                                              f->fact[i].count, "first", text_of(f->fact[i].first)));
    return list;
}

static json_t *encodings_json(const Import *im) {
    json_t *list = json_array();
    for (int i = 0; i < im->encodings.n; i++) {
        const char *entry = names_at(&im->encodings, i), *tab = strchr(entry, '\t');
        json_array_append_new(list, json_pack("{s:s%, s:o}", "encoding", entry, (size_t)(tab - entry), "file",
                                              text_of(tab + 1)));
    }
    return list;
}

static json_t *words_json(const Import *im) {
    json_t *list = json_array();
    for (int i = 0; i < label_words_count(im->words); i++) {
        const WordCount *c = &im->word_count[i];
        json_array_append_new(list, json_pack("{s:o, s:i, s:i, s:i, s:o}", "label",
                                              text_of(label_words_name(im->words, i)), "present", c->present,
                                              "negated", c->negated, "uncertain", c->uncertain, "first",
                                              text_of(c->example)));
    }
    return list;
}

static int put(const char *text, size_t size, void *buffer) {
    buffer_add(buffer, text, size);
    return 0;
}

Status import_report_write(const Import *im, const char *path, Error *err) {
    json_t *labels = json_object();
    for (int i = 0; i < im->labels.n; i++)
        if (im->label_count[i] >= im->label_min)
            json_object_set_new(labels, names_at(&im->labels, i), json_integer(im->label_count[i]));
    json_t *all =
        json_pack("{s:s, s:b, s:i, s:i, s:i, s:i, s:o, s:i, s:o, s:o}", "layout", im->layout->name, "dry_run",
                  im->o->dry_run, "cases", im->ids.n, "groups", im->groups.n, "with_labels", im->with_labels,
                  "from_dicom", im->from_dicom, "labels", labels, "label_min", im->label_min, "notes",
                  facts_json(&im->notes, "what"), "left_out", facts_json(&im->left_out, "reason"));
    json_object_set_new(all, "changed", facts_json(&im->changed, "what"));
    json_object_set_new(all, "encodings", encodings_json(im));
    if (im->words) json_object_set_new(all, "label_words", words_json(im));
    Buffer text = {0};
    int bad = json_dump_callback(all, put, &text, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    Status s = bad || text.failed ? mem_error(err, path) : file_write(path, text.data, text.size, err);
    buffer_free(&text);
    json_decref(all);
    return s;
}

Status import_stopped(const Import *im, Error *err) {
    if (!im->o->stop || !*im->o->stop) return STATUS_OK;
    return error_set(err, STATUS_CHECK, "stopped; nothing was written");
}
