/* One case: checks, labels, frames, and its row of the manifest. */
#include "data/import/import_case.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "data/characters.h"
#include "data/manifest.h"
#include "data/manifest_rows.h"
#include "data/sections.h"
#include "data/text_read.h"
#include "nn/base/alloc.h"

/* ---- Texts and labels ---- */

/* Stands for '|' within a name until clean_labels. */
enum { BAR = 1 };

static bool is_blank(char c) {
    return (unsigned char)c <= ' ' || c == 0x7F;
}

/* Whether the first `size` bytes of a list hold the label that follows them. */
static bool is_repeated(const char *list, size_t size, const char *label, size_t n) {
    for (size_t at = 0; at < size;) {
        size_t end = at;
        while (end < size && list[end] != '|') end++;
        if (end - at == n && memcmp(list + at, label, n) == 0) return true;
        at = end + 1;
    }
    return false;
}

void import_add_label(Buffer *labels, const char *name, size_t size) {
    size_t before = labels->size, start = before + (before > 0);
    while (size && is_blank(name[0])) name++, size--;
    while (size && is_blank(name[size - 1])) size--;
    if (!size) return;
    if (before) buffer_add(labels, "|", 1);
    for (size_t i = 0; i < size; i++) buffer_add(labels, name[i] == '|' ? &(char){BAR} : name + i, 1);
    const char *list = (const char *)labels->data;
    if (!labels->failed && is_repeated(list, before, list + start, labels->size - start))
        labels->size = before;
}

/* Whether a word stands for an anonymised one, with punctuation: at least three capital X, or three underscores. */
static bool is_removed(const char *word, size_t n) {
    size_t i = strspn(word, "(\"'");
    size_t x = strspn(word + i, "X"), line = strspn(word + i, "_");
    if (x < 3 && line < 3) return false;
    i += x > line ? x : line;
    i += strspn(word + i, ".,;:)\"'/-s");
    return i >= n;
}

void import_add_text(Buffer *text, const char *from, size_t size) {
    bool blank = text->size > 0;
    for (size_t i = 0; i < size;) {
        size_t n = 0;
        while (i + n < size && (unsigned char)from[i + n] > ' ') n++;
        if (n == 0) {
            i++;
            continue;
        }
        if (!is_removed(from + i, n)) {
            if (blank) buffer_add(text, " ", 1);
            buffer_add(text, from + i, n);
            blank = true;
        }
        i += n;
    }
}

static bool in_list(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *at = list; *at;) {
        at += strspn(at, ", ");
        size_t size = strcspn(at, ",");
        if (size == n && strncasecmp(at, name, n) == 0) return true;
        at += size;
    }
    return false;
}

bool import_wants(const Import *im, const char *section, const char *standard) {
    return in_list(im->o->sections ? im->o->sections : standard, section);
}

bool import_labels_are(const Import *im, const char *kind) {
    return strcmp(im->o->labels ? im->o->labels : im->layout->labels[0], kind) == 0;
}

void import_add_section(const Import *im, Buffer *text, const char *section, const char *from, size_t size) {
    Buffer body = {0};
    if (!import_wants(im, section, "findings,impression")) return;
    import_add_text(&body, from, size);
    if (body.failed) text->failed = 1;
    if (body.size)
        buffer_printf(text, "%s%c%s: %s", text->size ? " " : "", section[0] - 'a' + 'A', section + 1,
                      buffer_text(&body));
    buffer_free(&body);
}

/* The text behind the last empty line. */
static const char *last_paragraph(const char *text, size_t *size) {
    const char *end = text + *size, *start = text;
    while (end > text && (unsigned char)end[-1] <= ' ') end--;
    bool empty = false;
    for (const char *at = text; at < end; at++) {
        if (*at == '\n' && empty) start = at + 1;
        if (*at == '\n')
            empty = true;
        else if ((unsigned char)*at > ' ')
            empty = false;
    }
    *size = (size_t)(end - start);
    return start;
}

void import_add_report(Import *im, Buffer *text, const char *report, size_t size, bool plain,
                       const char *name) {
    static const char *const names[SECTION_COUNT] = {NULL, "indication", "comparison", "findings",
                                                     "impression"};
    SectionPart part[SECTIONS_MOST];
    if (plain && !im->o->sections) {
        import_add_text(text, report, size);
        return;
    }
    int n = sections_find(report, size, part);
    bool headings = false;
    for (int i = 0; i < n; i++) {
        const SectionPart *p = &part[i];
        if (!names[p->section]) continue;
        headings = true;
        if (!plain)
            import_add_section(im, text, names[p->section], p->body, (size_t)(p->end - p->body));
        else if (import_wants(im, names[p->section], ""))
            import_add_text(text, p->heading, (size_t)(p->end - p->heading));
    }
    if (headings || im->o->sections) return;
    const char *last = last_paragraph(report, &size);
    import_note(im, "without headings: the last paragraph is the text", name);
    import_add_text(text, last, size);
}

/* ---- Labels from the words of the text ---- */

static void put_example(WordCount *c, const ImportCase *from, const char *phrase) {
    snprintf(c->example, sizeof c->example, "%.80s: %.70s", from->id, phrase);
    size_t n = utf8_valid(c->example, strlen(c->example)); /* drops a cut character */
    c->example[n] = 0;
}

Status import_word_labels(Import *im, const ImportCase *c, Buffer *labels, bool *leave_out, Error *err) {
    int n = label_words_count(im->words);
    WordsFound *found = mem_calloc((size_t)n, sizeof *found);
    const char **phrase = mem_calloc((size_t)n, sizeof *phrase);
    Status s =
        found && phrase ? label_words_find(im->words, c->text, found, phrase, err) : mem_error(err, c->id);
    bool present = strcmp(im->o->uncertain, "present") == 0;
    for (int i = 0; s == STATUS_OK && i < n; i++) {
        WordCount *count = &im->word_count[i];
        const char *name = label_words_name(im->words, i);
        count->present += found[i] == WORDS_PRESENT;
        count->negated += found[i] == WORDS_NEGATED;
        count->uncertain += found[i] == WORDS_UNCERTAIN;
        if (found[i] == WORDS_PRESENT && !count->example[0]) put_example(count, c, phrase[i]);
        if (found[i] == WORDS_PRESENT || (present && found[i] == WORDS_UNCERTAIN))
            import_add_label(labels, name, strlen(name));
        *leave_out |= found[i] == WORDS_UNCERTAIN && strcmp(im->o->uncertain, "leave-out") == 0;
    }
    mem_free(found);
    mem_free(phrase);
    return s == STATUS_OK && labels->failed ? mem_error(err, c->id) : s;
}

/* ---- One case ---- */

/* *text: the name as UTF-8 where it is not, else NULL; the caller frees it with mem_free. */
static Status decode_name(const Import *im, const char *name, char **text, Error *err) {
    TextEncoding encoding = {.wanted = im->o->encoding};
    size_t size = strlen(name);
    *text = NULL;
    if (utf8_valid(name, size) == size) return STATUS_OK;
    return text_decode(name, (const unsigned char *)name, size, text, &size, &encoding, err);
}

/* A name as a manifest may hold it: UTF-8 without control characters. */
static Status clean_name(const Import *im, Buffer *out, const char *name, Error *err) {
    char *text;
    TRY(decode_name(im, name, &text, err));
    for (const char *s = text ? text : name; *s; s++) {
        bool control = (unsigned char)*s < ' ' || *s == 0x7F;
        buffer_add(out, control ? "_" : s, 1);
    }
    mem_free(text);
    return out->failed ? mem_error(err, "a name") : STATUS_OK;
}

/* Counts a case whose label is also the one of another name. */
static void note_same_label(Import *im, const char *first, const char *name, const char *id) {
    Buffer what = {0};
    buffer_printf(&what, "has one label for two names: '%s' and '%s'; rename one", first, name);
    for (size_t i = 0; i < what.size; i++)
        if (what.data[i] < ' ' || what.data[i] == 0x7F) what.data[i] = what.data[i] == BAR ? '|' : '?';
    import_changed(im, buffer_text(&what), id);
    buffer_free(&what);
}

/* Appends one label as a manifest has it. name_set: the names so far, label_set: their labels, in the same order. */
static Status clean_label(Import *im, Buffer *out, const char *name, const char *id, Error *err) {
    size_t before = out->size, start = before + (before > 0);
    if (before) buffer_add(out, "|", 1);
    for (const char *s = name; *s; s++)
        if (!is_blank(*s))
            buffer_add(out, s, 1);
        else if (s == name || !is_blank(s[-1]))
            buffer_add(out, "_", 1);
    const char *list = buffer_text(out), *label = list + start;
    int known = im->label_set.n, i = out->failed ? -1 : names_add(&im->label_set, label, strlen(label));
    if (i < 0 || (i == known && names_add(&im->name_set, name, strlen(name)) < 0))
        return mem_error(err, "the labels");
    if (strcmp(names_at(&im->name_set, i), name) != 0)
        note_same_label(im, names_at(&im->name_set, i), name, id);
    if (is_repeated(list, before, label, strlen(label))) out->size = before;
    return STATUS_OK;
}

static Status clean_labels(Import *im, Buffer *out, const char *labels, const char *id, Error *err) {
    char *text;
    TRY(decode_name(im, labels, &text, err));
    if (!text) text = mem_strdup(labels);
    Status s = text ? STATUS_OK : mem_error(err, "the labels");
    for (char *at = text; s == STATUS_OK && *at;) {
        size_t n = strcspn(at, "|");
        bool more = at[n] != 0;
        at[n] = 0;
        s = clean_label(im, out, at, id, err);
        at += n + more;
    }
    mem_free(text);
    return s;
}

static void put_text(Buffer *b, const char *s) {
    for (; *s; s++) {
        const char *escape = *s == '\t'   ? "\\t"
                             : *s == '\n' ? "\\n"
                             : *s == '\r' ? "\\r"
                             : *s == '\\' ? "\\\\"
                                          : NULL;
        if (escape)
            buffer_add(b, escape, 2);
        else
            buffer_add(b, (unsigned char)*s < ' ' ? " " : s, 1);
    }
}

static Status count_labels(Import *im, const char *labels, Error *err) {
    for (const char *at = labels; *at;) {
        size_t n = strcspn(at, "|");
        int before = im->labels.n, i = names_add(&im->labels, at, n);
        if (i < 0 ||
            !mem_grow(&im->label_count, &im->label_room, (size_t)im->labels.n, sizeof *im->label_count))
            return mem_error(err, "the labels");
        if (i == before) im->label_count[i] = 0;
        im->label_count[i]++;
        at += n + (at[n] == '|');
    }
    return STATUS_OK;
}

static Status put_row(Import *im, const ImportCase *c, const char *name, Error *err) {
    if (names_add(&im->ids, c->id, strlen(c->id)) < 0 ||
        !mem_grow(&im->row, &im->row_room, (size_t)im->ids.n, sizeof *im->row) ||
        names_add(&im->groups, c->group, strlen(c->group)) < 0)
        return mem_error(err, "the cases");
    put_text(&im->rows, c->id);
    buffer_printf(&im->rows, "\timages/%s\t", name);
    put_text(&im->rows, c->text);
    buffer_add(&im->rows, "\t", 1);
    put_text(&im->rows, c->group);
    buffer_add(&im->rows, "\t", 1);
    ImportRow *r = &im->row[im->ids.n - 1];
    r->labels = im->rows.size;
    buffer_printf(&im->rows, "%s", c->labels);
    r->end = im->rows.size;
    if (im->rows.failed) return mem_error(err, "the cases");
    return count_labels(im, c->labels, err);
}

/* Each frame is a case. Where a picture gives several, each id gets a number. Without a group, the group is the DICOM patient or the id. */
static Status take_frame(Import *im, const ImportCase *c, ImportPicture *p, int frame, Error *err) {
    ImportCase one = *c;
    const PictureFacts *f = &p->facts;
    char patient[32];
    Buffer id = {0}, name = {0};
    int number = f->patient[0] ? names_add(&im->patients, f->patient, strlen(f->patient)) : 0;
    snprintf(patient, sizeof patient, "patient_%d", number + 1);
    buffer_printf(&id, "%s", c->id);
    if (f->to - f->from > 1) buffer_printf(&id, "_%03d", frame + 1);
    one.id = buffer_text(&id);
    if (!*c->group) one.group = f->patient[0] ? patient : c->id;
    Status s = number < 0 || id.failed ? mem_error(err, "the ids") : STATUS_OK;
    if (s == STATUS_OK && names_find(&im->ids, one.id, id.size) >= 0) {
        import_left_out(im, "the id was there before", one.id);
    } else if (s == STATUS_OK) {
        s = import_picture_name(im, p, one.id, &name, err);
        if (s == STATUS_OK) s = import_picture_write(im, p, frame, buffer_text(&name), err);
        if (s == STATUS_OK) s = put_row(im, &one, buffer_text(&name), err);
        im->from_dicom += f->is_dicom;
    }
    buffer_free(&id);
    buffer_free(&name);
    return s;
}

static Status take_frames(Import *im, const ImportCase *c, Error *err) {
    ImportPicture p;
    Error why = {0};
    Status s = import_picture_read(im, &p, c->image, &why);
    if (s == STATUS_INPUT) {
        size_t n = strlen(c->image);
        bool named = strncmp(why.message, c->image, n) == 0 && strncmp(why.message + n, ": ", 2) == 0;
        import_left_out(im, named ? why.message + n + 2 : why.message, c->image);
        s = STATUS_OK;
    } else if (s != STATUS_OK) {
        error_set(err, s, "%s", why.message);
    } else {
        int before = im->ids.n;
        for (int i = p.facts.from; s == STATUS_OK && i < p.facts.to; i++) s = take_frame(im, c, &p, i, err);
        if (s == STATUS_OK && !p.ready && im->ids.n > before)
            s = journal_add(&im->journal, c->image, &p.facts, err);
    }
    import_picture_free(&p);
    return s;
}

/* Why a manifest cannot hold the case, or NULL. */
static const char *refusal(const ImportCase *c) {
    int labels = *c->labels != 0;
    for (const char *s = c->labels; *s; s++) labels += *s == '|';
    if (!*c->id) return "the id is empty";
    if (labels > MANIFEST_CASE_LABELS) return "has more labels than a manifest allows";
    if (2 * strlen(c->text) + strlen(c->labels) + 4 * strlen(c->id) + 2 * strlen(c->group) + 64 >
        MANIFEST_MAX_LINE)
        return "the text is longer than a line of a manifest";
    return NULL;
}

static Status take_case(Import *im, const ImportCase *c, Error *err) {
    Buffer id = {0}, group = {0}, names = {0}, labels = {0};
    bool leave_out = false;
    Status s = clean_name(im, &id, c->id, err);
    if (s == STATUS_OK) s = clean_name(im, &group, c->group ? c->group : "", err);
    if (s == STATUS_OK && im->words) s = import_word_labels(im, c, &names, &leave_out, err);
    const char *list = im->words ? buffer_text(&names) : c->labels ? c->labels : "";
    if (s == STATUS_OK) s = clean_labels(im, &labels, list, buffer_text(&id), err);
    ImportCase clean = {buffer_text(&id),    c->text, buffer_text(&labels),
                        buffer_text(&group), c->part, c->image};
    const char *why = leave_out ? "has an uncertain label (--uncertain leave-out)" : refusal(&clean);
    if (s == STATUS_INPUT) {
        import_left_out(im, "its name is text of no known encoding", c->image);
        if (err) *err = (Error){0};
        s = STATUS_OK;
    } else if (s == STATUS_OK && why) {
        import_left_out(im, why, clean.id);
    } else if (s == STATUS_OK) {
        s = take_frames(im, &clean, err);
    }
    buffer_free(&id);
    buffer_free(&group);
    buffer_free(&names);
    buffer_free(&labels);
    return s;
}

Status import_case(Import *im, const ImportCase *c, Error *err) {
    const char *why = NULL;
    TRY(import_stopped(im, err));
    if (im->o->part && c->part && !in_list(im->o->part, c->part))
        why = "another part than --part";
    else if (!c->text || !*c->text)
        why = im->o->sections ? "no text in the sections asked for" : "no text";
    else if (!c->image || !path_exists(c->image))
        why = "the image is missing";
    if (!why) return take_case(im, c, err);
    import_left_out(im, why, c->id);
    return STATUS_OK;
}
