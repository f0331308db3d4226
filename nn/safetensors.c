#include "nn/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { LENGTH_FIELD = 8, DATA_ALIGN = 64, MAX_HEADER = 100 * 1000 * 1000, CRC_DIGITS = 8 };

/* Keeps sums of sizes far from overflow. */
static const size_t MAX_FILE = SIZE_MAX / 4;

static const char CRC_ZERO[] = "00000000";

/* bits of a value; width: bytes of the numbers in it. Source: huggingface/safetensors, tensor.rs, Dtype. */
static const struct {
    const char *name;
    size_t bits, width;
} TYPES[] = {
    [ST_F32] = {"F32", 32, 4},        [ST_F64] = {"F64", 64, 8},        [ST_I32] = {"I32", 32, 4},
    [ST_I64] = {"I64", 64, 8},        [ST_U8] = {"U8", 8, 1},           [ST_BOOL] = {"BOOL", 8, 1},
    [ST_I8] = {"I8", 8, 1},           [ST_I16] = {"I16", 16, 2},        [ST_U16] = {"U16", 16, 2},
    [ST_U32] = {"U32", 32, 4},        [ST_U64] = {"U64", 64, 8},        [ST_F16] = {"F16", 16, 2},
    [ST_BF16] = {"BF16", 16, 2},      [ST_F8_E4M3] = {"F8_E4M3", 8, 1}, [ST_F8_E5M2] = {"F8_E5M2", 8, 1},
    [ST_F8_E8M0] = {"F8_E8M0", 8, 1}, [ST_F6_E2M3] = {"F6_E2M3", 6, 1}, [ST_F6_E3M2] = {"F6_E3M2", 6, 1},
    [ST_F4] = {"F4", 4, 1},           [ST_C64] = {"C64", 64, 4}};
enum { N_TYPES = sizeof TYPES / sizeof *TYPES };

const char *st_type_name(StType type) {
    return TYPES[type].name;
}

/* Bytes of a tensor; false where a dimension is negative, or the bits do not fit a size_t or are no whole bytes. */
static bool tensor_bytes(StType type, int rank, const int64_t *dim, size_t *bytes) {
    size_t n = TYPES[type].bits;
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 0 || (uint64_t)dim[i] > SIZE_MAX) return false;
        if (dim[i] > 0 && n > SIZE_MAX / (size_t)dim[i]) return false;
        n *= (size_t)dim[i];
    }
    *bytes = n / 8;
    return n % 8 == 0;
}

/* The eight digits of the metadata entry "crc32" in a header, or NULL. A quote inside a JSON string is
 * escaped, so this text can only be the key and the beginning of its value. */
static char *find_crc(char *header, size_t size) {
    static const char key[] = "\"crc32\":\"";
    const size_t n = sizeof key - 1;
    for (size_t i = 0; i + n + CRC_DIGITS < size; i++)
        if (header[i] == '"' && memcmp(header + i, key, n) == 0)
            return header[i + n + CRC_DIGITS] == '"' ? header + i + n : NULL;
    return NULL;
}

/* ---- Building ---- */

void st_add(StFile *f, const char *name, StType type, int rank, const int64_t *dim, const void *data) {
    NN_REQUIRE(rank >= 0 && rank <= ST_RANK, "safetensors %s: rank %d", name, rank);
    NN_REQUIRE(!st_find(f, name), "safetensors %s: added twice", name);
    StTensor tensor = {.type = type, .rank = rank, .data = data};
    NN_REQUIRE(tensor_bytes(type, rank, dim, &tensor.bytes), "safetensors %s: impossible shape", name);
    for (int i = 0; i < rank; i++) tensor.dim[i] = dim[i];
    if (!mem_grow(&f->tensors, &f->tensor_capacity, f->n_tensors + 1, sizeof *f->tensors) ||
        !(tensor.name = mem_strdup(name))) {
        f->failed = 1;
        return;
    }
    f->tensors[f->n_tensors++] = tensor;
}

static StMeta *find_meta(const StFile *f, const char *key) {
    for (size_t i = 0; i < f->n_meta; i++)
        if (strcmp(f->meta[i].key, key) == 0) return &f->meta[i];
    return NULL;
}

void st_set(StFile *f, const char *key, const char *value) {
    char *copy = mem_strdup(value), *key_copy = NULL;
    StMeta *old = find_meta(f, key);
    if (copy && old) {
        mem_free(old->value);
        old->value = copy;
        return;
    }
    if (!copy || !(key_copy = mem_strdup(key)) ||
        !mem_grow(&f->meta, &f->meta_capacity, f->n_meta + 1, sizeof *f->meta)) {
        mem_free(copy);
        mem_free(key_copy);
        f->failed = 1;
        return;
    }
    f->meta[f->n_meta++] = (StMeta){key_copy, copy};
}

const StTensor *st_find(const StFile *f, const char *name) {
    for (size_t i = 0; i < f->n_tensors; i++)
        if (strcmp(f->tensors[i].name, name) == 0) return &f->tensors[i];
    return NULL;
}

const char *st_get(const StFile *f, const char *key) {
    const StMeta *m = find_meta(f, key);
    return m ? m->value : NULL;
}

void st_free(StFile *f) {
    for (size_t i = 0; i < f->n_tensors; i++) mem_free(f->tensors[i].name);
    for (size_t i = 0; i < f->n_meta; i++) {
        mem_free(f->meta[i].key);
        mem_free(f->meta[i].value);
    }
    mem_free(f->tensors);
    mem_free(f->meta);
    mem_free(f->owned);
    memset(f, 0, sizeof *f);
}

/* ---- Writing ---- */

/* Tensors are stored in order of falling width, so that each begins at a multiple of its width. */
static const size_t WIDTHS[] = {8, 4, 2, 1};
enum { N_WIDTHS = sizeof WIDTHS / sizeof *WIDTHS };

static json_t *json_tensor(const StTensor *x, size_t begin) {
    json_t *shape = json_array();
    for (int i = 0; i < x->rank; i++)
        if (json_array_append_new(shape, json_integer(x->dim[i])) != 0) return json_decref(shape), NULL;
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", TYPES[x->type].name, "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)(begin + x->bytes));
}

static json_t *json_metadata(const StFile *f) {
    json_t *meta = json_object();
    int bad = json_object_set_new(meta, "crc32", json_string(CRC_ZERO));
    for (size_t i = 0; i < f->n_meta; i++)
        if (strcmp(f->meta[i].key, "crc32") != 0)
            bad |= json_object_set_new(meta, f->meta[i].key, json_string(f->meta[i].value));
    if (!bad) return meta;
    json_decref(meta);
    return NULL;
}

/* The header as JSON text (free with free), or NULL: memory ran out or a name or string is not UTF-8. */
static char *json_header(const StFile *f) {
    json_t *root = json_object();
    int bad = json_object_set_new(root, "__metadata__", json_metadata(f));
    size_t begin = 0;
    for (int s = 0; s < N_WIDTHS; s++)
        for (size_t i = 0; i < f->n_tensors; i++) {
            const StTensor *x = &f->tensors[i];
            if (TYPES[x->type].width != WIDTHS[s]) continue;
            bad |= json_object_set_new(root, x->name, json_tensor(x, begin));
            begin += x->bytes;
        }
    char *text = bad ? NULL : json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(root);
    return text;
}

static void put_file(FileWriter *w, const StFile *f, char *header) {
    size_t length = strlen(header);
    size_t padding = (DATA_ALIGN - (LENGTH_FIELD + length) % DATA_ALIGN) % DATA_ALIGN;
    unsigned char field[LENGTH_FIELD];
    put_u64(field, length + padding);
    file_put(w, field, sizeof field);
    file_put(w, header, length);
    for (; padding; padding--) file_put(w, " ", 1);
    for (int s = 0; s < N_WIDTHS; s++)
        for (size_t i = 0; i < f->n_tensors; i++)
            if (TYPES[f->tensors[i].type].width == WIDTHS[s])
                file_put_numbers(w, f->tensors[i].data, f->tensors[i].bytes, WIDTHS[s]);
    char digits[CRC_DIGITS + 1];
    snprintf(digits, sizeof digits, "%08" PRIx32, w->crc);
    file_put_at(w, (uint64_t)(LENGTH_FIELD + (find_crc(header, length) - header)), digits, CRC_DIGITS);
}

Status st_write(const StFile *f, const char *path, Error *err) {
    if (f->failed) return mem_error(err, path);
    char *header = json_header(f);
    if (!header)
        return error_set(err, STATUS_IO, "%s: cannot write: memory ran out, or a name or text is not UTF-8",
                         path);
    FileWriter w;
    Status s = file_begin(&w, path, err);
    if (s == STATUS_OK) {
        put_file(&w, f, header);
        s = file_commit(&w, err);
    }
    free(header);
    return s;
}

/* ---- Reading ---- */

static Status damaged(Error *err, const char *path, const char *what) {
    return error_set(err, STATUS_INPUT,
                     "%s: %s; an undamaged safetensors file was expected; copy it again or write it anew",
                     path, what);
}

/* The crc32 of the whole file with its own digits as zeros, compared as text. */
static Status check_crc(const unsigned char *file, size_t size, char *digits, bool required, const char *path,
                        Error *err) {
    if (!digits && required) return damaged(err, path, "holds no checksum");
    if (!digits) return STATUS_OK;
    size_t at = (size_t)((unsigned char *)digits - file);
    uint32_t crc = crc32_update(0, file, at);
    crc = crc32_update(crc, CRC_ZERO, CRC_DIGITS);
    crc = crc32_update(crc, file + at + CRC_DIGITS, size - at - CRC_DIGITS);
    char wanted[CRC_DIGITS + 1];
    snprintf(wanted, sizeof wanted, "%08" PRIx32, crc);
    if (memcmp(digits, wanted, CRC_DIGITS) != 0) return damaged(err, path, "its checksum does not match");
    return STATUS_OK;
}

static Status bad_tensor(Error *err, const char *path, const char *name, const char *what) {
    return error_set(err, STATUS_INPUT, "%s: tensor %.80s: %s; write the file anew", path, name, what);
}

static bool read_type(const json_t *dtype, StType *type) {
    const char *name = json_string_value(dtype);
    for (int i = 0; name && i < N_TYPES; i++)
        if (strcmp(TYPES[i].name, name) == 0) {
            *type = (StType)i;
            return true;
        }
    return false;
}

/* Fills type, shape and bytes of x and the range [begin, end) of its data. */
static Status read_tensor(StTensor *x, size_t *begin, const json_t *entry, size_t data_size, bool aligned,
                          const char *path, Error *err) {
    const json_t *shape = json_object_get(entry, "shape"), *range = json_object_get(entry, "data_offsets");
    if (json_object_size(entry) != 3 || !json_is_array(shape) || json_array_size(range) != 2)
        return bad_tensor(err, path, x->name, "dtype, shape and data_offsets were expected and nothing else");
    if (!read_type(json_object_get(entry, "dtype"), &x->type))
        return bad_tensor(err, path, x->name, "its dtype is not known");
    if (json_array_size(shape) > ST_RANK) return bad_tensor(err, path, x->name, "has more than 8 dimensions");
    x->rank = (int)json_array_size(shape);
    for (int i = 0; i < x->rank; i++) {
        const json_t *dim = json_array_get(shape, (size_t)i);
        x->dim[i] = json_is_integer(dim) ? json_integer_value(dim) : -1;
    }
    if (!tensor_bytes(x->type, x->rank, x->dim, &x->bytes))
        return bad_tensor(err, path, x->name, "its shape is impossible");
    const json_t *first = json_array_get(range, 0), *last = json_array_get(range, 1);
    json_int_t from = json_is_integer(first) ? json_integer_value(first) : -1;
    json_int_t to = json_is_integer(last) ? json_integer_value(last) : -1;
    if (from < 0 || to < from || (uint64_t)to > data_size)
        return bad_tensor(err, path, x->name, "its data lies outside of the file");
    if ((uint64_t)(to - from) != x->bytes)
        return bad_tensor(err, path, x->name, "its shape and its data have different sizes");
    if (aligned && (size_t)from % TYPES[x->type].width != 0)
        return bad_tensor(err, path, x->name, "its data does not begin at a multiple of its type's size");
    *begin = (size_t)from;
    return STATUS_OK;
}

static Status read_metadata(StFile *f, json_t *meta, const char *path, Error *err) {
    const char *key;
    json_t *value;
    if (!json_is_object(meta)) return damaged(err, path, "__metadata__ is not an object");
    json_object_foreach(meta, key, value) {
        if (!json_is_string(value)) return damaged(err, path, "metadata holds something other than strings");
        if (!mem_grow(&f->meta, &f->meta_capacity, f->n_meta + 1, sizeof *f->meta))
            return mem_error(err, path);
        StMeta entry = {mem_strdup(key), mem_strdup(json_string_value(value))};
        f->meta[f->n_meta++] = entry;
        if (!entry.key || !entry.value) return mem_error(err, path);
    }
    return STATUS_OK;
}

static int by_position(const void *a, const void *b) {
    const StTensor *x = a, *y = b;
    uintptr_t p = (uintptr_t)x->data, q = (uintptr_t)y->data;
    if (p != q) return p < q ? -1 : 1;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* In the order of their data, each tensor must begin where the one before ends, the last at the end of the file. */
static Status check_cover(StFile *f, const unsigned char *data, size_t size, const char *path, Error *err) {
    if (f->n_tensors) qsort(f->tensors, f->n_tensors, sizeof *f->tensors, by_position);
    const unsigned char *expected = data;
    for (size_t i = 0; i < f->n_tensors; i++) {
        const unsigned char *begin = f->tensors[i].data;
        if (begin < expected) return bad_tensor(err, path, f->tensors[i].name, "overlaps another");
        if (begin > expected) return bad_tensor(err, path, f->tensors[i].name, "follows a hole");
        expected += f->tensors[i].bytes;
    }
    if (expected != data + size) return damaged(err, path, "bytes follow the last tensor");
    return STATUS_OK;
}

static Status read_header(StFile *f, json_t *root, unsigned char *data, size_t size, bool aligned,
                          const char *path, Error *err) {
    const char *name;
    json_t *entry;
    if (!json_is_object(root)) return damaged(err, path, "its header is not a JSON object");
    json_object_foreach(root, name, entry) {
        if (strcmp(name, "__metadata__") == 0) {
            TRY(read_metadata(f, entry, path, err));
            continue;
        }
        if (!mem_grow(&f->tensors, &f->tensor_capacity, f->n_tensors + 1, sizeof *f->tensors))
            return mem_error(err, path);
        StTensor *x = &f->tensors[f->n_tensors];
        *x = (StTensor){.name = mem_strdup(name)};
        if (!x->name) return mem_error(err, path);
        f->n_tensors++;
        size_t begin = 0;
        TRY(read_tensor(x, &begin, entry, size, aligned, path, err));
        x->data = data + begin;
    }
    return check_cover(f, data, size, path, err);
}

/* Moves data that a file of another program did not align down to a multiple of 8, over the header, which was parsed. */
static unsigned char *align_data(unsigned char *file, size_t at, size_t size) {
    unsigned char *to = file + at / 8 * 8;
    if (at % 8) memmove(to, file + at, size);
    return to;
}

static Status parse(StFile *f, unsigned char *file, size_t size, bool require_crc, const char *path,
                    Error *err) {
    if (size < LENGTH_FIELD) return damaged(err, path, "is shorter than the field of its header's length");
    uint64_t length = get_u64(file);
    if (length > MAX_HEADER || length > size - LENGTH_FIELD) {
        bool other = size > LENGTH_FIELD && file[LENGTH_FIELD] != '{';
        return damaged(err, path,
                       other ? "does not begin as a safetensors file does"
                             : "its header is longer than the file or than 100 MB");
    }
    char *header = (char *)file + LENGTH_FIELD;
    TRY(check_crc(file, size, find_crc(header, (size_t)length), require_crc, path, err));
    json_error_t why;
    /* Where a string cannot grow once, jansson drops a byte of it and says nothing: what is read twice alike is whole. */
    json_t *root = json_loadb(header, (size_t)length, JSON_REJECT_DUPLICATES, &why),
           *again = json_loadb(header, (size_t)length, JSON_REJECT_DUPLICATES, &why);
    bool read = root || again, whole = read ? json_equal(root, again) : mem_probe((size_t)length);
    size_t data_size = size - LENGTH_FIELD - (size_t)length;
    unsigned char *data = align_data(file, LENGTH_FIELD + (size_t)length, data_size);
    Status s = !whole ? mem_error(err, path)
               : read ? read_header(f, root, data, data_size, require_crc, path, err)
                      : error_set(err, STATUS_INPUT, "%s: its header is not JSON: %s; write the file anew",
                                  path, why.text);
    json_decref(root), json_decref(again);
    return s;
}

Status st_read(StFile *f, const char *path, bool require_crc, Error *err) {
    memset(f, 0, sizeof *f);
    unsigned char *file;
    size_t size;
    TRY(file_read(path, MAX_FILE, &file, &size, err));
    f->owned = file;
    TRY(parse(f, file, size, require_crc, path, err));
    for (size_t i = 0; i < f->n_tensors; i++) {
        unsigned char *data = file + ((const unsigned char *)f->tensors[i].data - file);
        numbers_convert(data, data, f->tensors[i].bytes, TYPES[f->tensors[i].type].width);
    }
    return STATUS_OK;
}
