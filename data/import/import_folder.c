/* A folder: CLASS/[PATIENT/]NAME.png with NAME.txt beside it; DICOM files are recognised by content. */
#include <string.h>

#include "data/import/import_case.h"
#include "nn/base/alloc.h"

enum { DEPTH = 16 };

typedef struct {
    Import *im;
    bool counting; /* the first walk counts files, for progress */
    long files, done;
} Walk;

/* The .txt file with the name of the picture, or "". */
static const char *report_of(const FolderList *l, const char *picture, Buffer *name) {
    static const char *const endings[] = {".txt", ".TXT", ".Txt"};
    size_t n = name_stem(picture);
    for (int i = 0; i < 3; i++) {
        name->size = 0;
        buffer_add(name, picture, n);
        buffer_add(name, endings[i], 4);
        const char *text = buffer_text(name);
        if (names_find(&l->names, text, name->size) >= 0) return text;
    }
    return "";
}

static Status read_text(Import *im, const char *path, Buffer *out, Error *err) {
    char *text;
    size_t size;
    TRY(import_text(im, path, &text, &size, err));
    import_add_report(im, out, text, size, true, path);
    mem_free(text);
    return STATUS_OK;
}

static Status take(Import *im, const char *path, const char *place, const char *report, Error *err) {
    const char *first = strchr(place, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    size_t n = name_stem(place);
    Buffer id = {0}, labels = {0}, group = {0}, text = {0};
    for (size_t i = 0; i < n; i++) buffer_add(&id, place[i] == '/' ? "_" : place + i, 1);
    if (first) import_add_label(&labels, place, (size_t)(first - place));
    if (second) buffer_add(&group, first + 1, (size_t)(second - first - 1));
    Status s = *report ? read_text(im, report, &text, err) : STATUS_OK;
    ImportCase c = {
        buffer_text(&id), buffer_text(&text), buffer_text(&labels), buffer_text(&group), NULL, path};
    if (s != STATUS_OK)
        s = import_bad(im, s, err);
    else
        s = id.failed || labels.failed || group.failed || text.failed ? mem_error(err, path)
                                                                      : import_case(im, &c, err);
    buffer_free(&id);
    buffer_free(&labels);
    buffer_free(&group);
    buffer_free(&text);
    return s;
}

/* used: the texts that belong to a picture. */
static Status take_file(Walk *w, const char *path, const char *place, const char *folder, const FolderList *l,
                        const char *name, Names *used, Error *err) {
    if (w->counting) return w->files++, STATUS_OK;
    log_progress(w->im->log, "import, files", ++w->done, w->files);
    if (!name_is_picture(path) && !file_is_dicom(path)) {
        import_left_out(w->im, "is no picture", place);
        return STATUS_OK;
    }
    Buffer report = {0};
    const char *text = report_of(l, name, &report);
    char *text_path = *text ? path_join(folder, text) : mem_strdup("");
    Status s = STATUS_OK;
    if (!text_path || report.failed || names_add(used, text, strlen(text)) < 0)
        s = mem_error(err, path);
    else if (import_seen(w->im, path))
        import_left_out(w->im, "is the same file as one before, by a link", place);
    else
        s = take(w->im, path, place, text_path, err);
    mem_free(text_path);
    buffer_free(&report);
    return s;
}

/* Counts the texts without a picture. */
static Status count_texts(Import *im, const Names *texts, const Names *used, const char *place, Error *err) {
    for (int i = 0; i < texts->n; i++) {
        const char *name = names_at(texts, i);
        if (names_find(used, name, strlen(name)) >= 0) continue;
        char *below = *place ? path_join(place, name) : mem_strdup(name);
        if (!below) return mem_error(err, name);
        import_left_out(im, "is a text without a picture of its name", below);
        mem_free(below);
    }
    return STATUS_OK;
}

static Status walk(Walk *w, const char *folder, const char *place, int depth, Error *err) {
    FolderList l;
    if (depth > DEPTH) {
        if (!w->counting) import_left_out(w->im, "is a folder more than 16 deep", place);
        return STATUS_OK;
    }
    if (import_seen(w->im, folder)) {
        if (!w->counting) import_left_out(w->im, "is the same folder as one before, by a link", folder);
        return STATUS_OK;
    }
    Names texts = {0}, used = {0};
    Status s = folder_list(&l, folder, err);
    for (int i = 0; s == STATUS_OK && i < l.n; i++) {
        char *path = path_join(folder, l.sorted[i]);
        char *below = *place ? path_join(place, l.sorted[i]) : mem_strdup(l.sorted[i]);
        bool is_folder = path && path_is_dir(path), is_text = path && !is_folder && name_ends(path, ".txt");
        if (!path || !below || (is_text && names_add(&texts, l.sorted[i], strlen(l.sorted[i])) < 0))
            s = mem_error(err, folder);
        else if (is_folder)
            s = walk(w, path, below, depth + 1, err);
        else if (!is_text)
            s = take_file(w, path, below, folder, &l, l.sorted[i], &used, err);
        mem_free(path);
        mem_free(below);
    }
    if (s == STATUS_OK && !w->counting) s = count_texts(w->im, &texts, &used, place, err);
    names_free(&texts);
    names_free(&used);
    folder_list_free(&l);
    return s;
}

Status import_folder(Import *im, Error *err) {
    Walk w = {.im = im, .counting = true};
    Status s = STATUS_OK;
    for (int pass = 0; pass < 2; pass++) {
        names_free(&im->seen);
        if (im->folder) import_seen(im, im->folder);
        for (int i = 0; s == STATUS_OK && i < im->o->n_sources; i++)
            s = walk(&w, im->o->sources[i], "", 0, err);
        w.counting = false;
    }
    return s;
}
