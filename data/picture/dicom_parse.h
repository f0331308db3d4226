/* What dicom.c and its parts share: a DICOM file's header, as far as pixels need it. */
#ifndef DATA_DICOM_PARSE_H
#define DATA_DICOM_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/picture/dicom.h"
#include "nn/base/error.h"

typedef enum { DICOM_GRAY, DICOM_GRAY_INVERTED, DICOM_RGB, DICOM_YBR_FULL, DICOM_YBR_422 } DicomColour;
typedef enum { DICOM_LINEAR, DICOM_LINEAR_EXACT, DICOM_SIGMOID } DicomWindow;

/* Corners that belong to it. Empty where x1 < x0. */
typedef struct {
    int64_t x0, y0, x1, y1;
} DicomRegion;

typedef struct {
    bool explicit_vr, jpeg; /* the transfer syntax */
    int rows, columns, samples, planar, allocated, stored, high, is_signed;
    DicomInfo info;
    int frame; /* the one asked for, from 0 */
    DicomColour colour;
    double slope, intercept, center, width; /* width 0: no window */
    DicomWindow window;
    bool has_padding, has_lookup; /* a pixel value of no meaning; a modality lookup table */
    int padding;
    DicomRegion flat, any; /* the smallest that holds all 2D regions, and all regions of whatever kind */
    const unsigned char *pixels; /* native: the values; JPEG: the first item, which is the offset table */
    size_t pixel_bytes;
    size_t at; /* of the pixels in the file, for messages */
} Dicom;

/* Reads the header and refuses what cannot be read. frame: from 0, or DICOM_MIDDLE. */
Status dicom_parse(Dicom *d, const char *path, const unsigned char *data, size_t size, int frame, Error *err);

/* Refuses a transfer syntax that is not read, else fills explicit_vr and jpeg. */
Status dicom_syntax(Dicom *d, const char *path, const char *uid, Error *err);

/* After all elements: that sizes and kinds are ones that are read. photometric: as in the file. */
Status dicom_supported(Dicom *d, const char *path, const char *photometric, Error *err);

#endif
