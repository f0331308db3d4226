/* Lung ultrasound (POCUS): a table of videos and stills; frames taken from the videos are NAME_<n>.png. */
#include <stdio.h>
#include <string.h>

#include "data/import/import_case.h"
#include "nn/base/alloc.h"

typedef struct {
    Import *im;
    FolderList frames;
    char *frames_path;
} Pocus;

static const char *value(const Csv *t, const char *column) {
    int i = csv_column(t, column);
    return i < 0 ? "" : t->field[i];
}

/* The findings are the columns of 0 and 1. */
static void put_labels(const Pocus *p, const Csv *t, Buffer *labels) {
    static const char *const findings[] = {
        "Effusion",        "Consolidations", "B-lines", "A-lines", "Pleural line irregularities",
        "Air bronchogram", "Healthy"};
    const char *diagnosis = value(t, "Label");
    if (import_labels_are(p->im, "diagnosis"))
        import_add_label(labels, diagnosis, strlen(diagnosis));
    else
        for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++)
            if (strcmp(value(t, findings[i]), "1") == 0)
                import_add_label(labels, findings[i], strlen(findings[i]));
}

static void put_text(const Csv *t, Buffer *text) {
    static const char *const columns[] = {"Comments first medical doctor (MD1)", "MD2", "MD3",
                                          "Comments from web site"};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        const char *comment = value(t, columns[i]);
        size_t n = strlen(comment), before = text->size;
        import_add_text(text, comment, n);
        if (text->size > before && text->data[text->size - 1] != '.') buffer_add(text, ".", 1);
    }
}

/* frame: NAME_<digits>.png of this video, or NAME with a picture's ending. */
static bool belongs(const char *frame, const char *video) {
    size_t n = strlen(video);
    if (strncmp(frame, video, n) != 0 || !name_is_picture(frame)) return false;
    size_t digits = frame[n] == '_' ? strspn(frame + n + 1, "0123456789") : 0;
    return frame[n] == '.' || (digits && frame[n + 1 + digits] == '.');
}

static Status take(const Pocus *p, const Csv *t, const char *path, const char *name, Error *err) {
    const char *patient = value(t, "Patient ID / Name"), *video = value(t, "Filename"),
               *dot = strrchr(name, '.');
    Buffer id = {0}, text = {0}, labels = {0};
    buffer_add(&id, name, (size_t)(dot - name));
    put_text(t, &text);
    put_labels(p, t, &labels);
    ImportCase c = {
        buffer_text(&id), buffer_text(&text), buffer_text(&labels), *patient ? patient : video, NULL, path};
    Status s =
        id.failed || text.failed || labels.failed ? mem_error(err, "a frame") : import_case(p->im, &c, err);
    buffer_free(&id);
    buffer_free(&text);
    buffer_free(&labels);
    return s;
}

static Status take_row(void *ctx, const Csv *t, const int *column, Error *err) {
    static const char *const folders[] = {"pocus_images/convex", "data/pocus_images/convex",
                                          "pocus_images/linear", "pocus_images/Convex",
                                          "pocus_images/Linear", NULL};
    static const char *const endings[] = {".jpg", ".JPG", ".png", ".PNG", ".jpeg"};
    const Pocus *p = ctx;
    const char *video = t->field[column[0]];
    int taken = 0;
    if (!*video || strchr(video, '/')) return STATUS_OK;
    for (int i = 0; i < p->frames.n; i++) {
        if (!belongs(p->frames.sorted[i], video)) continue;
        char *path = path_join(p->frames_path, p->frames.sorted[i]);
        Status s = path ? take(p, t, path, p->frames.sorted[i], err) : mem_error(err, video);
        mem_free(path);
        if (s != STATUS_OK) return s;
        taken++;
    }
    for (int i = 0; i < 5 && !taken; i++) {
        char name[300];
        snprintf(name, sizeof name, "%s%s", video, endings[i]);
        char *path = import_image(p->im, folders, name);
        Status s = path ? take(p, t, path, name, err) : STATUS_OK;
        taken += path != NULL;
        mem_free(path);
        if (s != STATUS_OK) return s;
    }
    if (!taken) import_left_out(p->im, "no frames and no still of this row", video);
    return STATUS_OK;
}

Status import_pocus(Import *im, Error *err) {
    static const char *const tables[] = {"dataset_metadata.csv", "data/dataset_metadata.csv", NULL};
    static const char *const frames[] = {"frames", "data/frames", NULL}, *const columns[] = {"Filename",
                                                                                             NULL};
    Pocus p = {.im = im};
    char *path;
    TRY(import_need(im, tables, &path, err));
    p.frames_path = import_locate(im, frames);
    Status s = p.frames_path ? folder_list(&p.frames, p.frames_path, err) : STATUS_OK;
    if (s == STATUS_OK) s = import_rows(im, path, CSV_QUOTED, columns, take_row, &p, err);
    folder_list_free(&p.frames);
    mem_free(p.frames_path);
    mem_free(path);
    return s;
}
