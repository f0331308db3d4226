/* Open-i's chest X-rays (NLMCXR): an XML file for each report; every picture of it is a case. */
#include <stdio.h>
#include <string.h>

#include "data/import/import_case.h"
#include "data/import/openi_report.h"
#include "nn/base/alloc.h"

enum { FILE_MAX = 4 << 20 };

static Status take_images(Import *im, OpeniReport *r, Error *err) {
    static const char *const folders[] = {"NLMCXR_png", "images", "", NULL};
    Buffer text = {0};
    for (int i = 0; i < OPENI_SECTIONS; i++)
        import_add_section(im, &text, openi_section_names[i], buffer_text(&r->section[i]),
                           r->section[i].size);
    Status s = text.failed ? mem_error(err, "a report") : STATUS_OK;
    if (r->images.size == 0) import_left_out(im, "the report has no image", r->uid);
    for (size_t at = 0; s == STATUS_OK && at < r->images.size;) {
        const char *id = (const char *)r->images.data + at;
        char name[300];
        snprintf(name, sizeof name, "%s.png", id);
        char *image = import_image(im, folders, name);
        ImportCase c = {id, buffer_text(&text), buffer_text(&r->labels), r->uid, NULL, image};
        s = import_case(im, &c, err);
        mem_free(image);
        at += strlen(id) + 1;
    }
    buffer_free(&text);
    return s;
}

static Status read_report(Import *im, const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    OpeniReport r;
    TRY(file_read(path, FILE_MAX, &data, &size, err));
    Status s = openi_parse(&r, path, data, size, im->o->labels ? im->o->labels : "major", err);
    s = s == STATUS_OK ? take_images(im, &r, err) : import_bad(im, s, err);
    openi_free(&r);
    mem_free(data);
    return s;
}

Status import_openi(Import *im, Error *err) {
    static const char *const places[] = {"ecgen-radiology", NULL};
    char *folder;
    FolderList files;
    TRY(import_need(im, places, &folder, err));
    Status s = folder_list(&files, folder, err);
    for (int i = 0; s == STATUS_OK && i < files.n; i++) {
        log_progress(im->log, "import, reports", i, files.n);
        char *path = name_ends(files.sorted[i], ".xml") ? path_join(folder, files.sorted[i]) : NULL;
        if (path) s = read_report(im, path, err);
        mem_free(path);
    }
    folder_list_free(&files);
    mem_free(folder);
    return s;
}
