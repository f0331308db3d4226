/* Parts of the integrity check that several files share. */
#ifndef DATA_IMAGE_CHECK_H
#define DATA_IMAGE_CHECK_H

#include <stddef.h>

#include "nn/base/error.h"

/* The input error for a damaged file: path, byte (from 0), what is wrong there. */
Status image_damaged(Error *err, const char *path, size_t byte, const char *what);

Status jpeg_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* The header of a P5 or P6 file, whose pixels are all there: they start at data + offset, two bytes a sample
 * (high first) where most > 255. */
typedef struct {
    int width, height, channels, most;
    size_t offset;
} PnmHeader;
Status pnm_header(PnmHeader *h, const char *path, const unsigned char *data, size_t size, Error *err);

#endif
