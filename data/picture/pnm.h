/* Binary PNM: P5 (grey) and P6 (colour). Source: netpbm's pgm(5) and ppm(5). */
#ifndef DATA_PNM_H
#define DATA_PNM_H

#include <stdbool.h>

#include "data/picture/pixels.h"

/* By the first bytes; also true for P1 to P4, which pnm_check refuses. */
bool pnm_is(const unsigned char *data, size_t size);

/* Whether header and size are right. An input error names the byte. */
Status pnm_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* Checks and decodes; samples are scaled from the file's own maximum; where that is 65535, as in
 * image_fill_16. im: image_free; empty on error. */
Status pnm_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);

#endif
