/* The kind of a file: by its ending, or by its first bytes where the ending is unknown. */
#ifndef CMD_FILE_KIND_H
#define CMD_FILE_KIND_H

#include "nn/base/error.h"

typedef enum {
    FILE_WEIGHTS /* model, checkpoint or safetensors of another program */,
    FILE_CODES /* .npy */,
    FILE_INDEX,
    FILE_FOREIGN
} FileKind;

/* A file whose ending is none of ours and that begins as one of another program's is FILE_FOREIGN: an input error that names its
 * format. Any other file that is neither safetensors nor .npy counts as an index; the reader of indexes reports what is wrong. */
Status file_kind(const char *path, FileKind *kind, Error *err);

#endif
