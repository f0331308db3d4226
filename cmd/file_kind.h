/* The kind of a file: by its ending, or by its first bytes where the ending is unknown. */
#ifndef CMD_FILE_KIND_H
#define CMD_FILE_KIND_H

#include "nn/base/error.h"

typedef enum { FILE_WEIGHTS /* model or checkpoint */, FILE_CODES /* .npy */, FILE_INDEX } FileKind;

/* A file that is neither safetensors nor .npy counts as an index; the reader of indexes reports what is wrong with it. */
Status file_kind(const char *path, FileKind *kind, Error *err);

#endif
