/* Which DICOM headers this project can decode. */
#ifndef DATA_DICOM_SUPPORT_H
#define DATA_DICOM_SUPPORT_H

#include "data/picture/dicom_parse.h"

/* After dicom_parse: checks sizes and kinds, fills d->colour and missing fields. An input error names the command that converts the
 * file, where there is one. */
Status dicom_supported(Dicom *d, const char *path, Error *err);

#endif
