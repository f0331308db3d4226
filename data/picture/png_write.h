/* PNG files of 8-bit gray images, with stored (uncompressed) blocks: about as large as the pixels, and small
 * to read. PNG specification (ISO/IEC 15948), zlib format RFC 1950, deflate RFC 1951. */
#ifndef DATA_PNG_WRITE_H
#define DATA_PNG_WRITE_H

#include "nn/base/bytes.h"
#include "nn/base/error.h"

/* Appends a whole PNG file to out; out->failed is set where memory ran out. pixels (height, width), both above 0. */
void png_encode_gray(Buffer *out, const unsigned char *pixels, int width, int height);

/* Writes the same to a file, atomically. */
Status png_write_gray(const char *path, const unsigned char *pixels, int width, int height, Error *err);

#endif
