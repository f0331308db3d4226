/* MIMIC-CXR-JPG with the reports of MIMIC-CXR: split, CheXpert labels, pictures and reports by patient and study. */
#include <stdio.h>
#include <string.h>

#include "data/import/import_case.h"
#include "data/import/import_table.h"
#include "data/sections.h"
#include "data/text_read.h"
#include "nn/base/alloc.h"

enum { LABELS, LEAVE_OUT };

/* 1.0 is a label; -1.0 by the rule of --uncertain; 0.0 and empty none. */
static void add_labels(const Import *im, const Csv *t, ImportEntry *e) {
    for (int i = 0; i < t->n; i++) {
        const char *v = t->field[i];
        bool yes = strcmp(v, "1.0") == 0 || strcmp(v, "1") == 0,
             unsure = strcmp(v, "-1.0") == 0 || strcmp(v, "-1") == 0;
        if (strcmp(t->header[i], "subject_id") == 0 || strcmp(t->header[i], "study_id") == 0) continue;
        if (yes || (unsure && strcmp(im->o->uncertain, "present") == 0))
            import_add_label(&e->column[LABELS], t->header[i], strlen(t->header[i]));
        if (unsure && strcmp(im->o->uncertain, "leave-out") == 0) buffer_add(&e->column[LEAVE_OUT], "x", 1);
    }
}

static Status read_labels(Import *im, const char *path, ImportTable *studies, Error *err) {
    Csv t;
    int study;
    bool more = true;
    Status s = csv_open(&t, path, CSV_QUOTED, true, err);
    if (s == STATUS_OK) s = csv_need(&t, "study_id", &study, err);
    while (s == STATUS_OK && more) {
        s = csv_next(&t, &more, err);
        if (s != STATUS_OK) {
            s = import_bad(im, s, err);
        } else if (more) {
            ImportEntry *e = import_table_at(studies, t.field[study]);
            if (e) add_labels(im, &t, e);
            if (!e || e->column[LABELS].failed) s = mem_error(err, path);
        }
    }
    csv_close(&t);
    return s;
}

static Status read_report(Import *im, const char *path, Buffer *text, Error *err) {
    static const char *const names[SECTION_COUNT] = {NULL, "indication", "comparison", "findings",
                                                     "impression"};
    SectionPart part[SECTIONS_MOST];
    char *report;
    size_t size;
    TRY(text_read(path, &report, &size, NULL, err));
    int n = sections_find(report, size, part);
    for (int i = 0; i < n; i++)
        if (names[part[i].section])
            import_add_section(im, text, names[part[i].section], part[i].body,
                               (size_t)(part[i].end - part[i].body));
    mem_free(report);
    return text->failed ? mem_error(err, path) : STATUS_OK;
}

static Status take(Import *im, const char *dicom, const char *study, const char *subject, const char *part,
                   const ImportTable *studies, Error *err) {
    static const char *const folders[] = {"", "mimic-cxr-reports", NULL};
    char name[300], report_name[300], group[64];
    snprintf(name, sizeof name, "files/p%.2s/p%s/s%s/%s.jpg", subject, subject, study, dicom);
    snprintf(report_name, sizeof report_name, "files/p%.2s/p%s/s%s.txt", subject, subject, study);
    snprintf(group, sizeof group, "p%s", subject);
    ImportEntry *e = import_table_find(studies, study);
    char *image = import_image(im, folders, name), *report = import_image(im, folders, report_name);
    Buffer text = {0};
    Status s = STATUS_OK;
    if (e && e->column[LEAVE_OUT].size)
        import_left_out(im, "has an uncertain label (--uncertain leave-out)", dicom);
    else if (!report)
        import_left_out(im, "the report is missing", dicom);
    else {
        s = read_report(im, report, &text, err);
        ImportCase c = {dicom,
                        buffer_text(&text),
                        e ? buffer_text(&e->column[LABELS]) : "",
                        group,
                        strcmp(part, "validate") == 0 ? "validation" : part,
                        image};
        s = s == STATUS_OK ? import_case(im, &c, err) : import_bad(im, s, err);
    }
    buffer_free(&text);
    mem_free(image);
    mem_free(report);
    return s;
}

static Status read_split(Import *im, const char *path, const ImportTable *studies, Error *err) {
    static const char *const names[] = {"dicom_id", "study_id", "subject_id", "split"};
    Csv t;
    int column[4];
    bool more = true;
    Status s = csv_open(&t, path, CSV_QUOTED, true, err);
    for (int i = 0; i < 4 && s == STATUS_OK; i++) s = csv_need(&t, names[i], &column[i], err);
    while (s == STATUS_OK && more) {
        s = csv_next(&t, &more, err);
        for (int i = 0; i < 3 && s == STATUS_OK && more; i++)
            if (strchr(t.field[column[i]], '/') || !t.field[column[i]][0])
                s = error_set(err, STATUS_INPUT, "%s:%d: %s is '%s'; a number was expected", path, t.line,
                              names[i], t.field[column[i]]);
        if (s != STATUS_OK)
            s = import_bad(im, s, err);
        else if (more)
            s = take(im, t.field[column[0]], t.field[column[1]], t.field[column[2]], t.field[column[3]],
                     studies, err);
    }
    csv_close(&t);
    return s;
}

Status import_mimic_cxr(Import *im, Error *err) {
    static const char *const splits[] = {"mimic-cxr-2.0.0-split.csv.gz", "mimic-cxr-2.0.0-split.csv", NULL};
    static const char *const chexpert[] = {"mimic-cxr-2.0.0-chexpert.csv.gz", "mimic-cxr-2.0.0-chexpert.csv",
                                           NULL};
    char *split = NULL, *labels = NULL;
    ImportTable studies = {0};
    Status s = import_need(im, splits, &split, err);
    if (s == STATUS_OK) s = import_need(im, chexpert, &labels, err);
    if (s == STATUS_OK) s = read_labels(im, labels, &studies, err);
    if (s == STATUS_OK) s = read_split(im, split, &studies, err);
    import_table_free(&studies);
    mem_free(split);
    mem_free(labels);
    return s;
}
