/* The .npz of NumPy: a zip file of .npy files, stored or deflated. */
#ifndef NN_BASE_NPZ_H
#define NN_BASE_NPZ_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/base/error.h"

/* Whether `path` names an array of an archive, "FILE.npz:NAME"; then *file is the length of FILE.npz. */
bool npz_is_member(const char *path, size_t *file);

/* The .npy file of the array `name` in the archive zip (size bytes): *data (*bytes), within the archive or in *owned, which the caller
 * frees with mem_free, also after an error. path: for messages. most: the largest *bytes allowed. STATUS_INPUT: no such array (the
 * message lists the arrays), damage, a wrong checksum, encryption, another compression, an archive over 4 GiB. */
Status npz_find(const unsigned char *zip, size_t size, const char *name, size_t most,
                const unsigned char **data, size_t *bytes, unsigned char **owned, const char *path,
                Error *err);

#endif
