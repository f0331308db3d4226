/* VQA-Med 2019: image|question|answer by category. The category that gives the label stays out of the text. */
#include <stdio.h>
#include <string.h>

#include "data/import/import_case.h"
#include "data/import/import_table.h"
#include "nn/base/alloc.h"

enum { MODALITY, PLANE, ORGAN, ABNORMALITY, LABEL, CATEGORIES = 4 };
static const char *const category_names[CATEGORIES] = {"modality", "plane", "organ", "abnormality"};

static void add_answer(const Import *im, ImportEntry *e, int category, const char *question,
                       const char *answer) {
    Buffer *b = &e->column[category];
    if (import_labels_are(im, category_names[category]))
        import_add_label(&e->column[LABEL], answer, strlen(answer));
    import_add_text(b, question, strlen(question));
    if (b->size && b->data[b->size - 1] != '?') buffer_add(b, "?", 1);
    import_add_text(b, answer, strlen(answer));
    if (b->size && b->data[b->size - 1] != '.') buffer_add(b, ".", 1);
}

static Status read_file(Import *im, const char *path, int category, ImportTable *images, Error *err) {
    Csv t;
    bool more = true;
    Status s = csv_open(&t, path, CSV_BARS, false, err);
    while (s == STATUS_OK && more) {
        s = csv_next(&t, &more, err);
        if (s == STATUS_OK && more && t.n != 3)
            s = error_set(err, STATUS_INPUT, "%s:%d: has %d fields; image|question|answer was expected", path,
                          t.line, t.n);
        if (s != STATUS_OK) {
            s = import_bad(im, s, err);
        } else if (more) {
            ImportEntry *e = import_table_at(images, t.field[0]);
            if (e) add_answer(im, e, category, t.field[1], t.field[2]);
            if (!e || e->column[category].failed) s = mem_error(err, path);
        }
    }
    im->converted += t.converted;
    csv_close(&t);
    return s;
}

static Status take_all(Import *im, const ImportTable *images, const char *const *folders, const char *part,
                       Error *err) {
    static const int order[CATEGORIES] = {ABNORMALITY, PLANE, MODALITY, ORGAN};
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < images->ids.n; i++) {
        const char *id = names_at(&images->ids, i);
        ImportEntry *e = &images->entry[i];
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
    ImportTable images = {0};
    char small[200], large[200];
    Status s = STATUS_OK;
    for (int k = 0; s == STATUS_OK && k < CATEGORIES; k++) {
        char name[300];
        snprintf(name, sizeof name, "%s%sQAPairsByCategory/%s_%s.txt", folder, *folder ? "/" : "", files[k],
                 suffix);
        const char *const names[] = {name, NULL};
        char *path = import_locate(im, names);
        if (path) s = read_file(im, path, k, &images, err);
        *found |= path != NULL;
        mem_free(path);
    }
    snprintf(small, sizeof small, "%s%s%s_images", folder, *folder ? "/" : "", suffix);
    snprintf(large, sizeof large, "%s%s%s", folder, *folder ? "/" : "", pictures);
    const char *const folders[] = {small, large, NULL};
    if (s == STATUS_OK) s = take_all(im, &images, folders, suffix[0] == 't' ? "train" : "validation", err);
    import_table_free(&images);
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
