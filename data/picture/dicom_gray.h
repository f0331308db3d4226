/* Stored values of a monochrome DICOM frame as grey values. */
#ifndef DATA_DICOM_GRAY_H
#define DATA_DICOM_GRAY_H

#include "data/picture/dicom_parse.h"

/* p (rows, columns): the frame's stored values, of 1 or 2 bytes, low byte first. out (rows, columns) may be p where values have one
 * byte. The transforms are those of dicom.h. Errors: memory. */
Status dicom_gray(const Dicom *d, const char *path, const unsigned char *p, uint8_t *out, Error *err);

#endif
