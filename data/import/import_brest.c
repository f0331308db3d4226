/* BrEaST-Lesions-USG: one row of radiologist's fields a patient, put into sentences. */
#include <string.h>

#include "data/import/import_case.h"
#include "nn/base/alloc.h"

static const char *value(const Csv *t, const char *column) {
    int i = csv_column(t, column);
    return i < 0 || strcmp(t->field[i], "not available") == 0 || strcmp(t->field[i], "not applicable") == 0
               ? ""
               : t->field[i];
}

/* "No halo." or "Halo." or, for more than yes and no, "Halo: in the mammary fat." */
static void put_finding(Buffer *b, const char *name, const char *v) {
    if (strcmp(v, "no") == 0)
        buffer_printf(b, " No %c%s.", name[0] - 'A' + 'a', name + 1);
    else if (strcmp(v, "yes") == 0)
        buffer_printf(b, " %s.", name);
    else if (*v)
        buffer_printf(b, " %s: %s.", name, v);
}

/* BI-RADS, verification, diagnosis and classification stay out: they are, or give away, the label. */
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
    const char *said = value(t, "Interpretation");
    if (*said) buffer_printf(b, " Interpretation: ");
    for (; *said; said++) {
        if (*said == '&')
            buffer_add(b, ", ", 2);
        else
            buffer_add(b, said, 1);
    }
    if (*value(t, "Interpretation")) buffer_add(b, ".", 1);
}

static Status take(Import *im, const Csv *t, int file, int label, Error *err) {
    static const char *const folders[] = {"BrEaST-Lesions_USG-images_and_masks", "images", "", NULL};
    Buffer text = {0}, labels = {0}, name = {0};
    const char *dot = strrchr(t->field[file], '.');
    buffer_add(&name, t->field[file], dot ? (size_t)(dot - t->field[file]) : strlen(t->field[file]));
    put_text(&text, t);
    import_add_label(&labels, t->field[label], strlen(t->field[label]));
    char *image = import_image(im, folders, t->field[file]);
    ImportCase c = {
        buffer_text(&name), buffer_text(&text), buffer_text(&labels), buffer_text(&name), NULL, image};
    Status s =
        text.failed || labels.failed || name.failed ? mem_error(err, "a case") : import_case(im, &c, err);
    mem_free(image);
    buffer_free(&text);
    buffer_free(&labels);
    buffer_free(&name);
    return s;
}

Status import_brest(Import *im, Error *err) {
    static const char *const names[] = {"clinical-data-as-csv.csv",
                                        "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.csv", NULL};
    char *path;
    Csv t;
    int file, label;
    bool more = true;
    TRY(import_need(im, names, &path, err));
    Status s = csv_open(&t, path, CSV_QUOTED, true, err);
    if (s == STATUS_OK) s = csv_need(&t, "Image_filename", &file, err);
    if (s == STATUS_OK) s = csv_need(&t, "Classification", &label, err);
    while (s == STATUS_OK && more) {
        s = csv_next(&t, &more, err);
        if (s != STATUS_OK)
            s = import_bad(im, s, err);
        else if (more)
            s = take(im, &t, file, label, err);
    }
    im->converted += t.converted;
    csv_close(&t);
    mem_free(path);
    return s;
}
