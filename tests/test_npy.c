#include "nn/base/npy.h"

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
static const uint8_t U8[6] = {0, 1, 127, 128, 255, 6};

Test(npy, what_was_written_is_read) {
    static const struct {
        NpyType type;
        const void *data;
        size_t bytes;
    } of[] = {{NPY_U8, U8, 6}, {NPY_I32, I32, 24}, {NPY_I64, I64, 48}, {NPY_F32, F32, 24}};
    TempDir d = temp_make();
    const char *path = temp_path(&d, "a.npy");
    for (int k = 0; k < 4; k++)
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

/* A file of this dictionary and so many bytes of zeros. */
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
        if (i < 2) cr_assert_eq(a.type, NPY_U8);
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
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", "Fortran", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "four dimensions", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1)}", "four dimensions", 4},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", "float64", 8},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}", "float16", 2},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (1,)}", "int16", 2},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (1,)}", "uint16", 2},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "big-endian float32", 4},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "complex64", 8},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "type |O", 8},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "its shape needs 8", 4},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "its shape needs 4", 5},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (26,)}", "more than 100", 104},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "more than 100", 0},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (2305843009213693952, 8)}", "more than 100", 0},
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
    data[6] = 2;
    raw_write(path, data, size);
    cr_assert_eq(npy_read(&a, path, 1000, &err), STATUS_INPUT);
    cr_assert_not_null(strstr(err.message, "version 2.0"));
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
