#include "data/picture/image.h"

#include <string.h>
#include <sys/stat.h>

#include "data/picture/jpeg.h"
#include "data/picture/png.h"
#include "data/picture/pnm.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"

#if PART_DICOM
#include "data/picture/dicom.h"

static Status decode_dicom(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    return dicom_decode(im, path, data, size, DICOM_MIDDLE, err);
}
#else
/* PS3.10, 7.1: a preamble of 128 bytes, then "DICM". */
static bool dicom_is(const unsigned char *data, size_t size) {
    return size >= 132 && memcmp(data + 128, "DICM", 4) == 0;
}

static Status decode_dicom(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    (void)im, (void)data, (void)size;
    return error_set(err, STATUS_INPUT, "%s: is a DICOM picture; " PART_ABSENT("dicom"), path);
}
#endif

/* The first kind whose `is` returns true decides. A build without DICOM refuses it by name. */
static const struct {
    ImageKind kind;
    bool (*is)(const unsigned char *data, size_t size);
    Status (*decode)(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);
} kinds[] = {
    {IMAGE_DICOM, dicom_is, decode_dicom},
    {IMAGE_PNG, png_is, png_decode},
    {IMAGE_JPEG, jpeg_is, jpeg_decode},
#if PART_PNM
    {IMAGE_PNM, pnm_is, pnm_decode},
#endif
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The row of `kinds`, or KINDS. */
static int row_of(const unsigned char *data, size_t size) {
    int k = 0;
    while (k < KINDS && !kinds[k].is(data, size)) k++;
    return k;
}

ImageKind image_kind(const unsigned char *data, size_t size) {
    int k = row_of(data, size);
    return k < KINDS ? kinds[k].kind : IMAGE_OTHER;
}

/* Only a DICOM file may hold more than IMAGE_MAX_BYTES. */
static Status check_size(const char *path, const unsigned char *data, size_t size, Error *err) {
    if (size <= IMAGE_MAX_BYTES || image_kind(data, size) == IMAGE_DICOM) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: holds %zu bytes; at most %d were expected", path, size,
                     IMAGE_MAX_BYTES);
}

Status image_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err) {
    int k = row_of(data, size);
    memset(im, 0, sizeof *im);
    TRY(check_size(path, data, size, err));
    return k < KINDS ? kinds[k].decode(im, path, data, size, err) : image_refuse(path, err);
}

#if PART_DICOM
static bool is_large_dicom(const char *path) {
    unsigned char head[1024];
    struct stat st;
    size_t n = 0;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > IMAGE_MAX_BYTES &&
           file_head(path, head, sizeof head, &n, NULL) == STATUS_OK && image_kind(head, n) == IMAGE_DICOM;
}

static Status map_file(ImageFile *f, const char *path, Error *err) {
    FileMap map;
    TRY(file_map(path, &map, err));
    f->data = map.data;
    f->size = map.size;
    return STATUS_OK;
}
#endif

Status image_open(ImageFile *f, const char *path, Error *err) {
    memset(f, 0, sizeof *f);
#if PART_DICOM
    if (is_large_dicom(path)) return map_file(f, path, err);
#endif
    TRY(file_read(path, IMAGE_MAX_BYTES, &f->memory, &f->size, err));
    f->data = f->memory;
    if (f->size) return STATUS_OK;
    image_close(f);
    return error_set(err, STATUS_INPUT, "%s: is empty; a JPEG, PNG, PNM or DICOM picture was expected", path);
}

void image_close(ImageFile *f) {
    if (PART_DICOM && f->data && !f->memory) file_unmap(&(FileMap){f->data, f->size});
    mem_free(f->memory);
    memset(f, 0, sizeof *f);
}

Status image_read(Image *im, const char *path, Error *err) {
    ImageFile f;
    memset(im, 0, sizeof *im);
    TRY(image_open(&f, path, err));
    Status s = image_decode(im, path, f.data, f.size, err);
    image_close(&f);
    return s;
}
