/* JPEG (ITU-T T.81): the structure is checked before stb_image decodes. */
#ifndef DATA_JPEG_H
#define DATA_JPEG_H

#include <stdbool.h>

#include "data/picture/pixels.h"

/* By the first bytes. */
bool jpeg_is(const unsigned char *data, size_t size);

typedef struct {
    int width, height, components;
    bool marked;     /* a JFIF or Adobe segment, or components called R, G, B: the colour space is known */
    bool subsampled; /* the components differ in size */
} JpegInfo;

/* SOI, EOI, and that every table, frame and scan header is whole and names only what is there; bytes behind EOI are ignored.
 * info may be NULL. An input error names the byte of damage; kinds of JPEG that are not read (lossless, arithmetic, 12 bits,
 * ...) are an input error that names the kind. */
Status jpeg_check(const char *path, const unsigned char *data, size_t size, JpegInfo *info, Error *err);

/* Checks and decodes; three components are YCbCr unless markers or names say RGB, as JFIF decoders take it. im: image_free; empty on error. */
Status jpeg_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);

/* Whether a marker begins a frame: 0xC0 to 0xCF, but for tables. */
static inline bool jpeg_is_frame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}
/* What is said of a kind that is whole and not read, with the command that converts it; NULL for all others. marker and the `size` bytes of its
 * segment (jpeg_rare.c, of the part hints). */
const char *jpeg_rare_kind(int marker, const unsigned char *p, size_t size);

#endif
