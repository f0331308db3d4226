/* Grey pictures from DICOM files, uncompressed or with baseline JPEG frames. Source: DICOM PS3.3, PS3.5, PS3.10. Supported: implicit and
 * explicit VR little endian and JPEG baseline (process 1), encoded as declared or otherwise, with or without preamble; MONOCHROME1 and 2
 * of 8 or 16 bits, signed or not; RGB (planar or not), YBR_FULL and YBR_FULL_422 of 8 bits. Anything else is an input error that names
 * the command that converts it, where there is one. Grey values become value = slope stored + intercept (or the modality lookup table),
 * then pass the first window (VOI) or, without a window, the first VOI lookup table. Without both, unsigned values of up to 8 bits are
 * scaled from 0..2^bits - 1, all others from the minimum to the maximum of the frame, without padding. MONOCHROME1 is inverted. Colour
 * becomes luma. An ultrasound picture with regions (0018,6011) is cropped to the smallest rectangle that holds the 2D regions (without
 * any: all regions), which removes the banner around them. Names burned into the pixels are not removed. */
#ifndef DATA_DICOM_H
#define DATA_DICOM_H

#include "data/picture/dicom_parse.h"
#include "data/picture/pixels.h"

/* Checks the header, and that the pixels are complete (of JPEG frames: the middle one). info may be NULL; after an input error it
 * holds what was read. */
Status dicom_check(const char *path, const unsigned char *data, size_t size, DicomInfo *info, Error *err);

/* Decodes one frame, from 0, or DICOM_MIDDLE; a frame that the file lacks is an input error. im: image_free; empty on error. */
Status dicom_decode(Image *im, const char *path, const unsigned char *data, size_t size, int frame,
                    Error *err);

#endif
