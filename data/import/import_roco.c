/* ROCO: data/PART/radiology/{captions,keywords,cuis,semtypes}.txt, fields between tabs, the id first. And ROCOv2:
 * PART_captions.csv and PART_concepts.csv. The caption is the text. */
#include <stdio.h>
#include <string.h>

#include "data/import/entries.h"
#include "data/import/import_case.h"
#include "nn/base/alloc.h"

typedef struct {
    Import *im;
    const char *part, *folder; /* train; where its images are, below a source */
    bool v2;
    Entries *labels;
} Part;

static bool is_semantic_type(const char *s) {
    return s[0] == 'T' && strlen(s) == 4 && strspn(s + 1, "0123456789") == 3;
}

static Status one_field(const Csv *t, Error *err) {
    return error_set(err, STATUS_INPUT, "%s:%d: has one field; an id and a text or labels were expected",
                     t->path, t->line);
}

/* Every field behind the id is a label; of semtypes only the codes; ROCOv2's CUIs are separated by ';'. */
static void add_labels(const Part *p, const Csv *t, Buffer *labels) {
    bool types = import_labels_are(p->im, "semtypes");
    for (int i = 1; i < t->n; i++)
        for (const char *at = t->field[i]; *at;) {
            size_t n = p->v2 ? strcspn(at, ";") : strlen(at);
            if (!types || is_semantic_type(at)) import_add_label(labels, at, n);
            at += n + (at[n] != 0);
        }
}

static Status take_case(void *ctx, const Csv *t, const int *column, Error *err) {
    static const char *const endings[] = {".jpg", ".png", ".jpeg"};
    const Part *p = ctx;
    const char *id = t->field[0], *folders[] = {p->folder, NULL};
    const char *old_folders[] = {p->part, "images", NULL};
    (void)column;
    if (t->n < 2) return one_field(t, err);
    Buffer text = {0};
    Entry *e = entries_find(p->labels, id);
    char name[200], *image = NULL;
    import_add_text(&text, t->field[1], strlen(t->field[1]));
    for (int i = 0; i < 3 && !image && !strchr(id, '/'); i++) {
        snprintf(name, sizeof name, "%s%s", id, endings[i]);
        image = import_image(p->im, folders, name);
        if (!image && p->v2) image = import_image(p->im, old_folders, name);
    }
    ImportCase c = {id, buffer_text(&text), e ? buffer_text(&e->column[0]) : "", NULL, p->part, image};
    Status s = text.failed ? mem_error(err, "a caption") : import_case(p->im, &c, err);
    mem_free(image);
    buffer_free(&text);
    return s;
}

static Status take_labels(void *ctx, const Csv *t, const int *column, Error *err) {
    const Part *p = ctx;
    (void)column;
    if (t->n < 2) return one_field(t, err);
    Entry *e = entries_at(p->labels, t->field[0]);
    if (e) add_labels(p, t, &e->column[0]);
    return !e || e->column[0].failed ? mem_error(err, t->path) : STATUS_OK;
}

/* Pictures other than radiology (drawings, photographs) have their own folder: they are counted, not imported. */
static Status count_other(void *ctx, const Csv *t, const int *column, Error *err) {
    const Part *p = ctx;
    (void)column, (void)err;
    import_left_out(p->im, "is in the folder non-radiology", t->field[0]);
    return STATUS_OK;
}

/* Reads the first of the files `name` that exists, if any. */
static Status read_file(Part *p, const char *name, ImportRowFn *fn, bool *found, Error *err) {
    static const char *const header[] = {NULL};
    const char *const names[] = {name, NULL};
    char *path = import_locate(p->im, names);
    *found = path != NULL;
    Status s =
        path ? import_rows(p->im, path, p->v2 ? CSV_QUOTED : CSV_TABS, p->v2 ? header : NULL, fn, p, err)
             : STATUS_OK;
    mem_free(path);
    return s;
}

static Status read_part(Part *p, const char *captions, const char *concepts, Error *err) {
    const char *const names[] = {captions, NULL};
    Entries labels = {0};
    char *text = import_locate(p->im, names);
    bool found = false;
    p->labels = &labels;
    Status s = text ? read_file(p, concepts, take_labels, &found, err) : STATUS_OK;
    if (text && !found) import_left_out(p->im, "labels of a part: no file", concepts);
    if (s == STATUS_OK) s = read_file(p, captions, take_case, &found, err);
    p->labels = NULL;
    entries_free(&labels);
    mem_free(text);
    return s;
}

Status import_roco(Import *im, Error *err) {
    static const char *const parts[] = {"train", "validation", "test"}, *const roots[] = {"data/", ""};
    for (int i = 0; i < 6; i++) {
        char captions[80], labels[80], images[80];
        snprintf(captions, sizeof captions, "%s%s/radiology/captions.txt", roots[i % 2], parts[i / 2]);
        snprintf(labels, sizeof labels, "%s%s/radiology/%s.txt", roots[i % 2], parts[i / 2],
                 im->o->labels ? im->o->labels : "keywords");
        snprintf(images, sizeof images, "%s%s/radiology/images", roots[i % 2], parts[i / 2]);
        Part p = {im, parts[i / 2], images, false, NULL};
        TRY(read_part(&p, captions, labels, err));
        snprintf(captions, sizeof captions, "%s%s/non-radiology/captions.txt", roots[i % 2], parts[i / 2]);
        bool found;
        TRY(read_file(&p, captions, count_other, &found, err));
    }
    return STATUS_OK;
}

Status import_rocov2(Import *im, Error *err) {
    static const char *const files[] = {"train", "valid", "test"}, *const parts[] = {"train", "validation",
                                                                                     "test"};
    for (int i = 0; i < 3; i++) {
        char captions[80], labels[80];
        snprintf(captions, sizeof captions, "%s_captions.csv", files[i]);
        snprintf(labels, sizeof labels, "%s_concepts.csv", files[i]);
        Part p = {im, parts[i], files[i], true, NULL};
        TRY(read_part(&p, captions, labels, err));
    }
    return STATUS_OK;
}
