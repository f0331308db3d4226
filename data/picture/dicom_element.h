/* One data element of a DICOM file and its value. Sources: PS3.5, chapters 6 and 7. */
#ifndef DATA_DICOM_ELEMENT_H
#define DATA_DICOM_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DICOM_TAG(group, element) ((uint32_t)(group) << 16 | (element))
#define DICOM_NO_LENGTH 0xFFFFFFFFu

/* value points into the file; vr is "" where the element is written without a value representation (VR). */
typedef struct {
    uint32_t tag, length; /* length: of the value; DICOM_NO_LENGTH: undefined */
    size_t head;          /* bytes before the value */
    char vr[3];
    const unsigned char *value;
} DicomElement;

/* Reads the element at b, where `room` bytes are available. explicit_vr: the VR is written, unless no letters are in its place.
 * Returns NULL, or a constant string that says what is wrong. */
const char *dicom_element_read(DicomElement *e, const unsigned char *b, size_t room, bool explicit_vr);

/* Whether the first element of the data set or item at b is written with an explicit VR; `declared` where it does not show.
 * Some writers encode files otherwise than they declare. */
bool dicom_is_explicit(const unsigned char *b, size_t room, bool declared);

/* The first of a value's strings without blanks around it, cut to room - 1 bytes and ended by 0. Returns out. */
const char *dicom_value_text(const DicomElement *e, char *out, size_t room);
/* The first number of a value of strings; NAN where it is no finite number. */
double dicom_value_number(const DicomElement *e);
/* Unsigned number i of 16 bits, and the first of 32 bits; 0 where the value is too short. */
int dicom_value_short(const DicomElement *e, size_t i);
int64_t dicom_value_long(const DicomElement *e);
bool dicom_value_is_blank(const DicomElement *e); /* no value, or blanks alone */

#endif
