/* PNG (W3C REC-PNG-3): the structure is checked before stb_image decodes. */
#ifndef DATA_PNG_H
#define DATA_PNG_H

#include <stdbool.h>

#include "data/picture/pixels.h"
#include "nn/base/bytes.h"

/* By the signature; one of its bytes may be damaged. */
bool png_is(const unsigned char *data, size_t size);

/* Checks the signature, every chunk's CRC and place, from IHDR to IEND, and the size (image_size_check); bytes behind IEND are ignored.
 * An input error names the byte of damage. */
Status png_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* Checks and decodes; samples of 16 bits as in image_fill_16. im: image_free; empty on error. */
Status png_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);

/* Appends a checked PNG to out, its palette padded with black to 256 entries: stb_image reads the colour of an index beyond the
 * palette from uninitialised memory. Checksums are not updated. out->failed is set where memory ran out. */
void png_fill_palette(Buffer *out, const unsigned char *data, size_t size);

#endif
