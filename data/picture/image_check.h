/* Parts of the integrity check that several files share. */
#ifndef DATA_IMAGE_CHECK_H
#define DATA_IMAGE_CHECK_H

#include <stddef.h>

#include "nn/base/bytes.h"

/* The input error for a damaged file: path, byte (from 0), what is wrong there. */
Status image_damaged(Error *err, const char *path, size_t byte, const char *what);
#ifdef __clang_analyzer__ /* as in nn/base/error.h */
#define image_damaged(err, path, byte, what) ((image_damaged)(err, path, byte, what), STATUS_INPUT)
#endif

Status jpeg_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* True where a PNG that image_check let pass has a palette. */
int png_has_palette(const unsigned char *data, size_t size);
/* Appends that PNG with its palette filled up with black to 256 entries: stb_image takes the colour of an index beyond the palette
 * from memory that nobody wrote to. Checksums are not made anew. out->failed tells where memory ran out. */
void png_fill_palette(Buffer *out, const unsigned char *data, size_t size);

/* The header of a P5 or P6 file, whose pixels are all there: they start at data + offset, two bytes a sample
 * (high first) where most > 255. */
typedef struct {
    int width, height, channels, most;
    size_t offset;
} PnmHeader;
Status pnm_header(PnmHeader *h, const char *path, const unsigned char *data, size_t size, Error *err);

#endif
