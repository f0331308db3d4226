/* Pictures from files: finds the kind by the first bytes, checks, decodes. JPEG and PNG go through stb_image behind an
 * integrity check of this project's own (jpeg.h, png.h), binary PNM (pnm.h), DICOM (dicom.h). */
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include "data/picture/pixels.h"

enum { IMAGE_MAX_BYTES = 256 << 20 /* of a file that is not DICOM */ };

typedef enum { IMAGE_OTHER, IMAGE_PNG, IMAGE_JPEG, IMAGE_PNM, IMAGE_DICOM } ImageKind;
ImageKind image_kind(const unsigned char *data, size_t size); /* by the first bytes */

/* Checks that the bytes are a whole picture: png_check, jpeg_check, pnm_check or dicom_check. An input error names the damage and
 * its byte, from 0. (image_check.c, of the part import) */
Status image_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* A picture's file: read into memory up to IMAGE_MAX_BYTES. A larger DICOM file is mapped, since only one of its frames is needed; it
 * must not be truncated while mapped. An empty file, or another one that is larger, is an input error. */
typedef struct {
    const unsigned char *data;
    size_t size;
    unsigned char *memory; /* NULL: mapped */
} ImageFile;
Status image_open(ImageFile *f, const char *path, Error *err);
void image_close(ImageFile *f);

/* Reads, checks and decodes the file, or the bytes of one. Colour becomes luma; transparency is ignored; of a DICOM file with many frames
 * the middle one is decoded. path: for messages. STATUS_INPUT: not a picture, damaged or too large. im: image_free; empty on error. */
Status image_read(Image *im, const char *path, Error *err);
Status image_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);

#endif
