#include "nn/base/npy.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* "\x93NUMPY", version, header length (u16 in version 1.0, u32 from 2.0 on), then a Python dictionary padded with spaces to
 * a multiple of 64 and ended by a newline: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } */
enum { PREFIX = 10, MAX_RANK = 4, ALIGN = 64 };

static const unsigned char MAGIC[8] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

static const struct {
    const char *descr, *name;
    size_t size;
} TYPES[] = {
    [NPY_U8] = {"|u1", "uint8", 1},    [NPY_I32] = {"<i4", "int32", 4}, [NPY_I64] = {"<i8", "int64", 8},
    [NPY_F32] = {"<f4", "float32", 4}, [NPY_I8] = {"|i1", "int8", 1},   [NPY_BOOL] = {"|b1", "bool", 1},
    [NPY_F64] = {"<f8", "float64", 8}, [NPY_TEXT] = {NULL, "text", 0}};

const char *npy_type_name(NpyType t) {
    return TYPES[t].name;
}

size_t npy_type_size(NpyType t) {
    return TYPES[t].size;
}

bool npy_bytes(size_t width, int rank, const int64_t *dim, size_t limit, size_t *bytes) {
    size_t n = width;
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 0 || (uint64_t)dim[i] > SIZE_MAX) return false;
        if (dim[i] > 0 && n > limit / (size_t)dim[i]) return false;
        n *= (size_t)dim[i];
    }
    *bytes = n;
    return n <= limit;
}

Status npy_write(const char *path, NpyType type, int rank, const int64_t *dim, const void *data, Error *err) {
    NN_REQUIRE(rank >= 1 && rank <= MAX_RANK && TYPES[type].descr, "npy: rank %d of %s", rank,
               TYPES[type].name);
    size_t bytes;
    NN_REQUIRE(npy_bytes(TYPES[type].size, rank, dim, SIZE_MAX / 2, &bytes), "npy: impossible shape");
    char shape[128] = "";
    int n = 0;
    for (int i = 0; i < rank; i++)
        n += snprintf(shape + n, sizeof shape - (size_t)n, "%" PRId64 "%s", dim[i],
                      rank == 1      ? ","
                      : i + 1 < rank ? ", "
                                     : "");
    char header[256];
    int used = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                        TYPES[type].descr, shape);
    size_t length = ((size_t)used + 1 + PREFIX + ALIGN - 1) / ALIGN * ALIGN - PREFIX;
    memset(header + used, ' ', length - 1 - (size_t)used);
    header[length - 1] = '\n';
    FileWriter w;
    TRY(file_begin(&w, path, err));
    file_put(&w, MAGIC, sizeof MAGIC);
    file_put(&w, (unsigned char[]){(unsigned char)length, (unsigned char)(length >> 8)}, 2);
    file_put(&w, header, length);
    file_put_numbers(&w, data, bytes, TYPES[type].size);
    return file_commit(&w, err);
}
