/* Refuses kinds of DICOM that are not supported and names the command that converts them. Source: PS3.3 C.7.6.3 (image pixel module). */
#include "data/picture/dicom_support.h"

#include <math.h>
#include <string.h>

#include "data/picture/pixels.h"

static Status refuse(Dicom *d, Error *err, const char *path, const char *what) {
    d->info.other_kind = true;
    return error_set(
        err, STATUS_INPUT,
        "%s: is DICOM with %s, which is not read; make a picture of it: dcmj2pnm +on IN.dcm OUT.png", path,
        what);
}

static Status choose_colour(Dicom *d, const char *path, Error *err) {
    static const struct {
        const char *name;
        DicomColour colour;
        int samples;
    } known[] = {{"MONOCHROME2", DICOM_GRAY, 1},
                 {"MONOCHROME1", DICOM_GRAY_INVERTED, 1},
                 {"RGB", DICOM_RGB, 3},
                 {"YBR_FULL", DICOM_YBR_FULL, 3},
                 {"YBR_FULL_422", DICOM_YBR_422, 3}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(d->photometric, known[i].name) == 0 && d->samples == known[i].samples) {
            d->colour = known[i].colour;
            return STATUS_OK;
        }
    d->info.other_kind = true;
    return error_set(
        err, STATUS_INPUT,
        "%s: is DICOM of %d samples a pixel and kind '%s'; MONOCHROME1, MONOCHROME2, RGB, YBR_FULL or "
        "YBR_FULL_422 was expected; make a picture of it: dcmj2pnm +on IN.dcm OUT.png",
        path, d->samples, d->photometric);
}

/* Removes tables without content. Entries of 8 bits have a byte each, or two where the data has that many (PS3.3 C.11.1.1.1).
 * `first` is signed where the values that it is compared with are. */
static void check_table(const Dicom *d, DicomTable *t, bool is_signed) {
    t->width = t->bits > 8 || t->bytes >= 2 * (size_t)t->entries ? 2 : 1;
    size_t there = t->bytes / (size_t)t->width;
    if (d->samples != 1 || !t->data || t->bits < 1 || t->bits > 16) t->entries = 0;
    if ((size_t)t->entries > there) t->entries = (int)there;
    if ((t->is_signed || is_signed) && t->first >= 32768) t->first -= 65536;
}

Status dicom_supported(Dicom *d, const char *path, Error *err) {
    if (d->columns == 0 && d->rows == 0)
        return error_set(err, STATUS_INPUT, "%s: is DICOM without rows and columns; a picture was expected",
                         path);
    TRY(image_size_check(d->columns, d->rows, path, err));
    if (d->info.frames < 1)
        return error_set(err, STATUS_INPUT,
                         "%s: its number of frames is no whole number from 1 to 1048576; get it again", path);
    if (d->frame < 0 || d->frame >= d->info.frames)
        return error_set(err, STATUS_INPUT, "%s: has %d frames; frame %d was expected", path, d->info.frames,
                         d->frame + 1);
    TRY(choose_colour(d, path, err));
    if (d->allocated != 8 && (d->allocated != 16 || d->samples != 1 || d->jpeg))
        return refuse(d, err, path, "other than 8 or 16 bits a value (8 where it has colour or is JPEG)");
    if (d->stored == 0) d->stored = d->allocated;
    if (d->high < 0) d->high = d->stored - 1;
    if (d->stored < 1 || d->stored > d->allocated || d->high < d->stored - 1 || d->high >= d->allocated)
        return refuse(d, err, path, "bits stored and high bit that do not fit the bits allocated");
    if (d->colour == DICOM_YBR_422 && !d->jpeg && d->columns % 2)
        return refuse(d, err, path, "YBR_FULL_422 of an odd width");
    check_table(d, &d->modality, d->is_signed);
    check_table(d, &d->voi, d->is_signed || d->intercept < 0);
    if (isnan(d->slope) || isnan(d->intercept) || d->slope == 0)
        return refuse(d, err, path, "a broken rescale slope or intercept");
    /* A window without width counts as missing. */
    double least = d->window == DICOM_LINEAR ? 1 : 0;
    if (isnan(d->width) || isnan(d->center) || d->width < least) d->width = 0;
    return STATUS_OK;
}
