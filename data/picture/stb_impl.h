/* stb_image behind a function that distinguishes out-of-memory (STATUS_IO) from a picture that cannot be decoded (STATUS_INPUT). */
#ifndef DATA_STB_IMPL_H
#define DATA_STB_IMPL_H

#include "data/picture/pixels.h"

/* Decodes a checked JPEG or PNG of at most 2^31 - 1 bytes. Colour becomes luma; 16 bits as in image_fill_16. y: the first
 * component is the luma, grey or Y of YCbCr. im: image_free; empty on error. */
Status stb_decode(Image *im, const char *path, const unsigned char *data, size_t size, bool y, Error *err);

#endif
