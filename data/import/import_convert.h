/* Programs that convert pictures of kinds that are not read here: DCMTK, GDCM, ImageMagick. */
#ifndef DATA_IMPORT_CONVERT_H
#define DATA_IMPORT_CONVERT_H

#include "data/import/import_case.h"

/* The name of a kind of picture that ImageMagick converts (BMP, TIFF, WebP), or NULL. */
const char *convert_kind(const unsigned char *data, size_t size);

/* Checks the converted file that p->file holds and fills p->facts. *other_kind: it is refused as a kind that is not read. */
typedef Status ConvertCheckFn(Import *im, ImportPicture *p, bool *other_kind, Error *err);

/* Replaces p->file by what a converter makes of the file p->path. The programs on PATH are tried in turn, the one that worked last
 * first, each in a process of its own, with a time limit, in a private temporary folder. The first result that `check` takes stays. A
 * DICOM file may need two programs. kind: of convert_kind, or NULL for DICOM. frame: for a program that gives one frame. *done: false
 * where no program helped, with a word on that in *said. */
Status convert_picture(Import *im, ImportPicture *p, const char *kind, int frame, ConvertCheckFn *check,
                       bool *done, Buffer *said, Error *err);

/* Removes the temporary folder. */
void convert_end(Import *im);

#endif
