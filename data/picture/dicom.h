/* Grey pictures from DICOM files, uncompressed or with baseline JPEG frames. Source: DICOM PS3.3, PS3.5, PS3.10.
 * What is read: implicit and explicit VR little endian and JPEG baseline (process 1), encoded as declared or otherwise, with or
 * without preamble; MONOCHROME1 and 2 of 8 or 16 bits, signed or not; RGB (planar or not), YBR_FULL and YBR_FULL_422 of 8 bits.
 * Anything else is an input error that names the command that converts it, where there is one.
 * Grey values become value = slope stored + intercept (or the modality lookup table), then the window (VOI), the first where there
 * are several, or the first VOI lookup table where there is no window. Without both: unsigned values of up to 8 bits as they are,
 * all others from the least to the most of the frame, padding left out. MONOCHROME1 is inverted. Colour becomes luma. Of an
 * ultrasound picture with regions (0018,6011) the smallest rectangle that holds the 2D ones is kept, which leaves out the banner
 * around them. Names burned into the pixels are not removed. */
#ifndef DATA_DICOM_H
#define DATA_DICOM_H

#include "data/picture/dicom_parse.h"
#include "data/picture/pixels.h"

/* Checks the header, and that the pixels are all there. info may be NULL; after an input error it holds what was read. */
Status dicom_check(const char *path, const unsigned char *data, size_t size, DicomInfo *info, Error *err);

/* One frame, from 0, or DICOM_MIDDLE. im: image_free; empty on error. */
Status dicom_decode(Image *im, const char *path, const unsigned char *data, size_t size, int frame,
                    Error *err);

#endif
