/* IU X-ray as on Kaggle: a table of reports, a table of pictures. */
#include <string.h>

#include "data/import/import_case.h"
#include "data/import/import_table.h"
#include "nn/base/alloc.h"

enum { TEXT, LABELS }; /* columns of a report in the table */

/* "Cardiomegaly;Opacity/lung" gives Cardiomegaly and Opacity. */
static void split_labels(Buffer *labels, const char *list) {
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, ";"), term = strcspn(at, ";/");
        if (strncmp(at, "No Indexing", 11) != 0) import_add_label(labels, at, term);
        at += n + (at[n] == ';');
    }
}

static Status read_reports(Import *im, Csv *t, ImportTable *r, Error *err) {
    static const char *const sections[] = {"findings", "impression", "indication", "comparison"};
    int uid, from, column[4];
    bool more = true;
    TRY(csv_need(t, "uid", &uid, err));
    TRY(csv_need(t, import_labels_are(im, "mesh") ? "MeSH" : "Problems", &from, err));
    for (int i = 0; i < 4; i++) TRY(csv_need(t, sections[i], &column[i], err));
    for (;;) {
        Status s = csv_next(t, &more, err);
        if (s != STATUS_OK) {
            TRY(import_bad(im, s, err));
            continue;
        }
        if (!more) return STATUS_OK;
        ImportEntry *e = import_table_at(r, t->field[uid]);
        if (!e) return mem_error(err, "the reports");
        for (int i = 0; i < 4; i++)
            import_add_section(im, &e->column[TEXT], sections[i], t->field[column[i]],
                               strlen(t->field[column[i]]));
        split_labels(&e->column[LABELS], t->field[from]);
        if (e->column[TEXT].failed || e->column[LABELS].failed) return mem_error(err, "the reports");
    }
}

static Status read_images(Import *im, Csv *t, const ImportTable *r, Error *err) {
    static const char *const folders[] = {"images/images_normalized", "images_normalized", "images", "",
                                          NULL};
    int uid, name;
    bool more = true;
    TRY(csv_need(t, "uid", &uid, err));
    TRY(csv_need(t, "filename", &name, err));
    for (;;) {
        Status s = csv_next(t, &more, err);
        if (s != STATUS_OK) {
            TRY(import_bad(im, s, err));
            continue;
        }
        if (!more) return STATUS_OK;
        const char *file = t->field[name];
        ImportEntry *e = import_table_find(r, t->field[uid]);
        if (!e || strstr(file, "..") || file[0] == '/') {
            import_left_out(im, !e ? "the image has no report" : "the image leads out of the folder", file);
            continue;
        }
        char id[200];
        const char *dot = strstr(file, ".dcm.png");
        if (!dot) dot = strrchr(file, '.');
        size_t n = dot ? (size_t)(dot - file) : strlen(file);
        if (n >= sizeof id) n = sizeof id - 1;
        memcpy(id, file, n);
        id[n] = 0;
        char *image = import_image(im, folders, file);
        ImportCase c = {
            id, buffer_text(&e->column[TEXT]), buffer_text(&e->column[LABELS]), t->field[uid], NULL, image};
        s = import_case(im, &c, err);
        mem_free(image);
        TRY(s);
    }
}

Status import_iu_xray(Import *im, Error *err) {
    static const char *const reports_names[] = {"indiana_reports.csv", NULL};
    static const char *const images_names[] = {"indiana_projections.csv", NULL};
    char *reports_path = NULL, *images_path = NULL;
    ImportTable r = {0};
    Csv reports = {0}, images = {0};
    Status s = import_need(im, reports_names, &reports_path, err);
    if (s == STATUS_OK) s = import_need(im, images_names, &images_path, err);
    if (s == STATUS_OK) s = csv_open(&reports, reports_path, CSV_QUOTED, true, err);
    if (s == STATUS_OK) s = csv_open(&images, images_path, CSV_QUOTED, true, err);
    if (s == STATUS_OK) s = read_reports(im, &reports, &r, err);
    if (s == STATUS_OK) s = read_images(im, &images, &r, err);
    im->converted += reports.converted + images.converted;
    csv_close(&reports);
    csv_close(&images);
    import_table_free(&r);
    mem_free(reports_path);
    mem_free(images_path);
    return s;
}
