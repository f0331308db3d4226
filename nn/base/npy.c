#include "nn/base/npy.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* "\x93NUMPY", version 1.0, u16 header length, then a Python dictionary padded with spaces to a multiple of
 * 64 and ended by a newline: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } */
enum { PREFIX = 10, MAX_RANK = 4, ALIGN = 64, HEADER_LIMIT = 65535 };

static const unsigned char MAGIC[8] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

typedef struct {
    const char *descr;
    size_t size;
} TypeInfo;

static const TypeInfo TYPES[] = {[NPY_U8] = {"|u1", 1},
                                 [NPY_I32] = {"<i4", 4},
                                 [NPY_I64] = {"<i8", 8},
                                 [NPY_F32] = {"<f4", 4},
                                 [NPY_I8] = {"|i1", 1}};
enum { N_TYPES = sizeof TYPES / sizeof *TYPES };

/* Bytes of an array; false where they exceed `limit` or a dimension is negative. */
static bool array_bytes(NpyType type, int rank, const int64_t *dim, size_t limit, size_t *bytes) {
    size_t n = TYPES[type].size;
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 0 || (uint64_t)dim[i] > SIZE_MAX) return false;
        if (dim[i] > 0 && n > limit / (size_t)dim[i]) return false;
        n *= (size_t)dim[i];
    }
    *bytes = n;
    return n <= limit;
}

Status npy_write(const char *path, NpyType type, int rank, const int64_t *dim, const void *data, Error *err) {
    NN_REQUIRE(rank >= 1 && rank <= MAX_RANK, "npy: rank %d", rank);
    size_t bytes;
    NN_REQUIRE(array_bytes(type, rank, dim, SIZE_MAX / 2, &bytes), "npy: impossible shape");
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

/* ---- Reading the dictionary ---- */

typedef struct {
    const char *at, *end;
} Text;

static void skip_space(Text *x) {
    while (x->at < x->end && (*x->at == ' ' || *x->at == '\n' || *x->at == '\t')) x->at++;
}

/* Takes `token`, after spaces, where it comes next. */
static bool take(Text *x, const char *token) {
    skip_space(x);
    size_t n = strlen(token);
    if ((size_t)(x->end - x->at) < n || memcmp(x->at, token, n) != 0) return false;
    x->at += n;
    return true;
}

/* A quoted string of letters, digits and marks, without escapes. */
static bool take_string(Text *x, char *out, size_t size) {
    char quote;
    if (take(x, "'"))
        quote = '\'';
    else if (take(x, "\""))
        quote = '"';
    else
        return false;
    size_t n = 0;
    for (; x->at < x->end && *x->at != quote; x->at++) {
        if (n + 1 >= size || *x->at < ' ' || *x->at > '~' || *x->at == '\\') return false;
        out[n++] = *x->at;
    }
    out[n] = 0;
    if (x->at == x->end) return false;
    x->at++;
    return true;
}

static bool take_number(Text *x, int64_t *out) {
    skip_space(x);
    const char *first = x->at;
    int64_t v = 0;
    for (; x->at < x->end && *x->at >= '0' && *x->at <= '9'; x->at++) {
        if (v > (INT64_MAX - 9) / 10) return false;
        v = 10 * v + (*x->at - '0');
    }
    *out = v;
    return x->at > first;
}

/* (3,) or (3, 4) or (): rank -1 where there are more than four dimensions. */
static bool take_shape(Text *x, int *rank, int64_t *dim) {
    *rank = 0;
    if (!take(x, "(")) return false;
    while (!take(x, ")")) {
        int64_t v;
        if (!take_number(x, &v)) return false;
        if (*rank >= 0 && *rank < MAX_RANK)
            dim[(*rank)++] = v;
        else
            *rank = -1;
        if (!take(x, ",")) return take(x, ")");
    }
    return true;
}

typedef struct {
    char descr[16];
    bool fortran;
    int rank;
    int64_t dim[MAX_RANK];
} Header;

/* Each of the three keys once, in any order. */
static bool take_dictionary(Text *x, Header *h) {
    bool have_descr = false, have_order = false, have_shape = false;
    if (!take(x, "{")) return false;
    while (!take(x, "}")) {
        char key[16];
        if (!take_string(x, key, sizeof key) || !take(x, ":")) return false;
        if (strcmp(key, "descr") == 0 && !have_descr)
            have_descr = take_string(x, h->descr, sizeof h->descr);
        else if (strcmp(key, "fortran_order") == 0 && !have_order)
            have_order = take(x, "False") || (h->fortran = take(x, "True"));
        else if (strcmp(key, "shape") == 0 && !have_shape)
            have_shape = take_shape(x, &h->rank, h->dim);
        else
            return false;
        if (!take(x, ",")) {
            if (!take(x, "}")) return false;
            break;
        }
    }
    skip_space(x);
    return x->at == x->end && have_descr && have_order && have_shape;
}

/* "<f8" -> "float64": the name that NumPy gives. */
static void type_name(const char *descr, char *out, size_t size) {
    static const char kinds[] = "biufc";
    static const char *const names[] = {"bool", "int", "uint", "float", "complex"};
    const char *kind = strlen(descr) == 3 ? strchr(kinds, descr[1]) : NULL;
    if (!kind || !*kind || descr[2] < '1' || descr[2] > '9')
        snprintf(out, size, "type %s", descr);
    else
        snprintf(out, size, "%s%s%d", descr[0] == '>' ? "big-endian " : "", names[kind - kinds],
                 8 * (descr[2] - '0'));
}

static Status damaged(Error *err, const char *path, const char *what) {
    return error_set(err, STATUS_INPUT,
                     "%s: %s; a .npy file of version 1.0 was expected; write it anew with numpy.save", path,
                     what);
}

static Status choose_type(Npy *a, const Header *h, const char *path, Error *err) {
    if (strcmp(h->descr, "|b1") == 0) {
        a->type = NPY_U8;
        return STATUS_OK;
    }
    for (int i = 0; i < N_TYPES; i++)
        if (strcmp(h->descr, TYPES[i].descr) == 0) {
            a->type = (NpyType)i;
            return STATUS_OK;
        }
    char name[32];
    type_name(h->descr, name, sizeof name);
    return error_set(err, STATUS_INPUT,
                     "%s: holds %s; uint8, bool, int8, int32, int64 or float32 (little-endian) was expected; "
                     "convert it with "
                     "a.astype(...)",
                     path, name);
}

static Status parse(Npy *a, const unsigned char *file, size_t size, size_t max_bytes, const char *path,
                    Error *err) {
    if (size < PREFIX || memcmp(file, MAGIC, 6) != 0)
        return damaged(err, path, "does not begin as a .npy file");
    if (memcmp(file, MAGIC, sizeof MAGIC) != 0)
        return error_set(err, STATUS_INPUT, "%s: is .npy of version %d.%d; 1.0 was expected; save it anew",
                         path, file[6], file[7]);
    size_t length = (size_t)file[8] | (size_t)file[9] << 8;
    if (length > size - PREFIX) return damaged(err, path, "ends within its header");
    Text text = {(const char *)file + PREFIX, (const char *)file + PREFIX + length};
    Header h = {.rank = 0};
    if (!take_dictionary(&text, &h)) return damaged(err, path, "its header cannot be read");
    if (h.fortran)
        return error_set(err, STATUS_INPUT,
                         "%s: is in Fortran order; C order was expected; save numpy.ascontiguousarray(a)",
                         path);
    if (h.rank < 1)
        return error_set(err, STATUS_INPUT, "%s: has no or over four dimensions; one to four were expected",
                         path);
    TRY(choose_type(a, &h, path, err));
    a->rank = h.rank;
    memcpy(a->dim, h.dim, sizeof a->dim);
    size_t bytes, data_size = size - PREFIX - length;
    if (!array_bytes(a->type, h.rank, h.dim, max_bytes, &bytes))
        return error_set(err, STATUS_INPUT,
                         "%s: says that it holds more than %zu bytes, the most allowed here", path,
                         max_bytes);
    if (bytes != data_size)
        return error_set(err, STATUS_INPUT, "%s: holds %zu bytes of data; its shape needs %zu; copy it again",
                         path, data_size, bytes);
    if (!(a->data = mem_alloc(bytes))) return mem_error(err, path);
    numbers_convert(a->data, file + PREFIX + length, bytes, TYPES[a->type].size);
    return STATUS_OK;
}

Status npy_read(Npy *a, const char *path, size_t max_bytes, Error *err) {
    memset(a, 0, sizeof *a);
    unsigned char *file;
    size_t size, most = PREFIX + HEADER_LIMIT;
    TRY(file_read(path, max_bytes > SIZE_MAX - most ? SIZE_MAX : max_bytes + most, &file, &size, err));
    Status s = parse(a, file, size, max_bytes, path, err);
    mem_free(file);
    return s;
}

void npy_free(Npy *a) {
    mem_free(a->data);
    memset(a, 0, sizeof *a);
}
