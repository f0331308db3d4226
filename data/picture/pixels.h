/* A grey picture in memory, and what the decoders of all kinds share. */
#ifndef DATA_PIXELS_H
#define DATA_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

enum { IMAGE_MAX_PIXELS = 64 << 20 };

/* pixel: (height, width), 0..255, row by row from the top; owned, image_free. low, high: the samples that became 0 and 255 where
 * a file of 16 bits uses less than a quarter of its range (image_fill_16); 0, 0 in all other pictures. */
typedef struct {
    int width, height;
    uint8_t *pixel;
    int low, high;
} Image;

/* Allocates a picture; its pixels are not set. A side below 1 or more than IMAGE_MAX_PIXELS pixels is an input error. */
Status image_init(Image *im, int width, int height, const char *path, Error *err);
/* The same check of the size, without a picture. */
Status image_size_check(int width, int height, const char *path, Error *err);
void image_free(Image *im);

/* Luma of a colour: (299 R + 587 G + 114 B)/1000, rounded (ITU-R BT.601). */
static inline uint8_t image_luma(int r, int g, int b) {
    return (uint8_t)((unsigned)(299 * r + 587 * g + 114 * b + 500) / 1000);
}

/* Fills the pixels from 16-bit samples: (height, width, channels), two bytes each, the high byte first where `big_endian`, else in the
 * machine's order. 3 and 4 channels become luma; the last of 2 and 4, alpha, is ignored. A grey value is the high byte. Where the samples
 * span less than a quarter of 0..65535 (files of 12-bit cameras and scanners), they are instead scaled from their minimum im->low to
 * their maximum im->high, as a DICOM frame without window is. Samples of 8 bits in 16 (all v 257 or all v 256) are not scaled. */
void image_fill_16(Image *im, const void *samples, int channels, bool big_endian);

/* Resizes to side x side and keeps the aspect ratio: the longer edge fills it, the rest is centred on black. Area average when
 * shrinking, bilinear when enlarging, both in exact integers rounded to the nearest: the same bytes on every machine.
 * out (side, side). Errors: memory. */
Status image_square(const Image *im, int side, uint8_t *out, Error *err);

/* The input error for a file that is no picture. */
Status image_refuse(const char *path, Error *err);
/* The input error for a damaged file: path, byte (from 0), what is wrong there. */
Status image_damaged(Error *err, const char *path, size_t byte, const char *what);
#ifdef __clang_analyzer__ /* as in nn/base/error.h */
#define image_damaged(err, path, byte, what) ((image_damaged)(err, path, byte, what), STATUS_INPUT)
#endif

#endif
