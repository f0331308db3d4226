/* A folder of one's own: CLASS/[PATIENT/]NAME.png with NAME.txt beside it; DICOM files by content. */
#include <string.h>

#include "data/import/import_case.h"
#include "data/sections.h"
#include "data/text_read.h"
#include "nn/base/alloc.h"

enum { DEPTH = 8 };

/* The sections asked for; without --sections the whole text as it is. */
static void choose_text(const Import *im, Buffer *out, const char *text, size_t size) {
    static const char *const names[SECTION_COUNT] = {NULL, "indication", "comparison", "findings",
                                                     "impression"};
    SectionPart part[SECTIONS_MOST];
    if (!im->o->sections) {
        import_add_text(out, text, size);
        return;
    }
    int n = sections_find(text, size, part);
    for (int i = 0; i < n; i++)
        if (names[part[i].section] && import_wants(im, names[part[i].section], ""))
            import_add_text(out, part[i].heading, (size_t)(part[i].end - part[i].heading));
}

/* Bytes of a path without a picture's ending: a DICOM file may have none, or dots that are none. */
static size_t stem(const char *path) {
    return name_is_picture(path) ? (size_t)(strrchr(path, '.') - path) : strlen(path);
}

static Status read_text(Import *im, const char *image, Buffer *out, Error *err) {
    Buffer path = {0};
    char *text = NULL;
    size_t size;
    TextEncoding encoding = {0};
    buffer_add(&path, image, stem(image));
    buffer_add(&path, ".txt", 4);
    const char *name = buffer_text(&path);
    Status s = path.failed ? mem_error(err, image) : STATUS_OK;
    if (s == STATUS_OK && path_exists(name)) {
        s = text_read(name, &text, &size, &encoding, err);
        if (s == STATUS_OK) choose_text(im, out, text, size);
        im->converted += encoding.found && strcmp(encoding.found, "UTF-8") != 0;
    }
    mem_free(text);
    buffer_free(&path);
    return s;
}

/* place: the path below the source, "class/patient/name.png". */
static Status take(Import *im, const char *path, const char *place, Error *err) {
    const char *first = strchr(place, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    size_t n = stem(place);
    Buffer id = {0}, labels = {0}, group = {0}, text = {0};
    for (size_t i = 0; i < n; i++) buffer_add(&id, place[i] == '/' ? "_" : place + i, 1);
    if (first) import_add_label(&labels, place, (size_t)(first - place));
    if (second) buffer_add(&group, first + 1, (size_t)(second - first - 1));
    Status s = read_text(im, path, &text, err);
    if (s != STATUS_OK) {
        s = import_bad(im, s, err);
    } else {
        ImportCase c = {
            buffer_text(&id), buffer_text(&text), buffer_text(&labels), buffer_text(&group), NULL, path};
        s = id.failed || labels.failed || group.failed || text.failed ? mem_error(err, path)
                                                                      : import_case(im, &c, err);
    }
    buffer_free(&id);
    buffer_free(&labels);
    buffer_free(&group);
    buffer_free(&text);
    return s;
}

static Status walk(Import *im, const char *folder, const char *place, int depth, Error *err) {
    FolderList l;
    Status s = folder_list(&l, folder, err);
    for (int i = 0; s == STATUS_OK && i < l.n; i++) {
        char *path = path_join(folder, l.sorted[i]);
        char *below = *place ? path_join(place, l.sorted[i]) : mem_strdup(l.sorted[i]);
        if (!path || !below)
            s = mem_error(err, folder);
        else if (path_is_dir(path) && depth < DEPTH)
            s = walk(im, path, below, depth + 1, err);
        else if (name_is_picture(path) || (!name_ends(path, ".txt") && file_is_dicom(path)))
            s = take(im, path, below, err);
        else if (!name_ends(path, ".txt"))
            import_left_out(im, "is no picture", below);
        mem_free(path);
        mem_free(below);
    }
    folder_list_free(&l);
    return s;
}

Status import_folder(Import *im, Error *err) {
    for (int i = 0; i < im->o->n_sources; i++) TRY(walk(im, im->o->sources[i], "", 0, err));
    return STATUS_OK;
}
