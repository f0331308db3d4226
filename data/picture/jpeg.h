/* JPEG (ITU-T T.81): the structure is checked before stb_image decodes. */
#ifndef DATA_JPEG_H
#define DATA_JPEG_H

#include <stdbool.h>

#include "data/picture/pixels.h"

/* By the first bytes. */
bool jpeg_is(const unsigned char *data, size_t size);

/* SOI, EOI, and that every table, frame and scan header is whole and names only what is there; bytes behind EOI are ignored.
 * An input error names the byte. */
Status jpeg_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* Checks and decodes. im: image_free; empty on error. */
Status jpeg_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);

#endif
