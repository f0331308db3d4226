/* BrEaST-Lesions-USG: one row of a radiologist's fields for each patient, written as sentences. */
#include <string.h>

#include "data/import/import_case.h"
#include "nn/base/alloc.h"

static const char *value(const Csv *t, const char *column) {
    int i = csv_column(t, column);
    return i < 0 || strcmp(t->field[i], "not available") == 0 || strcmp(t->field[i], "not applicable") == 0
               ? ""
               : t->field[i];
}

/* "No halo." or "Halo."; for other values "Halo: in the mammary fat." */
static void put_finding(Buffer *b, const char *name, const char *v) {
    if (strcmp(v, "no") == 0)
        buffer_printf(b, " No %c%s.", name[0] - 'A' + 'a', name + 1);
    else if (strcmp(v, "yes") == 0)
        buffer_printf(b, " %s.", name);
    else if (*v)
        buffer_printf(b, " %s: %s.", name, v);
}

/* BI-RADS, verification, diagnosis and classification are left out: they are the label, or reveal it. */
static void put_text(Buffer *b, const Csv *t) {
    const char *age = value(t, "Age"), *tissue = value(t, "Tissue_composition"), *shape = value(t, "Shape");
    const char *margin = value(t, "Margin"), *echo = value(t, "Echogenicity");
    buffer_printf(b, "Breast ultrasound%s%s.", *age ? ", patient aged " : "", age);
    if (*tissue) buffer_printf(b, " Tissue composition %s.", tissue);
    put_finding(b, "Signs", value(t, "Signs"));
    put_finding(b, "Symptoms", value(t, "Symptoms"));
    if (*shape)
        buffer_printf(b, " Lesion of %s shape%s%s%s%s.", shape, *margin ? ", margin " : "", margin,
                      *echo ? ", " : "", echo);
    put_finding(b, "Posterior features", value(t, "Posterior_features"));
    put_finding(b, "Halo", value(t, "Halo"));
    put_finding(b, "Calcifications", value(t, "Calcifications"));
    put_finding(b, "Skin thickening", value(t, "Skin_thickening"));
    put_finding(b, "Interpretation", value(t, "Interpretation"));
}

/* Several values of a field are separated by '&'. */
static void put_commas(Buffer *to, const char *from) {
    for (; *from; from++) buffer_add(to, *from == '&' ? ", " : from, *from == '&' ? 2 : 1);
}

static Status take(void *ctx, const Csv *t, const int *column, Error *err) {
    static const char *const folders[] = {"BrEaST-Lesions_USG-images_and_masks", "images", "", NULL};
    const char *file = t->field[column[0]], *label = t->field[column[1]], *dot = strrchr(file, '.');
    Buffer fields = {0}, text = {0}, labels = {0}, name = {0};
    buffer_add(&name, file, dot ? (size_t)(dot - file) : strlen(file));
    put_text(&fields, t);
    put_commas(&text, buffer_text(&fields));
    import_add_label(&labels, label, strlen(label));
    char *image = import_image(ctx, folders, file);
    ImportCase c = {
        buffer_text(&name), buffer_text(&text), buffer_text(&labels), buffer_text(&name), NULL, image};
    Status s = fields.failed || text.failed || labels.failed || name.failed ? mem_error(err, "a case")
                                                                            : import_case(ctx, &c, err);
    mem_free(image);
    buffer_free(&fields);
    buffer_free(&text);
    buffer_free(&labels);
    buffer_free(&name);
    return s;
}

/* *path: a table with the two columns, with any name and separator. *workbook: an .xlsx file of the source. Both: mem_free. */
static Status find_table(const Import *im, char **path, char **workbook, Error *err) {
    FolderList l = {0};
    Status s = STATUS_OK;
    for (int k = 0; s == STATUS_OK && k < im->o->n_sources; k++) {
        s = folder_list(&l, im->o->sources[k], err);
        for (int i = 0; s == STATUS_OK && !*path && i < l.n; i++) {
            bool csv = name_ends(l.sorted[i], ".csv") || name_ends(l.sorted[i], ".tsv"), ours = false;
            char *file = path_join(im->o->sources[k], l.sorted[i]);
            Csv t = {0};
            if (csv && file)
                ours = csv_open(&t, file, CSV_DETECT, true, NULL) == STATUS_OK &&
                       csv_column(&t, "Image_filename") >= 0 && csv_column(&t, "Classification") >= 0;
            if (csv) csv_close(&t);
            if (ours)
                *path = file;
            else if (name_ends(l.sorted[i], ".xlsx") && !*workbook)
                *workbook = file;
            else
                mem_free(file);
        }
        folder_list_free(&l);
    }
    return s;
}

Status import_brest(Import *im, Error *err) {
    static const char *const needed[] = {"Image_filename", "Classification", NULL};
    char *path = NULL, *workbook = NULL;
    Status s = find_table(im, &path, &workbook, err);
    if (s == STATUS_OK && !path && workbook)
        s = error_set(
            err, STATUS_INPUT,
            "%s: is an Excel workbook, which is not read; save it as csv beside it (libreoffice --headless "
            "--convert-to csv FILE.xlsx)",
            workbook);
    else if (s == STATUS_OK && !path)
        s = error_set(
            err, STATUS_INPUT,
            "%s: holds no csv with the columns Image_filename and Classification, which layout brest has",
            im->o->sources[0]);
    if (s == STATUS_OK) s = import_rows(im, path, CSV_DETECT, needed, take, im, err);
    mem_free(path);
    mem_free(workbook);
    return s;
}
