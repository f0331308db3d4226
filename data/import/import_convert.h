/* Programs that convert pictures of kinds that are not supported here: DCMTK, GDCM, ImageMagick. */
#ifndef DATA_IMPORT_CONVERT_H
#define DATA_IMPORT_CONVERT_H

#include "data/import/import_case.h"

/* The name of a kind of picture that ImageMagick converts (BMP, TIFF, WebP), or NULL. */
const char *convert_kind(const unsigned char *data, size_t size);

/* Checks the converted file in p->file and fills p->facts. *other_kind: it was refused as a kind that is not supported. */
typedef Status ConvertCheckFn(Import *im, ImportPicture *p, bool *other_kind, Error *err);

/* Replaces p->file by the output of a converter for the file p->path. Tries the programs on PATH in turn, the one that worked last
 * first, each in its own process with a time limit, in a private temporary folder. The first output that `check` accepts is used. A
 * DICOM file may need two programs. kind: of convert_kind, or NULL for DICOM. frame: from 0, for programs that write one frame. *done:
 * whether a program succeeded; where none did, *said gets the reason, to append to a message. */
Status convert_picture(Import *im, ImportPicture *p, const char *kind, int frame, ConvertCheckFn *check,
                       bool *done, Buffer *said, Error *err);

/* Removes the temporary folder. */
void convert_end(Import *im);

#endif
