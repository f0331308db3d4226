#include "nn/base/npy.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "tests/check.h"
#include "tests/tempdir.h"

enum { CAPACITY = 1024 };

static const int64_t I64[6] = {0, -1, INT64_MAX, INT64_MIN, 5, 6};
static const int32_t I32[6] = {0, -1, INT32_MAX, INT32_MIN, 5, 6};
static const float F32[6] = {0, -1.5f, 1e38f, 1e-45f, 5, 6};
static const double F64[6] = {0, -1.5, 1e300, 1e-320, 5, 6};
static const uint8_t U8[6] = {0, 1, 127, 128, 255, 6};

Test(npy, what_was_written_is_read) {
    static const struct {
        NpyType type;
        const void *data;
        size_t bytes;
    } of[] = {{NPY_U8, U8, 6},    {NPY_I32, I32, 24}, {NPY_I64, I64, 48},
              {NPY_F32, F32, 24}, {NPY_I8, U8, 6},    {NPY_F64, F64, 48}};
    TempDir d = temp_make();
    const char *path = temp_path(&d, "a.npy");
    for (int k = 0; k < 6; k++)
        for (int rank = 1; rank <= 4; rank++) {
            int64_t dim[4] = {6, 1, 1, 1};
            if (rank > 1) dim[0] = 2, dim[rank - 1] = 3;
            Npy a;
            cr_assert_eq(npy_write(path, of[k].type, rank, dim, of[k].data, NULL), STATUS_OK);
            cr_assert_eq(npy_read(&a, path, of[k].bytes, NULL), STATUS_OK);
            cr_assert(a.type == of[k].type && a.rank == rank);
            for (int i = 0; i < rank; i++) cr_assert_eq(a.dim[i], dim[i]);
            cr_assert_eq(memcmp(a.data, of[k].data, of[k].bytes), 0);
            npy_free(&a);
        }
    temp_remove(&d);
}

/* numpy.save of numpy.arange(3, dtype='<i4').reshape(1, 3), byte for byte. */
Test(npy, bytes_on_disk_are_those_of_numpy) {
    static const char header[] = "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 3), }";
    unsigned char expected[128 + 12] = "\x93NUMPY\x01\x00\x76";
    memset(expected + 10, ' ', 118);
    memcpy(expected + 10, header, sizeof header - 1);
    expected[127] = '\n';
    expected[132] = 1, expected[136] = 2;
    TempDir d = temp_make();
    const char *path = temp_path(&d, "a.npy");
    unsigned char data[CAPACITY];
    cr_assert_eq(npy_write(path, NPY_I32, 2, (int64_t[]){1, 3}, (int32_t[]){0, 1, 2}, NULL), STATUS_OK);
    long size = raw_read(path, data, sizeof data);
    cr_assert_eq(size % 64, 12);
    cr_assert_eq(memcmp(data + 10, header, sizeof header - 1), 0);
    cr_assert_eq(data[size - 13], '\n');
    cr_assert_eq(size, (long)sizeof expected);
    cr_assert_eq(memcmp(data, expected, sizeof expected), 0);
    temp_remove(&d);
}

/* Reads a file of this dictionary and data_size bytes of zeros. */
static Status read_header(TempDir *d, const char *header, size_t data_size, size_t max, Npy *a, Error *err) {
    unsigned char file[CAPACITY] = "\x93NUMPY\x01";
    size_t length = strlen(header);
    file[8] = (unsigned char)length;
    file[9] = (unsigned char)(length >> 8);
    memcpy(file + 10, header, length);
    raw_write(temp_path(d, "b.npy"), file, 10 + length + data_size);
    return npy_read(a, d->file, max, err);
}

Test(npy, dictionaries_of_other_writers_are_read) {
    static const char *const good[] = {
        "{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }   \n",
        "{\"shape\":(2,2),\"fortran_order\":False,\"descr\":\"|u1\"}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n",
        "{ 'descr' : '<i4' , 'fortran_order' : False , 'shape' : ( 1 , 1 ) }",
    };
    TempDir d = temp_make();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        Npy a;
        Error err = {STATUS_OK, ""};
        cr_assert_eq(read_header(&d, good[i], 4, 100, &a, &err), STATUS_OK, "%s: %s", good[i], err.message);
        if (i < 2) cr_assert_eq(a.type, i == 0 ? NPY_BOOL : NPY_U8);
        npy_free(&a);
    }
    temp_remove(&d);
}

Test(npy, headers_that_lie_are_refused_with_a_reason) {
    static const struct {
        const char *header, *reason;
        size_t data;
    } bad[] = {
        {"", "cannot be read", 0},
        {"{}", "cannot be read", 0},
        {"{'descr': '<f4', 'fortran_order': False}", "cannot be read", 4},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "cannot be read", 4},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "cannot be read", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1}", "cannot be read", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "cannot be read", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "cannot be read", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "cannot be read", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", "cannot be read", 4},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "cannot be read", 4},
        {"{'descr': '<f4", "cannot be read", 0},
        {"{'descr", "cannot be read", 0},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "four dimensions", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1)}", "four dimensions", 4},
        {"{'descr': '>c16', 'fortran_order': False, 'shape': (1,)}", "big-endian complex", 16},
        {"{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,)}", "type <M8[s]", 8},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", "type <f16", 16},
        {"{'descr': '<U3', 'fortran_order': False, 'shape': (2,)}", "its shape needs 24", 12},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "complex64", 8},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "type |O", 8},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "its shape needs 8", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "its shape needs 4", 5},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (26,)}", "more than the 100", 104},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "more than the 100",
         0},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (2305843009213693952, 8)}", "more than the 100",
         0},
    };
    TempDir d = temp_make();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Npy a;
        Error err = {STATUS_OK, ""};
        cr_assert_eq(read_header(&d, bad[i].header, bad[i].data, 100, &a, &err), STATUS_INPUT, "%s",
                     bad[i].header);
        cr_assert_not_null(strstr(err.message, bad[i].reason), "%s: %s", bad[i].header, err.message);
        npy_free(&a);
    }
    temp_remove(&d);
}

/* Bytes as a little-endian or big-endian machine writes them. */
static size_t put(unsigned char *to, uint64_t x, size_t size, bool big) {
    for (size_t i = 0; i < size; i++) to[big ? size - 1 - i : i] = (unsigned char)(x >> (8 * i));
    return size;
}

/* version 1 to 3; data follows the dictionary. */
static Status read_file(TempDir *d, int version, const char *header, const unsigned char *data, size_t size,
                        Npy *a, Error *err) {
    unsigned char file[CAPACITY] = "\x93NUMPY";
    size_t length = strlen(header), at = 8;
    file[6] = (unsigned char)version;
    at += put(file + at, length, version == 1 ? 2 : 4, false);
    memcpy(file + at, header, length);
    memcpy(file + at + length, data, size);
    raw_write(temp_path(d, "c.npy"), file, at + length + size);
    return npy_read(a, d->file, 1000, err);
}

Test(npy, every_type_and_byte_order_of_numpy_comes_as_its_numbers) {
    static const struct {
        const char *descr;
        size_t size;
        uint64_t bits[3];
        NpyType type;
        double value[3];
    } of[] = {
        {"b1", 1, {0, 1, 255}, NPY_BOOL, {0, 1, 1}},
        {"u1", 1, {0, 7, 255}, NPY_U8, {0, 7, 255}},
        {"i1", 1, {0, 127, 255}, NPY_I8, {0, 127, -1}},
        {"u2", 2, {1, 0x8000, 0xFFFF}, NPY_I32, {1, 32768, 65535}},
        {"i2", 2, {1, 0x8000, 0xFFFF}, NPY_I32, {1, -32768, -1}},
        {"u4", 4, {1, 0x80000000u, 0xFFFFFFFFu}, NPY_I64, {1, 2147483648.0, 4294967295.0}},
        {"i4", 4, {1, 0x80000000u, 0xFFFFFFFFu}, NPY_I32, {1, -2147483648.0, -1}},
        {"u8", 8, {1, 4294967296u, 5}, NPY_I64, {1, 4294967296.0, 5}},
        {"i8", 8, {1, UINT64_MAX, UINT64_MAX - 1}, NPY_I64, {1, -1, -2}},
        {"f2", 2, {0x3C00, 0xC500, 0x0001}, NPY_F32, {1, -5, 0x1p-24}},
        {"f4", 4, {0x3F800000, 0xC0A00000u, 0x3E000000}, NPY_F32, {1, -5, 0.125}},
        {"f8", 8, {0x3FF0000000000000, 0xC014000000000000u, 0x3FC0000000000000}, NPY_F64, {1, -5, 0.125}}};
    TempDir d = temp_make();
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        for (int big = 0; big < 2; big++) {
            char header[128];
            unsigned char data[24];
            Npy a;
            Error err = {0};
            size_t n = 0;
            for (int i = 0; i < 3; i++) n += put(data + n, of[k].bits[i], of[k].size, big);
            snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': False, 'shape': (3,), }",
                     of[k].size == 1 ? '|'
                     : big           ? '>'
                                     : '<',
                     of[k].descr);
            cr_assert_eq(read_file(&d, 1, header, data, n, &a, &err), STATUS_OK, "%s: %s", header,
                         err.message);
            cr_assert_eq(a.type, of[k].type, "%s: %s", header, npy_type_name(a.type));
            for (size_t i = 0; i < 3; i++)
                cr_assert_eq(npy_number(&a, i), of[k].value[i], "%s, entry %zu", header, i);
            npy_free(&a);
        }
    unsigned char beyond[8] = {0, 0, 0, 0, 0, 0, 0, 0x80};
    Npy a;
    Error err;
    cr_assert_eq(
        read_file(&d, 1, "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }", beyond, 8, &a, &err),
        STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "entry 0 is beyond int64"));
    temp_remove(&d);
}

Test(npy, fortran_order_and_versions_2_and_3_are_read) {
    static const unsigned char columns[6] = {0, 3, 1, 4, 2, 5}, cube[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    TempDir d = temp_make();
    for (int version = 1; version <= 3; version++) {
        Npy a;
        cr_assert_eq(read_file(&d, version, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }",
                               columns, 6, &a, NULL),
                     STATUS_OK);
        for (size_t i = 0; i < 6; i++) cr_assert_eq(npy_number(&a, i), (double)i);
        npy_free(&a);
        cr_assert_eq(read_file(&d, version, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2), }",
                               cube, 8, &a, NULL),
                     STATUS_OK);
        for (size_t i = 0; i < 8; i++) cr_assert_eq(npy_number(&a, i), (double)i);
        npy_free(&a);
    }
    temp_remove(&d);
}

Test(npy, strings_become_utf8_and_impossible_ones_are_refused) {
    static const uint32_t points[6] = {'a', 0xE9, 0x4E2D, 0x1F600, 'z', 0};
    TempDir d = temp_make();
    unsigned char data[24];
    Npy a;
    Error err;
    for (int big = 0; big < 2; big++) {
        size_t n = 0;
        for (int i = 0; i < 6; i++) n += put(data + n, points[i], 4, big);
        const char *header = big ? "{'descr': '>U3', 'fortran_order': False, 'shape': (2,), }"
                                 : "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }";
        cr_assert_eq(read_file(&d, 1, header, data, n, &a, &err), STATUS_OK, "%s", err.message);
        cr_assert_eq(a.type, NPY_TEXT);
        cr_assert_str_eq(a.data, "a\xC3\xA9\xE4\xB8\xAD");
        cr_assert_str_eq((char *)a.data + a.width, "\xF0\x9F\x98\x80z");
        npy_free(&a);
    }
    cr_assert_eq(read_file(&d, 1, "{'descr': '|S3', 'fortran_order': False, 'shape': (2,), }",
                           (const unsigned char *)"ab\0xyz", 6, &a, &err),
                 STATUS_OK);
    cr_assert_str_eq(a.data, "ab");
    cr_assert_str_eq((char *)a.data + a.width, "xyz");
    npy_free(&a);
    cr_assert_eq(read_file(&d, 1, "{'descr': '|S3', 'fortran_order': False, 'shape': (1,), }",
                           (const unsigned char *)"a\0b", 3, &a, &err),
                 STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "entry 0 holds a 0 inside"));
    put(data, 0xD800, 4, false);
    cr_assert_eq(
        read_file(&d, 1, "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", data, 4, &a, &err),
        STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "that Unicode lacks"));
    temp_remove(&d);
}

Test(npy, every_prefix_and_another_version_are_refused) {
    TempDir d = temp_make();
    unsigned char data[CAPACITY];
    Npy a;
    const char *path = temp_path(&d, "a.npy");
    cr_assert_eq(npy_write(path, NPY_F32, 2, (int64_t[]){2, 3}, F32, NULL), STATUS_OK);
    size_t size = (size_t)raw_read(path, data, sizeof data);
    for (size_t n = 0; n < size; n++) {
        raw_write(path, data, n);
        cr_assert_eq(npy_read(&a, path, 1000, NULL), STATUS_INPUT, "%zu bytes", n);
    }
    Error err;
    data[6] = 4;
    raw_write(path, data, size);
    cr_assert_eq(npy_read(&a, path, 1000, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "version 4.0"));
    temp_remove(&d);
}

Test(npy, every_flipped_bit_is_read_or_refused_and_never_more) {
    TempDir d = temp_make();
    unsigned char data[CAPACITY];
    const char *path = temp_path(&d, "a.npy");
    cr_assert_eq(npy_write(path, NPY_I32, 1, (int64_t[]){6}, I32, NULL), STATUS_OK);
    size_t size = (size_t)raw_read(path, data, sizeof data);
    int refused = 0;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        Npy a;
        data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        raw_write(path, data, size);
        Status s = npy_read(&a, path, 24, NULL);
        cr_assert(s == STATUS_OK || s == STATUS_INPUT, "bit %zu", bit);
        refused += s == STATUS_INPUT;
        npy_free(&a);
        data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    cr_assert_gt(refused, 400);
    temp_remove(&d);
}

Test(npy, memory_that_runs_out_is_an_error) {
    TempDir d = temp_make();
    Npy a;
    const char *path = temp_path(&d, "a.npy");
    cr_assert_eq(npy_write(path, NPY_I32, 1, (int64_t[]){6}, I32, NULL), STATUS_OK);
    for (long n = 1; n <= 2; n++) {
        mem_fail_at(n, 0);
        cr_assert_eq(npy_read(&a, path, 24, NULL), STATUS_IO);
        npy_free(&a);
    }
    mem_fail_at(1, 0);
    cr_assert_eq(npy_write(path, NPY_I32, 1, (int64_t[]){6}, I32, NULL), STATUS_IO);
    mem_fail_at(0, 0);
    temp_remove(&d);
}
