/* DICOM transfer syntaxes: which are read, and the command that converts each of the others. Sources: PS3.5 and PS3.6, annex A. */
#ifndef DATA_DICOM_SYNTAX_H
#define DATA_DICOM_SYNTAX_H

#include "nn/base/error.h"

/* DICOM_AS_FOUND: no transfer syntax is named; the file shows how it is written. */
typedef enum { DICOM_AS_FOUND, DICOM_IMPLICIT, DICOM_EXPLICIT, DICOM_JPEG } DicomSyntax;

/* The transfer syntax of this UID ("": none). One that is not read is an input error that names it and, where one of DCMTK or GDCM
 * can, the command that converts it. */
Status dicom_syntax(const char *uid, const char *path, DicomSyntax *syntax, Error *err);

#endif
