/* DICOM transfer syntaxes: which are read, and the command that converts each of the others. Sources: PS3.5 and PS3.6, annex A. */
#ifndef DATA_DICOM_SYNTAX_H
#define DATA_DICOM_SYNTAX_H

#include <stdbool.h>

#include "nn/base/error.h"

/* How the elements and the pixels of this transfer syntax are written. One that is not read is an input error that names it
 * and the command that converts it. */
Status dicom_syntax(const char *uid, const char *path, bool *explicit_vr, bool *jpeg, Error *err);

#endif
