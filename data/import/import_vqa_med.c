/* VQA-Med 2019: lines image|question|answer, a file for each category. The category that gives the label is left out of the text. */
#include <stdio.h>
#include <string.h>

#include "data/import/entries.h"
#include "data/import/import_case.h"
#include "nn/base/alloc.h"

enum { MODALITY, PLANE, ORGAN, ABNORMALITY, LABEL, CATEGORIES = 4 };
static const char *const category_names[CATEGORIES] = {"modality", "plane", "organ", "abnormality"};

/* "lung, mediastinum" is one label: without commas. */
static void add_label(Buffer *labels, const char *answer) {
    Buffer name = {0};
    for (const char *s = answer; *s; s++) buffer_add(&name, s, *s != ',');
    import_add_label(labels, buffer_text(&name), name.size);
    labels->failed |= name.failed;
    buffer_free(&name);
}

static void add_answer(const Import *im, Entry *e, int category, const char *question, const char *answer) {
    Buffer *b = &e->column[category];
    if (import_labels_are(im, category_names[category])) add_label(&e->column[LABEL], answer);
    import_add_text(b, question, strlen(question));
    if (b->size && b->data[b->size - 1] != '?') buffer_add(b, "?", 1);
    import_add_text(b, answer, strlen(answer));
    if (b->size && b->data[b->size - 1] != '.') buffer_add(b, ".", 1);
}

typedef struct {
    Import *im;
    Entries *images;
    int category;
} VqaMed;

static Status take_row(void *ctx, const Csv *t, const int *column, Error *err) {
    VqaMed *v = ctx;
    (void)column;
    if (t->n != 3)
        return error_set(err, STATUS_INPUT, "%s:%d: has %d fields; image|question|answer was expected",
                         t->path, t->line, t->n);
    Entry *e = entries_at(v->images, t->field[0]);
    if (e) add_answer(v->im, e, v->category, t->field[1], t->field[2]);
    return !e || e->column[v->category].failed ? mem_error(err, t->path) : STATUS_OK;
}

static Status take_all(Import *im, const Entries *images, const char *const *folders, const char *part,
                       Error *err) {
    static const int order[CATEGORIES] = {ABNORMALITY, PLANE, MODALITY, ORGAN};
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < images->ids.n; i++) {
        const char *id = names_at(&images->ids, i);
        Entry *e = &images->entry[i];
        Buffer text = {0};
        char name[200];
        for (int k = 0; k < CATEGORIES; k++) {
            const char *category = category_names[order[k]];
            bool gives_label = import_labels_are(im, category);
            if (!import_wants(im, category, gives_label ? "" : category) || !e->column[order[k]].size)
                continue;
            buffer_printf(&text, "%s%s", text.size ? " " : "", buffer_text(&e->column[order[k]]));
        }
        snprintf(name, sizeof name, "%s.jpg", id);
        char *image = strchr(id, '/') ? NULL : import_image(im, folders, name);
        ImportCase c = {id, buffer_text(&text), buffer_text(&e->column[LABEL]), NULL, part, image};
        s = text.failed ? mem_error(err, "a case") : import_case(im, &c, err);
        mem_free(image);
        buffer_free(&text);
    }
    return s;
}

/* folder: where QAPairsByCategory is, below a source; suffix: train or val. */
static Status read_part(Import *im, const char *folder, const char *suffix, const char *pictures, bool *found,
                        Error *err) {
    static const char *const files[CATEGORIES] = {"C1_Modality", "C2_Plane", "C3_Organ", "C4_Abnormality"};
    Entries images = {0};
    char small[200], large[200];
    Status s = STATUS_OK;
    for (int k = 0; s == STATUS_OK && k < CATEGORIES; k++) {
        char name[300];
        snprintf(name, sizeof name, "%s%sQAPairsByCategory/%s_%s.txt", folder, *folder ? "/" : "", files[k],
                 suffix);
        const char *const names[] = {name, NULL};
        char *path = import_locate(im, names);
        VqaMed v = {im, &images, k};
        if (path) s = import_rows(im, path, CSV_BARS, NULL, take_row, &v, err);
        *found |= path != NULL;
        mem_free(path);
    }
    snprintf(small, sizeof small, "%s%s%s_images", folder, *folder ? "/" : "", suffix);
    snprintf(large, sizeof large, "%s%s%s", folder, *folder ? "/" : "", pictures);
    const char *const folders[] = {small, large, NULL};
    if (s == STATUS_OK) s = take_all(im, &images, folders, suffix[0] == 't' ? "train" : "validation", err);
    entries_free(&images);
    return s;
}

Status import_vqa_med(Import *im, Error *err) {
    static const char *const train[] = {"training", "ImageClef-2019-VQA-Med-Training", ""};
    static const char *const val[] = {"validation", "ImageClef-2019-VQA-Med-Validation", ""};
    bool found = false;
    for (int i = 0; i < 3; i++) TRY(read_part(im, train[i], "train", "Train_images", &found, err));
    for (int i = 0; i < 3; i++) TRY(read_part(im, val[i], "val", "Val_images", &found, err));
    if (found) return STATUS_OK;
    return error_set(
        err, STATUS_INPUT,
        "%s: holds no QAPairsByCategory/C3_Organ_train.txt, which layout vqa-med has; name its folder",
        im->o->sources[0]);
}
