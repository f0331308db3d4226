/* IU X-ray in Kaggle's layout: a table of reports and a table of pictures. */
#include <string.h>

#include "data/import/entries.h"
#include "data/import/import_case.h"
#include "nn/base/alloc.h"

enum { TEXT, LABELS }; /* columns of a report's entry */

typedef struct {
    Import *im;
    Entries reports;
} IuXray;

/* "Cardiomegaly;Opacity/lung" gives Cardiomegaly and Opacity. */
static void split_labels(Buffer *labels, const char *list) {
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, ";"), term = strcspn(at, ";/");
        if (strncmp(at, "No Indexing", 11) != 0) import_add_label(labels, at, term);
        at += n + (at[n] == ';');
    }
}

static Status take_report(void *ctx, const Csv *t, const int *column, Error *err) {
    static const char *const sections[] = {"findings", "impression", "indication", "comparison"};
    IuXray *x = ctx;
    Entry *e = entries_at(&x->reports, t->field[column[0]]);
    if (!e) return mem_error(err, "the reports");
    for (int i = 0; i < 4; i++) {
        const char *body = t->field[column[2 + i]];
        import_add_section(x->im, &e->column[TEXT], sections[i], body, strlen(body));
    }
    split_labels(&e->column[LABELS], t->field[column[1]]);
    return e->column[TEXT].failed || e->column[LABELS].failed ? mem_error(err, "the reports") : STATUS_OK;
}

static Status take_image(void *ctx, const Csv *t, const int *column, Error *err) {
    static const char *const folders[] = {"images/images_normalized", "images_normalized", "images", "",
                                          NULL};
    IuXray *x = ctx;
    const char *group = t->field[column[0]], *file = t->field[column[1]];
    Entry *e = entries_find(&x->reports, group);
    if (!e || strstr(file, "..") || file[0] == '/') {
        import_left_out(x->im, !e ? "the image has no report" : "the image leads out of the folder", file);
        return STATUS_OK;
    }
    const char *dot = strstr(file, ".dcm.png");
    if (!dot) dot = strrchr(file, '.');
    Buffer id = {0};
    buffer_add(&id, file, dot ? (size_t)(dot - file) : strlen(file));
    char *image = import_image(x->im, folders, file);
    ImportCase c = {
        buffer_text(&id), buffer_text(&e->column[TEXT]), buffer_text(&e->column[LABELS]), group, NULL, image};
    Status s = id.failed ? mem_error(err, file) : import_case(x->im, &c, err);
    buffer_free(&id);
    mem_free(image);
    return s;
}

Status import_iu_xray(Import *im, Error *err) {
    static const char *const reports_names[] = {"indiana_reports.csv", NULL};
    static const char *const images_names[] = {"indiana_projections.csv", NULL};
    const char *const reports_columns[] = {"uid",        import_labels_are(im, "mesh") ? "MeSH" : "Problems",
                                           "findings",   "impression",
                                           "indication", "comparison",
                                           NULL};
    static const char *const images_columns[] = {"uid", "filename", NULL};
    char *reports = NULL, *images = NULL;
    IuXray x = {.im = im};
    Status s = import_need(im, reports_names, &reports, err);
    if (s == STATUS_OK) s = import_need(im, images_names, &images, err);
    if (s == STATUS_OK) s = import_rows(im, reports, CSV_QUOTED, reports_columns, take_report, &x, err);
    if (s == STATUS_OK) s = import_rows(im, images, CSV_QUOTED, images_columns, take_image, &x, err);
    entries_free(&x.reports);
    mem_free(reports);
    mem_free(images);
    return s;
}
