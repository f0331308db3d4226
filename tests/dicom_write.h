/* Writes DICOM files for the tests, element by element. */
#ifndef TESTS_DICOM_WRITE_H
#define TESTS_DICOM_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/base/bytes.h"

/* 0 and NULL mean the usual value: one frame and sample, explicit VR, MONOCHROME2, all bits stored. */
typedef struct {
    bool implicit, is_signed, open; /* open: sequences and items of undefined length */
    const char *patient;            /* NULL: none */
    const char *syntax, *photometric, *frames, *slope, *intercept, *center, *width, *function;
    int columns, rows, allocated, stored, samples, planar;
    int padding, padding_limit; /* 0: none */
    const Buffer *extra;        /* whole elements before the pixels */
    enum { DICOM_WHOLE, DICOM_NO_PREAMBLE, DICOM_NO_META } head;
    const uint32_t (*region)[5]; /* (regions): spatial format, x0, y0, x1, y1 */
    int regions;
    const void *pixels;
    size_t pixel_bytes;
    bool jpeg;  /* the pixels are one or more JPEG files, each of pixel_bytes, into one item each */
    int pieces; /* number of items of each file */
} DicomFile;

void dicom_file(Buffer *out, const DicomFile *f);

/* The parts: preamble and meta group; one element (vr as in explicit files). */
void dicom_begin(Buffer *out, const char *syntax);
void dicom_element(Buffer *out, bool implicit, uint32_t tag, const char *vr, const void *value, size_t size);
void dicom_short(Buffer *out, bool implicit, uint32_t tag, int value);
void dicom_string(Buffer *out, bool implicit, uint32_t tag, const char *vr, const char *text);

#endif
