/* JPEG (ITU-T T.81): the structure is checked before stb_image decodes. */
#ifndef DATA_JPEG_H
#define DATA_JPEG_H

#include <stdbool.h>

#include "data/picture/pixels.h"

/* By the first bytes. */
bool jpeg_is(const unsigned char *data, size_t size);

typedef struct {
    int width, height, components;
    bool marked;     /* the colour space is known, by a JFIF or Adobe segment or components called R, G, B */
    bool subsampled; /* the components differ in size */
    bool luma_first; /* grey or YCbCr: the first component is the luma */
} JpegInfo;

/* Checks data that jpeg_is accepts: it ends with EOI, and every table, frame and scan header is whole and names only tables and
 * components that exist, and the size (image_size_check); bytes behind EOI are ignored. info may be NULL. An input error names the byte of damage; with the part hints,
 * kinds of JPEG that are not supported (lossless, arithmetic, 12 bits, ...) are an input error that names the kind. */
Status jpeg_check(const char *path, const unsigned char *data, size_t size, JpegInfo *info, Error *err);

/* Checks and decodes. Three components are YCbCr unless markers or names say RGB, as in JFIF decoders; Y is the luma. im: image_free; empty on error. */
Status jpeg_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);

/* Whether a marker begins a frame: 0xC0 to 0xCF, except the tables 0xC4 and 0xCC and the reserved 0xC8. */
static inline bool jpeg_is_frame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}
/* The message for a kind of JPEG that is not supported, with the command that converts it; NULL for all others. p: the `size` bytes of
 * the marker's segment behind its length. (jpeg_rare.c, of the part hints) */
const char *jpeg_rare_kind(int marker, const unsigned char *p, size_t size);

#endif
