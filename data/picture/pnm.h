/* Binary PNM: P5 (grey) and P6 (colour). Source: netpbm's pgm(5) and ppm(5). */
#ifndef DATA_PNM_H
#define DATA_PNM_H

#include <stdbool.h>

#include "data/picture/pixels.h"

/* By the first bytes; also true for P1 to P4, which pnm_check rejects. */
bool pnm_is(const unsigned char *data, size_t size);

/* Checks header and size of data that pnm_is accepts. An input error names the byte of damage, or the kind. */
Status pnm_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* Checks and decodes. Samples are scaled from the maximum that the file names; where that is 65535, as in image_fill_16.
 * im: image_free; empty on error. */
Status pnm_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);

#endif
