/* NumPy's .npy, version 1.0, C order, one or two to four dimensions. uint8, int8, int32, int64, float32; little-endian. */
#ifndef NN_BASE_NPY_H
#define NN_BASE_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

typedef enum { NPY_U8, NPY_I32, NPY_I64, NPY_F32, NPY_I8 } NpyType;

typedef struct {
    NpyType type;
    int rank;
    int64_t dim[4];
    void *data; /* host order; owned, npy_free */
} Npy;

Status npy_write(const char *path, NpyType type, int rank, const int64_t *dim, const void *data, Error *err);
/* max_bytes bounds the data. Also reads bool as uint8; other types, as int16 and float64, are refused by name. */
Status npy_read(Npy *a, const char *path, size_t max_bytes, Error *err);
void npy_free(Npy *a);

#endif
