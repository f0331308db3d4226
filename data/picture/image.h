/* Pictures from files: finds the kind by the first bytes, checks, decodes. JPEG and PNG go through stb_image behind an
 * integrity check of this project's own (jpeg.h, png.h), binary PNM (pnm.h), DICOM (dicom.h). */
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include "data/picture/pixels.h"

enum { IMAGE_MAX_BYTES = 256 << 20 };

typedef enum { IMAGE_OTHER, IMAGE_PNG, IMAGE_JPEG, IMAGE_PNM, IMAGE_DICOM } ImageKind;
ImageKind image_kind(const unsigned char *data, size_t size); /* by the first bytes */

/* Whether the bytes are a whole picture: png_check, jpeg_check, pnm_check or dicom_check. An input error names what is
 * damaged and at which byte, from 0. (image_check.c, of the part import) */
Status image_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* A picture's file: in memory where it holds at most IMAGE_MAX_BYTES, else mapped, which only DICOM may be: of a long sequence of
 * frames the wanted one is read. Nobody may cut a mapped file. An empty or larger file is an input error. */
typedef struct {
    const unsigned char *data;
    size_t size;
    unsigned char *memory; /* NULL: mapped */
} ImageFile;
Status image_open(ImageFile *f, const char *path, Error *err);
void image_close(ImageFile *f);

/* Reads, checks, decodes. Colour becomes luma; transparency is ignored. Of a DICOM file of many frames the middle one. */
Status image_read(Image *im, const char *path, Error *err);
Status image_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);

#endif
