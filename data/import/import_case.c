#include "data/import/import_case.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "data/manifest.h"
#include "nn/base/alloc.h"

enum { PATH_ROOM = 512 };

const char *buffer_text(Buffer *b) {
    buffer_add(b, "", 1);
    if (b->failed) return "";
    b->size--;
    return (const char *)b->data;
}

/* ---- Reasons ---- */

void import_left_out(Import *im, const char *reason, const char *example) {
    int i = 0;
    while (i < im->reasons && strcmp(im->reason[i].what, reason) != 0) i++;
    if (i == IMPORT_REASONS) i--;
    ImportReason *r = &im->reason[i];
    if (i == im->reasons) {
        im->reasons++;
        snprintf(r->what, sizeof r->what, "%s", reason);
        snprintf(r->first, sizeof r->first, "%s", example);
    }
    r->count++;
}

Status import_bad(Import *im, Status s, Error *err) {
    if (s != STATUS_INPUT || !im->o->skip_bad) return s;
    import_left_out(im, "malformed", err->message);
    *err = (Error){0};
    return STATUS_OK;
}

/* ---- Texts and labels ---- */

static bool is_plain(char c) {
    return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

void import_add_label(Buffer *labels, const char *name, size_t size) {
    while (size && !is_plain(name[0])) name++, size--;
    while (size && !is_plain(name[size - 1])) size--;
    if (!size) return;
    if (labels->size) buffer_add(labels, "|", 1);
    for (size_t i = 0; i < size; i++) {
        if (is_plain(name[i]))
            buffer_add(labels, name + i, 1);
        else if (is_plain(name[i - 1]))
            buffer_add(labels, "_", 1);
    }
}

/* XXXX or ___, with the punctuation that stands at it. */
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

/* ---- Places ---- */

char *import_locate(const Import *im, const char *const *names) {
    for (int s = 0; s < im->o->n_sources; s++)
        for (int i = 0; names[i]; i++) {
            char *path = path_join(im->o->sources[s], names[i]);
            if (path && path_exists(path)) return path;
            mem_free(path);
        }
    return NULL;
}

Status import_need(const Import *im, const char *const *names, char **path, Error *err) {
    *path = import_locate(im, names);
    if (*path) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: holds no %s, which layout %s has; name its folder",
                     im->o->sources[0], names[0], im->layout->name);
}

char *import_image(const Import *im, const char *const *folders, const char *name) {
    for (int s = 0; s < im->o->n_sources; s++)
        for (int i = 0; folders[i]; i++) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s%s%s", im->o->sources[s], folders[i], folders[i][0] ? "/" : "",
                     name);
            if (path_exists(path)) return mem_strdup(path);
        }
    return NULL;
}

bool name_ends(const char *name, const char *ending) {
    size_t n = strlen(name), e = strlen(ending);
    return n >= e && strcasecmp(name + n - e, ending) == 0;
}

bool name_is_picture(const char *name) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".pgm", ".ppm", ".pnm", ".dcm"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (name_ends(name, endings[i])) return true;
    return false;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

Status folder_list(FolderList *l, const char *path, Error *err) {
    memset(l, 0, sizeof *l);
    DIR *d = opendir(path);
    if (!d) return error_from_errno(err, path, "list");
    bool room = true;
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') room &= names_add(&l->names, e->d_name, strlen(e->d_name)) >= 0;
    closedir(d);
    l->n = l->names.n;
    if (l->n) l->sorted = names_list(&l->names);
    if (!room || (l->n && !l->sorted)) return mem_error(err, path);
    if (l->n) qsort(l->sorted, (size_t)l->n, sizeof *l->sorted, by_bytes);
    return STATUS_OK;
}

void folder_list_free(FolderList *l) {
    mem_free(l->sorted);
    names_free(&l->names);
    memset(l, 0, sizeof *l);
}

/* ---- One case ---- */

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
    const char *group = c->group && *c->group ? c->group : c->id, *labels = c->labels ? c->labels : "";
    if (!mem_grow(&im->row, &im->row_room, (size_t)im->ids.n, sizeof *im->row) ||
        names_add(&im->groups, group, strlen(group)) < 0)
        return mem_error(err, "the cases");
    put_text(&im->rows, c->id);
    buffer_printf(&im->rows, "\timages/%s\t", name);
    put_text(&im->rows, c->text);
    buffer_add(&im->rows, "\t", 1);
    put_text(&im->rows, group);
    buffer_add(&im->rows, "\t", 1);
    ImportRow *r = &im->row[im->ids.n - 1];
    r->labels = im->rows.size;
    buffer_printf(&im->rows, "%s", labels);
    r->end = im->rows.size;
    im->with_labels += *labels != 0;
    if (im->rows.failed) return mem_error(err, "the cases");
    return count_labels(im, labels, err);
}

/* The frame of a case as a row of its own: its id, where there are several, is the case's with a number. */
static Status take_frame(Import *im, const ImportCase *c, const ImportPicture *p, int frame, Error *err) {
    ImportCase one = *c;
    char patient[32], name[PATH_ROOM];
    Buffer id = {0};
    int number = p->patient[0] ? names_add(&im->patients, p->patient, strlen(p->patient)) : 0;
    snprintf(patient, sizeof patient, "patient_%d", number + 1);
    buffer_printf(&id, "%s", c->id);
    if (p->to - p->from > 1) buffer_printf(&id, "_%03d", frame + 1);
    one.id = buffer_text(&id);
    if (!c->group || !*c->group) one.group = p->patient[0] ? patient : c->id;
    import_picture_name(p, one.id, name, sizeof name);
    Status s = number < 0 || id.failed ? mem_error(err, "the ids") : STATUS_OK;
    if (s == STATUS_OK && names_find(&im->ids, one.id, id.size) >= 0) {
        import_left_out(im, "the id was there before", one.id);
    } else if (s == STATUS_OK) {
        s = import_picture_write(im, p, frame, name, err);
        if (s == STATUS_OK && names_add(&im->ids, one.id, id.size) < 0) s = mem_error(err, "the ids");
        if (s == STATUS_OK) s = put_row(im, &one, name, err);
        im->from_dicom += p->is_dicom;
    }
    buffer_free(&id);
    return s;
}

static Status take_frames(Import *im, const ImportCase *c, Error *err) {
    ImportPicture p;
    Status s = import_picture_read(&p, c->image, im->o->frames, err);
    if (s == STATUS_INPUT) {
        import_left_out(im, "the image is damaged or of another kind", err ? err->message : c->image);
        if (err) *err = (Error){0};
        s = STATUS_OK;
    } else {
        for (int i = p.from; s == STATUS_OK && i < p.to; i++) s = take_frame(im, c, &p, i, err);
    }
    import_picture_free(&p);
    return s;
}

Status import_case(Import *im, const ImportCase *c, Error *err) {
    const char *why = NULL;
    if (im->o->stop && *im->o->stop) return error_set(err, STATUS_CHECK, "stopped; nothing was written");
    if (im->o->part && c->part && !in_list(im->o->part, c->part))
        why = "another part than --part";
    else if (!c->text || !*c->text)
        why = "no text in the sections asked for";
    else if (!c->image || !path_exists(c->image))
        why = "the image is missing";
    if (why) {
        import_left_out(im, why, c->id);
        return STATUS_OK;
    }
    return take_frames(im, c, err);
}
