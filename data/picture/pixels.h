/* A grey picture in memory, and what the decoders of all kinds share. */
#ifndef DATA_PIXELS_H
#define DATA_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

enum { IMAGE_MAX_PIXELS = 64 << 20 };

/* pixel: (height, width), 0..255, row by row from the top; owned, image_free. */
typedef struct {
    int width, height;
    uint8_t *pixel;
} Image;

/* Allocates a picture whose pixels are not written yet. A side below 1 or more than IMAGE_MAX_PIXELS pixels is an input error. */
Status image_init(Image *im, int width, int height, const char *path, Error *err);
/* The same error for a picture that is checked and not decoded. */
Status image_size_check(int width, int height, const char *path, Error *err);
void image_free(Image *im);

/* Luma of a colour: (299 R + 587 G + 114 B)/1000, rounded (ITU-R BT.601). */
uint8_t image_luma(int r, int g, int b);

/* Resizes to side x side and keeps the aspect ratio: the longer edge fills it, the rest is centred on black. Area average when
 * shrinking, bilinear when enlarging, both in exact integers rounded to the nearest: the same bytes on every machine.
 * out (side, side). Errors: memory. */
Status image_square(const Image *im, int side, uint8_t *out, Error *err);

/* The input error for a damaged file: path, byte (from 0), what is wrong there. */
Status image_damaged(Error *err, const char *path, size_t byte, const char *what);
#ifdef __clang_analyzer__ /* as in nn/base/error.h */
#define image_damaged(err, path, byte, what) ((image_damaged)(err, path, byte, what), STATUS_INPUT)
#endif

#endif
