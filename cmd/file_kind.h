/* What a file is, by its ending or, without one that is known, by its first bytes. */
#ifndef CMD_FILE_KIND_H
#define CMD_FILE_KIND_H

#include "nn/base/error.h"

typedef enum { FILE_WEIGHTS /* model or checkpoint */, FILE_CODES /* .npy */, FILE_INDEX } FileKind;

/* Everything that is neither safetensors nor .npy counts as an index, whose reader tells what is wrong with
 * it. */
Status file_kind(const char *path, FileKind *kind, Error *err);

#endif
