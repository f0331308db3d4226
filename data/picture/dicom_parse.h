/* A DICOM file's header, as far as its pixels need it. Sources: PS3.3, PS3.5, PS3.6, PS3.10. */
#ifndef DATA_DICOM_PARSE_H
#define DATA_DICOM_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/picture/dicom_syntax.h"
#include "nn/base/error.h"

enum { DICOM_MIDDLE = -1 /* frame frames/2, counted from 0: the default */ };

/* frames: 0 where the file's number is invalid. patient: PatientID, "" where there is none. other_kind: the file was refused because
 * its kind is not supported (transfer syntax, colour, bits), not because it is damaged: a converter can help. */
typedef struct {
    int frames;
    char patient[65];
    bool other_kind;
} DicomInfo;

typedef enum { DICOM_GRAY, DICOM_GRAY_INVERTED, DICOM_RGB, DICOM_YBR_FULL, DICOM_YBR_422 } DicomColour;
typedef enum { DICOM_LINEAR, DICOM_LINEAR_EXACT, DICOM_SIGMOID } DicomWindow;

/* Corners, inclusive, in pixels. Empty where x1 < x0. */
typedef struct {
    int64_t x0, y0, x1, y1;
} DicomRegion;

/* A lookup table (PS3.3 C.11.1.1, C.11.2.1.1): the value of `first` is entry 0; values beyond both ends are those of the ends.
 * entries 0: there is none. data: `width` bytes an entry, the low byte first. */
typedef struct {
    int entries, first, bits, width; /* first: signed where the values are (dicom_supported) */
    bool is_signed;                  /* `first` was written as a signed number */
    const unsigned char *data;
    size_t bytes;
} DicomTable;

typedef struct {
    DicomSyntax syntax;
    bool jpeg;                                                              /* the pixels are JPEG frames */
    int rows, columns, samples, planar, allocated, stored, high, is_signed; /* high -1: not given */
    DicomInfo info;
    int frame;                              /* the requested one, from 0 */
    char photometric[17];                   /* as in the file */
    DicomColour colour;                     /* filled by dicom_supported */
    double slope, intercept, center, width; /* width 0: no window */
    DicomWindow window;
    bool has_padding; /* stored values from padding to padding_limit, in either order, have no meaning */
    int padding, padding_limit;  /* as stored */
    DicomTable modality, voi;    /* instead of slope and intercept; instead of a window */
    DicomRegion flat, any;       /* the smallest that holds all 2D regions; all regions of any kind */
    const unsigned char *pixels; /* native: the values; JPEG: the first item, which is the offset table */
    size_t pixel_bytes;
    size_t at; /* of the pixels in the file, for messages */
} Dicom;

/* By the first bytes: "DICM" at byte 128; or, in a file without preamble, two elements of group 0002 or 0008 in rising order, or two
 * big-endian elements of group 0008. */
bool dicom_is(const unsigned char *data, size_t size);

/* Reads the elements up to the pixels. frame: from 0, or DICOM_MIDDLE. d points into data. STATUS_INPUT: damage, with its byte; a
 * transfer syntax that is not supported; no pixels. */
Status dicom_parse(Dicom *d, const char *path, const unsigned char *data, size_t size, int frame, Error *err);

#endif
