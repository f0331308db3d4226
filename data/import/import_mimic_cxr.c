/* MIMIC-CXR-JPG, or MIMIC-CXR as DICOM, with its reports: split, CheXpert labels, pictures and reports by patient and study. */
#include <stdio.h>
#include <string.h>

#include "data/import/entries.h"
#include "data/import/import_case.h"
#include "nn/base/alloc.h"

enum { LABELS, LEAVE_OUT }; /* columns of a study's entry */

typedef struct {
    Import *im;
    Entries studies;
} Mimic;

/* 1.0 is a label; -1.0 follows the rule of --uncertain; 0.0 and an empty cell are no label. */
static Status take_labels(void *ctx, const Csv *t, const int *column, Error *err) {
    Mimic *m = ctx;
    const char *rule = m->im->o->uncertain;
    Entry *e = entries_at(&m->studies, t->field[column[0]]);
    if (!e) return mem_error(err, "the labels");
    for (int i = 0; i < t->n; i++) {
        const char *v = t->field[i];
        bool yes = strcmp(v, "1.0") == 0 || strcmp(v, "1") == 0,
             unsure = strcmp(v, "-1.0") == 0 || strcmp(v, "-1") == 0;
        if (strcmp(t->header[i], "subject_id") == 0 || strcmp(t->header[i], "study_id") == 0) continue;
        if (yes || (unsure && strcmp(rule, "present") == 0))
            import_add_label(&e->column[LABELS], t->header[i], strlen(t->header[i]));
        if (unsure && strcmp(rule, "leave-out") == 0) buffer_add(&e->column[LEAVE_OUT], "x", 1);
    }
    return e->column[LABELS].failed ? mem_error(err, "the labels") : STATUS_OK;
}

static Status read_report(Import *im, const char *path, Buffer *text, Error *err) {
    char *report;
    size_t size;
    TRY(import_text(im, path, &report, &size, err));
    import_add_report(im, text, report, size, false, path);
    mem_free(report);
    return text->failed ? mem_error(err, path) : STATUS_OK;
}

static Status take(void *ctx, const Csv *t, const int *column, Error *err) {
    static const char *const folders[] = {"", "mimic-cxr-reports", NULL}, *const endings[] = {"jpg", "dcm",
                                                                                              "png"};
    Mimic *m = ctx;
    const char *dicom = t->field[column[0]], *study = t->field[column[1]], *subject = t->field[column[2]],
               *part = t->field[column[3]];
    for (int i = 0; i < 3; i++)
        if (strchr(t->field[column[i]], '/') || !t->field[column[i]][0])
            return error_set(err, STATUS_INPUT, "%s:%d: %s is '%s'; a number was expected", t->path, t->line,
                             t->header[column[i]], t->field[column[i]]);
    char name[400], group[200], *image = NULL;
    for (int i = 0; i < 3 && !image; i++) {
        snprintf(name, sizeof name, "files/p%.2s/p%s/s%s/%s.%s", subject, subject, study, dicom, endings[i]);
        image = import_image(m->im, folders, name);
    }
    snprintf(name, sizeof name, "files/p%.2s/p%s/s%s.txt", subject, subject, study);
    snprintf(group, sizeof group, "p%s", subject);
    Entry *e = entries_find(&m->studies, study);
    char *report = import_image(m->im, folders, name);
    Buffer text = {0};
    Status s = STATUS_OK;
    if (e && e->column[LEAVE_OUT].size)
        import_left_out(m->im, "has an uncertain label (--uncertain leave-out)", dicom);
    else if (!report)
        import_left_out(m->im, "the report is missing", dicom);
    else if (!image)
        import_left_out(m->im, "the image is missing: neither .jpg nor .dcm at files/pNN/pSUBJECT/sSTUDY/",
                        dicom);
    else {
        s = read_report(m->im, report, &text, err);
        ImportCase c = {dicom,
                        buffer_text(&text),
                        e ? buffer_text(&e->column[LABELS]) : "",
                        group,
                        strcmp(part, "validate") == 0 ? "validation" : part,
                        image};
        if (s == STATUS_OK) s = import_case(m->im, &c, err);
    }
    buffer_free(&text);
    mem_free(image);
    mem_free(report);
    return s;
}

Status import_mimic_cxr(Import *im, Error *err) {
    static const char *const splits[] = {"mimic-cxr-2.0.0-split.csv.gz", "mimic-cxr-2.0.0-split.csv", NULL};
    static const char *const chexpert[] = {"mimic-cxr-2.0.0-chexpert.csv.gz", "mimic-cxr-2.0.0-chexpert.csv",
                                           NULL};
    static const char *const study[] = {"study_id", NULL};
    static const char *const columns[] = {"dicom_id", "study_id", "subject_id", "split", NULL};
    char *split = NULL, *labels = NULL;
    Mimic m = {.im = im};
    Status s = import_need(im, splits, &split, err);
    if (s == STATUS_OK) s = import_need(im, chexpert, &labels, err);
    if (s == STATUS_OK) s = import_rows(im, labels, CSV_QUOTED, study, take_labels, &m, err);
    if (s == STATUS_OK) s = import_rows(im, split, CSV_QUOTED, columns, take, &m, err);
    entries_free(&m.studies);
    mem_free(split);
    mem_free(labels);
    return s;
}
