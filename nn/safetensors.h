/* Weights on disk: safetensors. u64 LE header length, JSON header, data without holes; the header is padded with spaces
 * so that data starts at a multiple of 64 bytes. Metadata holds strings; "crc32" is the checksum of the whole file with its own
 * eight digits as zeros. Files are replaced atomically. PyTorch's and NumPy's safetensors read them in one call. */
#ifndef NN_SAFETENSORS_H
#define NN_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

/* The types of the format. msach writes the first five; it reads the others to list and check files of other programs. Values of less
 * than a byte (F4, F6) are packed. */
typedef enum {
    ST_F32,
    ST_F64,
    ST_I32,
    ST_I64,
    ST_U8,
    ST_BOOL,
    ST_I8,
    ST_I16,
    ST_U16,
    ST_U32,
    ST_U64,
    ST_F16,
    ST_BF16,
    ST_F8_E4M3,
    ST_F8_E5M2,
    ST_F8_E8M0,
    ST_F6_E2M3,
    ST_F6_E3M2,
    ST_F4,
    ST_C64
} StType;

enum { ST_RANK = 8 };

typedef struct {
    char *name;
    StType type;
    int rank;
    int64_t dim[ST_RANK];
    const void *data; /* little-endian bytes on disk; host order in memory, aligned unless st_read says so */
    size_t bytes;
} StTensor;

typedef struct {
    char *key, *value;
} StMeta;

typedef struct {
    StTensor *tensors;
    size_t n_tensors, tensor_capacity;
    StMeta *meta;
    size_t n_meta, meta_capacity;
    void *owned; /* the file's bytes after reading */
    int failed;
} StFile;

/* Building: the file keeps copies of names and strings, and borrows data until st_write. */
void st_add(StFile *f, const char *name, StType type, int rank, const int64_t *dim, const void *data);
void st_set(StFile *f, const char *key, const char *value);
Status st_write(const StFile *f, const char *path, Error *err);

const char *st_type_name(StType type); /* as in the file: "F32" */

/* Reads and checks everything: bounds, overlaps, holes, duplicate names, types, checksum; damage is an input error. With require_crc, a
 * file without checksum or with data that is not aligned for its type is an input error; otherwise such data stays unaligned. Nothing in
 * the result points outside it. Call st_free in every case. */
Status st_read(StFile *f, const char *path, bool require_crc, Error *err);
const StTensor *st_find(const StFile *f, const char *name); /* NULL where absent */
const char *st_get(const StFile *f, const char *key);       /* NULL where absent */
void st_free(StFile *f);

#endif
