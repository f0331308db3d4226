/* ROCO: data/PART/radiology/{captions,keywords,cuis,semtypes}.txt, fields between tabs, the id first. And ROCOv2:
 * PART_captions.csv and PART_concepts.csv. The caption is the text. */
#include <stdio.h>
#include <string.h>

#include "data/import/import_case.h"
#include "data/import/import_table.h"
#include "nn/base/alloc.h"

typedef struct {
    Import *im;
    const char *part, *folder; /* train; where its images are, below a source */
    bool v2;
} Part;

static bool is_semantic_type(const char *s) {
    return s[0] == 'T' && strlen(s) == 4 && strspn(s + 1, "0123456789") == 3;
}

/* Every field behind the id is a label; of semtypes the codes alone; of ROCOv2's CUIs those between ';'. */
static void add_labels(const Part *p, const Csv *t, Buffer *labels) {
    bool types = import_labels_are(p->im, "semtypes");
    for (int i = 1; i < t->n; i++)
        for (const char *at = t->field[i]; *at;) {
            size_t n = p->v2 ? strcspn(at, ";") : strlen(at);
            if (!types || is_semantic_type(at)) import_add_label(labels, at, n);
            at += n + (at[n] != 0);
        }
}

static Status add_case(const Part *p, const Csv *t, const ImportTable *labels, Error *err) {
    static const char *const endings[] = {".jpg", ".png", ".jpeg"};
    const char *id = t->field[0], *folders[] = {p->folder, NULL};
    const char *old_folders[] = {p->part, "images", NULL};
    Buffer text = {0};
    ImportEntry *e = import_table_find(labels, id);
    char name[200], *image = NULL;
    if (t->n > 1) import_add_text(&text, t->field[1], strlen(t->field[1]));
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

/* Each row of a file: labels into the table, or (labels given) cases. */
static Status read_rows(const Part *p, const char *path, ImportTable *into, const ImportTable *labels,
                        Error *err) {
    Csv t;
    bool more = true;
    Status s = csv_open(&t, path, p->v2 ? CSV_QUOTED : CSV_TABS, p->v2, err);
    while (s == STATUS_OK && more) {
        s = csv_next(&t, &more, err);
        if (s == STATUS_OK && more && t.n < 2)
            s = error_set(err, STATUS_INPUT,
                          "%s:%d: has one field; an id and what belongs to it were expected", path, t.line);
        if (s != STATUS_OK) {
            s = import_bad(p->im, s, err);
        } else if (more && labels) {
            s = add_case(p, &t, labels, err);
        } else if (more) {
            ImportEntry *e = import_table_at(into, t.field[0]);
            if (e) add_labels(p, &t, &e->column[0]);
            if (!e || e->column[0].failed) s = mem_error(err, path);
        }
    }
    p->im->converted += t.converted;
    csv_close(&t);
    return s;
}

static Status read_part(const Part *p, const char *captions, const char *concepts, Error *err) {
    const char *const text_names[] = {captions, NULL}, *const label_names[] = {concepts, NULL};
    char *text = import_locate(p->im, text_names), *label = import_locate(p->im, label_names);
    ImportTable labels = {0};
    Status s = STATUS_OK;
    if (text && label) s = read_rows(p, label, &labels, NULL, err);
    if (text && !label) import_left_out(p->im, "labels of a part: no file", concepts);
    if (text && s == STATUS_OK) s = read_rows(p, text, NULL, &labels, err);
    import_table_free(&labels);
    mem_free(text);
    mem_free(label);
    return s;
}

/* Pictures that are no radiology (drawings, photographs) have a folder of their own: counted, not taken. */
static Status count_others(const Part *p, const char *captions, Error *err) {
    const char *const names[] = {captions, NULL};
    char *path = import_locate(p->im, names);
    Csv t = {0};
    bool more = path != NULL;
    Status s = path ? csv_open(&t, path, CSV_TABS, false, err) : STATUS_OK;
    while (s == STATUS_OK && more) {
        s = csv_next(&t, &more, err);
        if (s == STATUS_OK && more) import_left_out(p->im, "is in the folder non-radiology", t.field[0]);
    }
    csv_close(&t);
    mem_free(path);
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
        Part p = {im, parts[i / 2], images, false};
        TRY(read_part(&p, captions, labels, err));
        snprintf(captions, sizeof captions, "%s%s/non-radiology/captions.txt", roots[i % 2], parts[i / 2]);
        TRY(count_others(&p, captions, err));
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
        Part p = {im, parts[i], files[i], true};
        TRY(read_part(&p, captions, labels, err));
    }
    return STATUS_OK;
}
