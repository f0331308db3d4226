/* Grayscale pictures from files: JPEG and PNG through stb_image behind an integrity check of our own, binary
 * PNM, and DICOM (dicom.h). */
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

enum { IMAGE_MAX_PIXELS = 64 << 20, IMAGE_MAX_BYTES = 256 << 20 };

/* pixel: (height, width), 0..255, row by row from the top; owned, image_free. */
typedef struct {
    int width, height;
    uint8_t *pixel;
} Image;

typedef enum { IMAGE_OTHER, IMAGE_PNG, IMAGE_JPEG, IMAGE_PNM, IMAGE_DICOM } ImageKind;
ImageKind image_kind(const unsigned char *data, size_t size); /* by the first bytes */

/* PNG: signature, every chunk's CRC and place, IHDR first, IEND last. JPEG: SOI, EOI, and that every table,
 * frame and scan header is whole and names only what is there (bytes behind EOI are let be). PNM: P5 or P6,
 * header and size. DICOM: as dicom_check. An input error names what is damaged and at which byte, from 0. stb_image 2.27 loads 69 %
 * of bit-flipped PNGs silently wrong, and writes beyond its tables for some JPEGs: hence nothing reaches it
 * unchecked. */
Status image_check(const char *path, const unsigned char *data, size_t size, Error *err);

/* Reads, checks, decodes; colour becomes luma (299 R + 587 G + 114 B)/1000 (ITU-R BT.601), 16 bit the high
 * byte (PNM: scaled from its own maximum); transparency is not looked at. Of a DICOM file of many frames the
 * middle one. */
Status image_read(Image *im, const char *path, Error *err);
Status image_decode(Image *im, const char *path, const unsigned char *data, size_t size, Error *err);
void image_free(Image *im);
uint8_t image_luma(int r, int g, int b);

/* Aspect-preserving resize to side x side: the longer edge fills it, the rest is centred on black; area
 * average when shrinking, bilinear when enlarging, both in exact integers rounded to the nearest. out (side,
 * side). */
Status image_square(const Image *im, int side, uint8_t *out, Error *err);

#endif
