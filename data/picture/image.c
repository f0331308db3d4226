#include "data/picture/image.h"

#include <string.h>

#ifndef PICTURE_WITHOUT_DICOM
#include "data/picture/dicom.h"
#endif
#include "data/picture/jpeg.h"
#include "data/picture/png.h"
#include "data/picture/pnm.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

#ifndef PICTURE_WITHOUT_DICOM
static Status check_dicom(const char *path, const unsigned char *data, size_t size, Error *err) {
    return dicom_check(path, data, size, NULL, err);
}

static Status decode_dicom(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    return dicom_decode(im, path, data, size, DICOM_MIDDLE, err);
}
#endif

/* The one place that knows all kinds. The first whose `is` says yes decides; PICTURE_WITHOUT_DICOM leaves DICOM out. */
static const struct {
    ImageKind kind;
    bool (*is)(const unsigned char *data, size_t size);
    Status (*check)(const char *path, const unsigned char *data, size_t size, Error *err);
    Status (*decode)(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);
} kinds[] = {
#ifndef PICTURE_WITHOUT_DICOM
    {IMAGE_DICOM, dicom_is, check_dicom, decode_dicom},
#endif
    {IMAGE_PNG, png_is, png_check, png_decode},
    {IMAGE_JPEG, jpeg_is, jpeg_check, jpeg_decode},
    {IMAGE_PNM, pnm_is, pnm_check, pnm_decode},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

#ifdef PICTURE_WITHOUT_DICOM
static const char known[] = "JPEG, PNG or PNM";
#else
static const char known[] = "JPEG, PNG, PNM or DICOM";
#endif

/* The row of `kinds`, or KINDS. */
static int row_of(const unsigned char *data, size_t size) {
    int k = 0;
    while (k < KINDS && !kinds[k].is(data, size)) k++;
    return k;
}

static Status refuse(const char *path, Error *err) {
    return error_set(err, STATUS_INPUT, "%s: is no %s picture; convert it to one", path, known);
}

ImageKind image_kind(const unsigned char *data, size_t size) {
    int k = row_of(data, size);
    return k < KINDS ? kinds[k].kind : IMAGE_OTHER;
}

Status image_check(const char *path, const unsigned char *data, size_t size, Error *err) {
    int k = row_of(data, size);
    return k < KINDS ? kinds[k].check(path, data, size, err) : refuse(path, err);
}

Status image_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    int k = row_of(data, size);
    memset(im, 0, sizeof *im);
    if (size > IMAGE_MAX_BYTES)
        return error_set(err, STATUS_INPUT, "%s: holds %zu bytes; at most %d were expected", path, size,
                         IMAGE_MAX_BYTES);
    return k < KINDS ? kinds[k].decode(im, path, data, size, err) : refuse(path, err);
}

Status image_read(Image *im, const char *path, Error *err) {
    unsigned char *data;
    size_t size;
    memset(im, 0, sizeof *im);
    TRY(file_read(path, IMAGE_MAX_BYTES, &data, &size, err));
    Status s = size ? image_decode(im, path, data, size, err)
                    : error_set(err, STATUS_INPUT, "%s: is empty; a %s picture was expected", path, known);
    mem_free(data);
    return s;
}
