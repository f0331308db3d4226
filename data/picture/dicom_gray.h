/* Stored values of a monochrome DICOM frame as grey values. */
#ifndef DATA_DICOM_GRAY_H
#define DATA_DICOM_GRAY_H

#include "data/picture/dicom_parse.h"

/* p: the frame's stored values, (rows, columns) of 1 or 2 bytes, low byte first. out (rows, columns); it may be p where values
 * have one byte. Modality transform, then the window, the VOI lookup table where there is no window, else the range of the
 * frame; MONOCHROME1 is inverted. Errors: memory. */
Status dicom_gray(const Dicom *d, const char *path, const unsigned char *p, uint8_t *out, Error *err);

#endif
