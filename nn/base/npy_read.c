#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/base/npz.h"

enum { PREFIX = 10, MAX_RANK = 4, HEADER_LIMIT = 65535 };

size_t npy_entries(const Npy *a) {
    size_t n = 1;
    for (int i = 0; i < a->rank; i++) n *= (size_t)a->dim[i];
    return n;
}

double npy_number(const Npy *a, size_t i) {
    switch (a->type) {
    case NPY_U8:
    case NPY_BOOL:
        return ((const uint8_t *)a->data)[i];
    case NPY_I8:
        return ((const int8_t *)a->data)[i];
    case NPY_I32:
        return ((const int32_t *)a->data)[i];
    case NPY_I64:
        return (double)((const int64_t *)a->data)[i];
    case NPY_F32:
        return (double)((const float *)a->data)[i];
    default:
        NN_REQUIRE(a->type == NPY_F64, "npy: entry %zu of %s is no number", i, npy_type_name(a->type));
        return ((const double *)a->data)[i];
    }
}

/* ---- Reading the dictionary ---- */

typedef struct {
    const char *at, *end;
} Text;

static void skip_space(Text *x) {
    while (x->at < x->end && (*x->at == ' ' || *x->at == '\n' || *x->at == '\t')) x->at++;
}

/* Skips spaces, then `token`; false where another text follows. */
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

static Status damaged(Error *err, const char *path, const char *what) {
    return error_set(err, STATUS_INPUT,
                     "%s: %s; a .npy file of version 1.0 to 3.0 was expected; write it anew with numpy.save",
                     path, what);
}

/* ---- Elements ---- */

/* The format of an element in the file. kind: b, i, u, f (numbers), S or U (text); size: bytes. */
typedef struct {
    char kind;
    bool big;
    size_t size;
} Element;

/* "<f8" -> kind f, 8 bytes; "<U12" -> kind U, 48 bytes. */
static bool read_descr(const char *descr, Element *e) {
    Text x = {descr + 1, descr + strlen(descr)};
    int64_t size;
    if (!descr[0] || !strchr("<>|=", descr[0]) || !descr[1]) return false;
    e->kind = *x.at++;
    if (!take_number(&x, &size) || x.at != x.end || size > HEADER_LIMIT) return false;
    const uint16_t one = 1;
    e->big = descr[0] == '>' || (descr[0] == '=' && *(const unsigned char *)&one == 0);
    e->size = (size_t)size * (e->kind == 'U' ? 4 : 1);
    return true;
}

/* The NpyType that holds the element's values, and its bytes; false where there is none. */
static bool type_of(const Element *e, NpyType *type, size_t *width) {
    static const struct {
        char kind;
        int size;
        NpyType type;
    } as[] = {{'b', 1, NPY_BOOL}, {'u', 1, NPY_U8},  {'u', 2, NPY_I32}, {'u', 4, NPY_I64},
              {'u', 8, NPY_I64},  {'i', 1, NPY_I8},  {'i', 2, NPY_I32}, {'i', 4, NPY_I32},
              {'i', 8, NPY_I64},  {'f', 2, NPY_F32}, {'f', 4, NPY_F32}, {'f', 8, NPY_F64}};
    if (e->kind == 'S' || e->kind == 'U') {
        *type = NPY_TEXT;
        *width = e->size + 1; /* UTF-8 takes no more than the four bytes of a code point */
        return true;
    }
    for (size_t i = 0; i < sizeof as / sizeof *as; i++)
        if (as[i].kind == e->kind && (size_t)as[i].size == e->size) {
            *type = as[i].type;
            *width = npy_type_size(as[i].type);
            return true;
        }
    return false;
}

static Status refuse_type(const char *descr, const char *path, Error *err) {
    const char *order = descr[0] == '>' ? "big-endian " : "",
               *complex = descr[0] && descr[1] == 'c' ? "complex" : NULL;
    char name[48];
    if (complex)
        snprintf(name, sizeof name, "%s%s%d", order, complex, 8 * (descr[2] - '0'));
    else
        snprintf(name, sizeof name, "type %s", descr);
    return error_set(
        err, STATUS_INPUT,
        "%s: holds %s; bool, integers, float16, float32, float64 or strings were expected; convert it with "
        "a.astype(...)",
        path, name);
}

static uint64_t load(const unsigned char *p, size_t size, bool big) {
    uint64_t x = 0;
    for (size_t i = 0; i < size; i++) x |= (uint64_t)p[big ? size - 1 - i : i] << (8 * i);
    return x;
}

/* IEEE 754 binary16. */
static float from_half(uint64_t h) {
    int exponent = (int)(h >> 10 & 31);
    double fraction = (double)(h & 1023), value;
    if (exponent == 31)
        value = fraction != 0 ? NAN : INFINITY;
    else
        value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return (float)(h >> 15 ? -value : value);
}

/* Stores a number; false for an uint64 beyond int64. */
static bool put_number(void *to, NpyType type, const Element *e, uint64_t v) {
    if (e->kind == 'u' && e->size == 8 && v > INT64_MAX) return false;
    if (e->kind == 'i' && e->size < 8 && v >> (8 * e->size - 1)) v |= UINT64_MAX << (8 * e->size);
    if (e->kind == 'b') v = v != 0;
    const uint8_t byte = (uint8_t)v;
    const uint32_t word = (uint32_t)v;
    const float half = e->size == 2 ? from_half(v) : 0;
    const void *from = type == NPY_F32 && e->size == 2 ? (const void *)&half
                       : npy_type_size(type) == 1      ? (const void *)&byte
                       : npy_type_size(type) == 4      ? (const void *)&word
                                                       : (const void *)&v;
    memcpy(to, from, npy_type_size(type));
    return true;
}

static size_t put_utf8(char *to, uint64_t c) {
    if (c < 0x80) return to[0] = (char)c, 1;
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)((n == 2 ? 0xC0u : n == 3 ? 0xE0u : 0xF0u) | c);
    return n;
}

/* Stores a text without its padding of zeros; false where it has a 0 inside or a code point that Unicode lacks. */
static bool put_text(char *to, const Element *e, const unsigned char *from) {
    size_t unit = e->kind == 'U' ? 4 : 1, n = e->size / unit;
    while (n > 0 && load(from + (n - 1) * unit, unit, e->big) == 0) n--;
    for (size_t i = 0; i < n; i++) {
        uint64_t c = load(from + i * unit, unit, e->big);
        if (c == 0 || c > 0x10FFFF || (unit == 4 && c >= 0xD800 && c < 0xE000)) return false;
        if (unit == 4)
            to += put_utf8(to, c);
        else
            *to++ = (char)c;
    }
    *to = 0;
    return true;
}

/* Position in Fortran order, whose first index runs fastest, of element i of C order. */
static size_t fortran_place(const Npy *a, size_t i) {
    size_t place = 0;
    for (int k = a->rank - 1; k >= 0; k--) {
        size_t stride = 1, n = (size_t)a->dim[k];
        for (int j = 0; j < k; j++) stride *= (size_t)a->dim[j];
        place += i % n * stride;
        i /= n;
    }
    return place;
}

/* data: as many bytes as the shape needs. */
static Status fill(Npy *a, const Element *e, bool fortran, const unsigned char *data, const char *path,
                   Error *err) {
    size_t n = npy_entries(a);
    bool same =
        a->type != NPY_TEXT && a->type != NPY_BOOL && a->width == e->size && (e->size == 1 || !e->big);
    if (same && !fortran && !(e->kind == 'u' && e->size == 8)) {
        numbers_convert(a->data, data, n * a->width, a->width);
        return STATUS_OK;
    }
    for (size_t i = 0; i < n; i++) {
        const unsigned char *from = data + (fortran ? fortran_place(a, i) : i) * e->size;
        char *to = (char *)a->data + i * a->width;
        if (a->type == NPY_TEXT ? put_text(to, e, from)
                                : put_number(to, a->type, e, load(from, e->size, e->big)))
            continue;
        return error_set(err, STATUS_INPUT, "%s: entry %zu %s", path, i,
                         a->type == NPY_TEXT
                             ? "holds a 0 inside the text, or a code point that Unicode lacks"
                             : "is beyond int64; numbers up to 9223372036854775807 were expected");
    }
    return STATUS_OK;
}

/* ---- The file ---- */

/* Dictionary and data of the file. */
static Status split_file(const unsigned char *file, size_t size, Text *header, const unsigned char **data,
                         const char *path, Error *err) {
    if (size >= 4 && memcmp(file, "PK\3\4", 4) == 0)
        return error_set(err, STATUS_INPUT, "%s: is an .npz archive; name one of its arrays: FILE.npz:NAME",
                         path);
    if (size < PREFIX || memcmp(file, "\x93NUMPY", 6) != 0)
        return damaged(err, path, "does not begin as a .npy file");
    if (file[6] < 1 || file[6] > 3 || file[7] != 0)
        return error_set(err, STATUS_INPUT,
                         "%s: is .npy of version %d.%d; 1.0 to 3.0 was expected; save it anew", path, file[6],
                         file[7]);
    size_t prefix = file[6] == 1 ? PREFIX : PREFIX + 2;
    if (size < prefix) return damaged(err, path, "ends within its header");
    size_t length = (size_t)load(file + 8, prefix - 8, false);
    if (length > size - prefix || length > HEADER_LIMIT) return damaged(err, path, "ends within its header");
    *data = file + prefix + length;
    *header = (Text){(const char *)file + prefix, (const char *)*data};
    return STATUS_OK;
}

static Status parse(Npy *a, const unsigned char *file, size_t size, size_t max_bytes, const char *path,
                    Error *err) {
    Text text;
    const unsigned char *data = NULL;
    TRY(split_file(file, size, &text, &data, path, err));
    Header h = {.rank = 0};
    Element e;
    if (!take_dictionary(&text, &h)) return damaged(err, path, "its header cannot be read");
    if (h.rank < 1)
        return error_set(err, STATUS_INPUT, "%s: has no or over four dimensions; one to four were expected",
                         path);
    if (!read_descr(h.descr, &e) || !type_of(&e, &a->type, &a->width)) return refuse_type(h.descr, path, err);
    a->rank = h.rank;
    memcpy(a->dim, h.dim, sizeof a->dim);
    size_t bytes, file_bytes, data_size = (size_t)(file + size - data);
    if (!npy_bytes(a->width, h.rank, h.dim, max_bytes, &bytes) ||
        !npy_bytes(e.size, h.rank, h.dim, SIZE_MAX, &file_bytes))
        return error_set(err, STATUS_INPUT, "%s: its shape needs more than the %zu bytes allowed here", path,
                         max_bytes);
    if (file_bytes != data_size)
        return error_set(err, STATUS_INPUT, "%s: holds %zu bytes of data; its shape needs %zu; copy it again",
                         path, data_size, file_bytes);
    if (!(a->data = mem_alloc(bytes))) return mem_error(err, path);
    return fill(a, &e, h.fortran, data, path, err);
}

/* The array of an archive; file: bytes of `path` that name the archive. */
static Status read_member(Npy *a, const char *path, size_t file, size_t max_bytes, size_t most, Error *err) {
    FileMap map;
    const unsigned char *data;
    unsigned char *owned = NULL;
    size_t size;
    char *archive = mem_strdup(path);
    if (!archive) return mem_error(err, path);
    archive[file] = 0;
    Status s = file_map(archive, &map, err);
    mem_free(archive);
    TRY(s);
    s = npz_find(map.data, map.size, path + file + 1, most, &data, &size, &owned, path, err);
    if (s == STATUS_OK) s = parse(a, data, size, max_bytes, path, err);
    mem_free(owned);
    file_unmap(&map);
    return s;
}

Status npy_read(Npy *a, const char *path, size_t max_bytes, Error *err) {
    memset(a, 0, sizeof *a);
    unsigned char *file;
    size_t size, member, most = PREFIX + 2 + HEADER_LIMIT;
    most = max_bytes > SIZE_MAX - most ? SIZE_MAX : max_bytes + most;
    Status s;
    if (npz_is_member(path, &member)) {
        s = read_member(a, path, member, max_bytes, most, err);
    } else {
        TRY(file_read(path, most, &file, &size, err));
        s = parse(a, file, size, max_bytes, path, err);
        mem_free(file);
    }
    if (s != STATUS_OK) npy_free(a);
    return s;
}

void npy_free(Npy *a) {
    mem_free(a->data);
    memset(a, 0, sizeof *a);
}
