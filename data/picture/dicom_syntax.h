/* DICOM transfer syntaxes: the supported ones, and the command that converts each other one. Sources: PS3.5 and PS3.6, annex A. */
#ifndef DATA_DICOM_SYNTAX_H
#define DATA_DICOM_SYNTAX_H

#include "nn/base/error.h"

/* DICOM_AS_FOUND: the file names no transfer syntax; its first element shows the encoding. */
typedef enum { DICOM_AS_FOUND, DICOM_IMPLICIT, DICOM_EXPLICIT, DICOM_JPEG } DicomSyntax;

/* The transfer syntax of this UID ("": none). One that is not supported is an input error that names it and, where DCMTK or GDCM
 * can convert it, the command. */
Status dicom_syntax(const char *uid, const char *path, DicomSyntax *syntax, Error *err);

#endif
