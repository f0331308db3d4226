/* stb_image behind two functions, so that memory that runs out can be told from a damaged picture. */
#ifndef DATA_STB_IMPL_H
#define DATA_STB_IMPL_H

#include <stdint.h>

#include "nn/base/error.h"

/* Why a call failed: stb's word for it, or NULL where memory ran out. */
typedef struct {
    int width, height, channels;
    const char *reason;
} StbPicture;

/* Reads the sizes of a JPEG or PNG; 0 where it fails. */
int stb_sizes(StbPicture *p, const unsigned char *data, int size);

/* (height, width, channels) bytes, 16-bit samples cut to their high byte; NULL where it fails; mem_free it.
 */
uint8_t *stb_pixels(StbPicture *p, const unsigned char *data, int size);

/* The error of a call that failed: memory that ran out is no fault of the file. */
Status stb_failure(const char *path, const StbPicture *p, Error *err);

#endif
