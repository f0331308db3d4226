#include "nn/safetensors.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"
#include "tests/check.h"
#include "tests/tempdir.h"

enum { CAPACITY = 4096 };

static const float F32[6] = {1, -2, 0.5f, 1e-38f, 3e38f, 0};
static const double F64[2] = {1.0 / 3, -1e300};
static const int32_t I32[3] = {1, -1, INT32_MIN};
static const int64_t I64[1] = {INT64_MIN};
static const uint8_t U8[5] = {0, 1, 2, 254, 255};

static void build(StFile *f) {
    memset(f, 0, sizeof *f);
    st_add(f, "bytes", ST_U8, 1, (int64_t[]){5}, U8);
    st_add(f, "layer.weight", ST_F32, 2, (int64_t[]){2, 3}, F32);
    st_add(f, "exact", ST_F64, 1, (int64_t[]){2}, F64);
    st_add(f, "ids \"quoted\" \xc3\xa9", ST_I32, 3, (int64_t[]){1, 3, 1}, I32);
    st_add(f, "scalar", ST_I64, 0, NULL, I64);
    st_add(f, "none", ST_F32, 2, (int64_t[]){0, 7}, F32);
    st_set(f, "title", "old");
    st_set(f, "title", "a \"title\"\nin two lines: {\"crc32\":\"00000000\"}");
    st_set(f, "empty", "");
}

static void expect(const StFile *f, const char *name, StType type, int rank, const void *data, size_t bytes) {
    const StTensor *x = st_find(f, name);
    cr_assert_not_null(x, "%s", name);
    cr_assert(x->type == type && x->rank == rank && x->bytes == bytes, "%s", name);
    cr_assert(bytes == 0 || memcmp(x->data, data, bytes) == 0, "%s", name);
}

Test(safetensors, what_was_written_is_read) {
    TempDir d = temp_make();
    const char *path = temp_path(&d, "a.safetensors");
    StFile f, g;
    build(&f);
    cr_assert_eq(st_write(&f, path, NULL), STATUS_OK);
    st_free(&f);
    cr_assert_eq(st_read(&g, path, true, NULL), STATUS_OK);
    cr_assert_eq(g.n_tensors, (size_t)6);
    expect(&g, "bytes", ST_U8, 1, U8, 5);
    expect(&g, "layer.weight", ST_F32, 2, F32, 24);
    expect(&g, "exact", ST_F64, 1, F64, 16);
    expect(&g, "ids \"quoted\" \xc3\xa9", ST_I32, 3, I32, 12);
    expect(&g, "scalar", ST_I64, 0, I64, 8);
    expect(&g, "none", ST_F32, 2, NULL, 0);
    cr_assert(st_find(&g, "layer.weight")->dim[0] == 2 && st_find(&g, "layer.weight")->dim[1] == 3);
    cr_assert_str_eq(st_get(&g, "title"), "a \"title\"\nin two lines: {\"crc32\":\"00000000\"}");
    cr_assert_str_eq(st_get(&g, "empty"), "");
    cr_assert_null(st_get(&g, "absent"));
    cr_assert_null(st_find(&g, "absent"));
    st_free(&g);
    temp_remove(&d);
}

/* Length field, JSON, spaces, data at a multiple of 64, in the order 8, 4, 1 bytes: what other readers
 * expect. */
Test(safetensors, bytes_on_disk_are_those_of_the_format) {
    TempDir d = temp_make();
    const char *path = temp_path(&d, "a.safetensors");
    StFile f;
    memset(&f, 0, sizeof f);
    st_add(&f, "b", ST_U8, 1, (int64_t[]){2}, U8);
    st_add(&f, "a", ST_F32, 1, (int64_t[]){1}, F32);
    cr_assert_eq(st_write(&f, path, NULL), STATUS_OK);
    st_free(&f);
    unsigned char data[CAPACITY];
    long size = raw_read(path, data, sizeof data);
    size_t length = (size_t)get_u64(data);
    cr_assert_eq((8 + length) % 64, (size_t)0);
    cr_assert_eq(size, (long)(8 + length + 6));
    static const char before[] = "{\"__metadata__\":{\"crc32\":\"";
    static const char after[] = "\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                                "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[4,6]}}";
    cr_assert_eq(memcmp(data + 8, before, sizeof before - 1), 0);
    cr_assert_eq(memcmp(data + 8 + sizeof before - 1 + 8, after, sizeof after - 1), 0);
    cr_assert_eq(memcmp(data + 8 + length, (unsigned char[]){0, 0, 0x80, 0x3f, 0, 1}, 6), 0);
    temp_remove(&d);
}

/* A small file of ours in memory. */
static size_t small(TempDir *d, unsigned char *data) {
    StFile f;
    memset(&f, 0, sizeof f);
    st_add(&f, "w", ST_F32, 2, (int64_t[]){2, 3}, F32);
    st_add(&f, "n", ST_I64, 1, (int64_t[]){1}, I64);
    st_set(&f, "heads", "4");
    cr_assert_eq(st_write(&f, temp_path(d, "small"), NULL), STATUS_OK);
    st_free(&f);
    long n = raw_read(temp_path(d, "small"), data, CAPACITY);
    cr_assert_gt(n, 100);
    return (size_t)n;
}

static Status read_bytes(TempDir *d, const void *data, size_t size, bool require_crc, Error *err) {
    StFile f;
    const char *path = temp_path(d, "bytes");
    raw_write(path, data, size);
    Status s = st_read(&f, path, require_crc, err);
    st_free(&f);
    return s;
}

Test(safetensors, every_prefix_is_refused) {
    TempDir d = temp_make();
    unsigned char data[CAPACITY];
    size_t size = small(&d, data);
    cr_assert_eq(read_bytes(&d, data, size, true, NULL), STATUS_OK);
    for (size_t n = 0; n < size; n++) {
        cr_assert_eq(read_bytes(&d, data, n, true, NULL), STATUS_INPUT, "%zu bytes", n);
        cr_assert_eq(read_bytes(&d, data, n, false, NULL), STATUS_INPUT, "%zu bytes, no checksum", n);
    }
    data[size] = 0;
    cr_assert_eq(read_bytes(&d, data, size + 1, true, NULL), STATUS_INPUT);
    temp_remove(&d);
}

Test(safetensors, every_flipped_bit_is_refused) {
    TempDir d = temp_make();
    unsigned char data[CAPACITY];
    size_t size = small(&d, data);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        cr_assert_eq(read_bytes(&d, data, size, true, NULL), STATUS_INPUT, "bit %zu", bit);
        data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    temp_remove(&d);
}

/* Reads a file with this header and data_size bytes of data. */
static Status read_header(TempDir *d, const char *header, size_t data_size, Error *err) {
    static unsigned char file[CAPACITY];
    size_t length = strlen(header);
    memset(file, 0, sizeof file);
    put_u64(file, length);
    memcpy(file + 8, header, length);
    return read_bytes(d, file, 8 + length + data_size, false, err);
}

#define TENSOR(name, dtype, shape, offsets)                                                                  \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

Test(safetensors, headers_that_lie_are_refused_with_a_reason) {
    static const struct {
        const char *header, *reason;
        size_t data;
    } bad[] = {
        {"", "not JSON", 0},
        {"[]", "not a JSON object", 0},
        {"{", "not JSON", 0},
        {"{}x", "not JSON", 0},
        {"{\"a\":1}", "were expected", 0},
        {"{\"a\":{}}", "were expected", 0},
        {"{\"__metadata__\":[]}", "not an object", 0},
        {"{\"__metadata__\":{\"a\":1}}", "other than strings", 0},
        {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "not JSON: duplicate", 0},
        {"{" TENSOR("a", "U8", "[1]", "[0,1]") "," TENSOR("a", "U8", "[1]", "[1,2]") "}", "duplicate", 2},
        {"{" TENSOR("a", "U8", "[1]", "[0,1]") "," TENSOR("\\u0061", "U8", "[1]", "[1,2]") "}", "duplicate",
         2},
        {"{" TENSOR("a", "F16", "[1]", "[0,4]") "}", "different sizes", 4},
        {"{" TENSOR("a", "F4", "[3]", "[0,2]") "}", "impossible", 2},
        {"{" TENSOR("a", "F17", "[1]", "[0,2]") "}", "not known", 2},
        {"{" TENSOR("a", "f32", "[1]", "[0,4]") "}", "not known", 4},
        {"{" TENSOR("a", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", "more than 8", 1},
        {"{" TENSOR("a", "U8", "[-1]", "[0,1]") "}", "impossible", 1},
        {"{" TENSOR("a", "U8", "[1.0]", "[0,1]") "}", "impossible", 1},
        {"{" TENSOR("a", "U8", "[\"1\"]", "[0,1]") "}", "impossible", 1},
        {"{" TENSOR("a", "U8", "1", "[0,1]") "}", "were expected", 1},
        {"{" TENSOR("a", "U8", "[1]", "[0]") "}", "were expected", 1},
        {"{" TENSOR("a", "U8", "[1]", "[0,1,2]") "}", "were expected", 1},
        {"{" TENSOR("a", "U8", "[1]", "[0,2]") "}", "outside", 1},
        {"{" TENSOR("a", "U8", "[1]", "[-1,0]") "}", "outside", 1},
        {"{" TENSOR("a", "U8", "[1]", "[1,0]") "}", "outside", 1},
        {"{" TENSOR("a", "U8", "[1]", "[0.0,1.0]") "}", "outside", 1},
        {"{" TENSOR("a", "U8", "[2]", "[0,1]") "}", "different sizes", 1},
        {"{" TENSOR("a", "F32", "[1]", "[0,1]") "}", "different sizes", 1},
        {"{" TENSOR("a", "F64", "[4294967296,4294967296]", "[0,0]") "}", "impossible", 0},
        {"{" TENSOR("a", "F64", "[9223372036854775807,2]", "[0,0]") "}", "impossible", 0},
        {"{" TENSOR("a", "F32", "[4611686018427387904]", "[0,0]") "}", "impossible", 0},
        {"{" TENSOR("a", "F32", "[9223372036854775808]", "[0,0]") "}", "not JSON", 0},
        {"{" TENSOR("a", "U8", "[1]", "[0,1]") "," TENSOR("b", "U8", "[1]", "[2,3]") "}", "hole", 3},
        {"{" TENSOR("a", "U8", "[1]", "[1,2]") "}", "hole", 2},
        {"{" TENSOR("a", "U8", "[2]", "[0,2]") "," TENSOR("b", "U8", "[2]", "[1,3]") "}", "overlaps", 3},
        {"{" TENSOR("a", "U8", "[1]", "[0,1]") "," TENSOR("b", "U8", "[1]", "[0,1]") "}", "overlaps", 1},
        {"{" TENSOR("a", "U8", "[1]", "[0,1]") "}", "bytes follow", 2},
        {"{}", "bytes follow", 1},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":1}}", "nothing else", 1},
        {"{\"__metadata__\":{\"crc32\":\"00000000\"}}", "checksum", 0},
    };
    TempDir d = temp_make();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Error err = {STATUS_OK, ""};
        Status s = read_header(&d, bad[i].header, bad[i].data, &err);
        cr_assert_eq(s, STATUS_INPUT, "%s", bad[i].header);
        cr_assert_not_null(strstr(err.message, bad[i].reason), "%s: %s", bad[i].header, err.message);
        cr_assert_not_null(strstr(err.message, "bytes: "), "no path in %s", err.message);
    }
    temp_remove(&d);
}

Test(safetensors, a_header_length_beyond_the_file_is_refused) {
    TempDir d = temp_make();
    static const uint64_t lengths[] = {1, 3, 1u << 30, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        unsigned char data[10] = {0};
        put_u64(data, lengths[i]);
        data[8] = '{', data[9] = '}';
        cr_assert_eq(read_bytes(&d, data, sizeof data, false, NULL), STATUS_INPUT);
    }
    temp_remove(&d);
}

/* As another program writes it: no checksum, keys in another order, data at an odd place, tensors out of
 * order. */
Test(safetensors, a_foreign_file_is_read_where_no_checksum_is_required) {
    static const char header[] = "{\"b\":{\"shape\":[2],\"data_offsets\":[4,12],\"dtype\":\"F32\"}, "
                                 "\"a\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]}}";
    TempDir d = temp_make();
    unsigned char file[256];
    size_t length = sizeof header - 1;
    for (size_t spaces = 0; spaces < 8; spaces++) {
        memset(file, ' ', sizeof file);
        put_u64(file, length + spaces);
        memcpy(file + 8, header, length);
        unsigned char *data = file + 8 + length + spaces;
        put_u32(data, 7);
        put_u32(data + 4, 0x3f800000u);
        put_u32(data + 8, 0xc0000000u);
        const char *path = temp_path(&d, "foreign");
        raw_write(path, file, 8 + length + spaces + 12);
        StFile f;
        cr_assert_eq(st_read(&f, path, false, NULL), STATUS_OK);
        expect(&f, "a", ST_I32, 0, (int32_t[]){7}, 4);
        expect(&f, "b", ST_F32, 1, (float[]){1, -2}, 8);
        cr_assert_eq((uintptr_t)st_find(&f, "b")->data % 4, (uintptr_t)0);
        st_free(&f);
        Error err;
        cr_assert_eq(st_read(&f, path, true, &err), STATUS_INPUT);
        cr_assert_not_null(strstr(err.message, "no checksum"));
        st_free(&f);
    }
    temp_remove(&d);
}

/* Types and ranks that msach does not compute with are read and written unchanged. */
Test(safetensors, every_type_of_the_format_is_read_and_written_again) {
    static const struct {
        const char *name;
        StType type;
        int bits;
    } type[] = {{"F32", ST_F32, 32},        {"F64", ST_F64, 64},        {"I32", ST_I32, 32},
                {"I64", ST_I64, 64},        {"U8", ST_U8, 8},           {"BOOL", ST_BOOL, 8},
                {"I8", ST_I8, 8},           {"I16", ST_I16, 16},        {"U16", ST_U16, 16},
                {"U32", ST_U32, 32},        {"U64", ST_U64, 64},        {"F16", ST_F16, 16},
                {"BF16", ST_BF16, 16},      {"F8_E4M3", ST_F8_E4M3, 8}, {"F8_E5M2", ST_F8_E5M2, 8},
                {"F8_E8M0", ST_F8_E8M0, 8}, {"F6_E2M3", ST_F6_E2M3, 6}, {"F6_E3M2", ST_F6_E3M2, 6},
                {"F4", ST_F4, 4},           {"C64", ST_C64, 64}};
    TempDir d = temp_make();
    unsigned char file[512];
    for (size_t i = 0; i < sizeof type / sizeof *type; i++) {
        char header[256];
        int bytes = 4 * type[i].bits / 8;
        snprintf(header, sizeof header, "{" TENSOR("a", "%s", "[1,2,1,1,1,1,1,2]", "[0,%d]") "}",
                 type[i].name, bytes);
        size_t length = strlen(header);
        put_u64(file, length);
        memcpy(file + 8, header, length);
        for (int k = 0; k < bytes; k++) file[8 + length + (size_t)k] = (unsigned char)(7 * k + 1);
        StFile f, again;
        raw_write(temp_path(&d, "a"), file, 8 + length + (size_t)bytes);
        cr_assert_eq(st_read(&f, temp_path(&d, "a"), false, NULL), STATUS_OK, "%s", type[i].name);
        cr_assert_eq(st_write(&f, temp_path(&d, "b"), NULL), STATUS_OK);
        cr_assert_eq(st_read(&again, temp_path(&d, "b"), true, NULL), STATUS_OK, "%s", type[i].name);
        cr_assert_str_eq(st_type_name(st_find(&again, "a")->type), type[i].name);
        cr_assert_eq(st_find(&again, "a")->rank, ST_RANK);
        expect(&again, "a", type[i].type, ST_RANK, st_find(&f, "a")->data, (size_t)bytes);
        long size = raw_read(temp_path(&d, "b"), file, sizeof file);
        for (int k = 0; k < bytes; k++) cr_assert_eq(file[size - bytes + k], (unsigned char)(7 * k + 1));
        st_free(&f);
        st_free(&again);
    }
    temp_remove(&d);
}

/* Other writers do not align data: such a file is read for inspection, and refused as a file of msach. */
Test(safetensors, data_that_is_not_aligned_is_read_from_other_programs_alone) {
    static const char header[] = "{\"__metadata__\":{\"crc32\":\"00000000\"}," TENSOR(
        "a", "U8", "[1]", "[0,1]") "," TENSOR("b", "F32", "[1]", "[1,5]") "}";
    TempDir d = temp_make();
    unsigned char file[256] = {0};
    char digits[9];
    Error err;
    size_t length = sizeof header - 1, size = 8 + length + 5;
    put_u64(file, length);
    memcpy(file + 8, header, length);
    snprintf(digits, sizeof digits, "%08x", (unsigned)crc32_update(0, file, size));
    memcpy(strstr((char *)file + 8, "00000000"), digits, 8);
    cr_assert_eq(read_bytes(&d, file, size, false, NULL), STATUS_OK);
    cr_assert_eq(read_bytes(&d, file, size, true, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "multiple"), "%s", err.message);
    temp_remove(&d);
}

Test(safetensors, memory_or_disk_that_runs_out_is_an_error) {
    TempDir d = temp_make();
    const char *path = temp_path(&d, "a.safetensors");
    int refused = 0;
    for (long n = 1; n < 60; n++) {
        StFile f, g;
        mem_fail_at(n, 0);
        build(&f);
        Status s = st_write(&f, path, NULL);
        Status r = s == STATUS_OK ? st_read(&g, path, true, NULL) : STATUS_OK;
        mem_fail_at(0, 0);
        cr_assert((s == STATUS_OK || s == STATUS_IO) && (r == STATUS_OK || r == STATUS_IO), "request %ld", n);
        refused += s != STATUS_OK || r != STATUS_OK;
        st_free(&f);
        if (s == STATUS_OK) st_free(&g);
    }
    cr_assert_gt(refused, 20);
    StFile f;
    build(&f);
    sys_fail_at(2, ENOSPC, 1);
    cr_assert_eq(st_write(&f, temp_path(&d, "b.safetensors"), NULL), STATUS_IO);
    sys_fail_at(0, 0, 0);
    st_free(&f);
    temp_remove(&d);
}

Test(safetensors, text_that_is_not_utf8_is_refused) {
    TempDir d = temp_make();
    StFile f;
    memset(&f, 0, sizeof f);
    st_set(&f, "title", "\xff");
    cr_assert_eq(st_write(&f, temp_path(&d, "a"), NULL), STATUS_IO);
    cr_assert_eq(temp_count(&d), 0);
    st_free(&f);
    temp_remove(&d);
}

Test(safetensors, a_name_added_twice_aborts, .signal = SIGABRT) {
    StFile f;
    memset(&f, 0, sizeof f);
    st_add(&f, "a", ST_U8, 1, (int64_t[]){1}, U8);
    st_add(&f, "a", ST_U8, 1, (int64_t[]){1}, U8);
}
