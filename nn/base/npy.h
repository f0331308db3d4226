/* NumPy's .npy (its NEP 1), versions 1.0 to 3.0: one to four dimensions, C or Fortran order, little- or big-endian. A path
 * FILE.npz:NAME reads the array NAME of an archive (nn/base/npz.h). */
#ifndef NN_BASE_NPY_H
#define NN_BASE_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

typedef enum { NPY_U8, NPY_I32, NPY_I64, NPY_F32, NPY_I8, NPY_BOOL, NPY_F64, NPY_TEXT } NpyType;

/* An array in C order and in the machine's byte order. Owned; npy_free. */
typedef struct {
    NpyType type;
    int rank;
    int64_t dim[4];
    size_t width; /* bytes of an element */
    void *data; /* NPY_TEXT: UTF-8 that ends in 0, an element every `width` bytes. NPY_BOOL: bytes 0 and 1 */
} Npy;

const char *npy_type_name(NpyType t); /* "uint8", ... */
size_t npy_type_size(NpyType t);      /* bytes; 0: NPY_TEXT */
/* *bytes of an array of elements of `width` bytes; false where they exceed `limit` or a dimension is negative. */
bool npy_bytes(size_t width, int rank, const int64_t *dim, size_t limit, size_t *bytes);

/* Writes version 1.0, C order, little-endian. Not for NPY_TEXT. */
Status npy_write(const char *path, NpyType type, int rank, const int64_t *dim, const void *data, Error *err);

/* ---- npy_read.c, of the part arrays ---- */

/* Entry i, in C order, as a number. Not for NPY_TEXT. An int64 beyond 2^53 is rounded. */
double npy_number(const Npy *a, size_t i);
size_t npy_entries(const Npy *a);
/* Reads bool, all integers, float16, float32, float64, and strings (S and U), each as the narrowest NpyType that holds its
 * values: int16 and uint16 as int32, uint32 and uint64 as int64, float16 as float32. max_bytes bounds `data`. Input errors:
 * other types, an uint64 beyond int64, a text with a 0 inside or with a code point that Unicode lacks, a damaged file. */
Status npy_read(Npy *a, const char *path, size_t max_bytes, Error *err);
void npy_free(Npy *a);

#endif
