/* .npz archives, stored and deflated. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

/* in (n) as raw deflate; the caller frees it. */
static uint8_t *deflated(const uint8_t *in, size_t n, int strategy, size_t *size) {
    z_stream z = {0};
    cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, strategy), Z_OK);
    *size = deflateBound(&z, n);
    uint8_t *out = mem_alloc(*size + 1);
    z.next_in = (Bytef *)(uintptr_t)in, z.avail_in = (uInt)n;
    z.next_out = out, z.avail_out = (uInt)*size;
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    *size = z.total_out;
    deflateEnd(&z);
    return out;
}

/* ---- Archives ---- */

static void put_u16(Buffer *b, unsigned v) {
    buffer_add(b, (uint8_t[]){(uint8_t)v, (uint8_t)(v >> 8)}, 2);
}

static void put_32(Buffer *b, size_t v) {
    uint8_t four[4];
    put_u32(four, (uint32_t)v);
    buffer_add(b, four, 4);
}

typedef struct {
    const char *name;
    int deflate;
    uint32_t crc;
    size_t packed, size, offset;
} Member;

static void put_facts(Buffer *b, const Member *m) {
    put_u16(b, 0);
    put_u16(b, m->deflate ? 8 : 0);
    put_32(b, 0);
    put_32(b, m->crc);
    put_32(b, m->packed);
    put_32(b, m->size);
    put_u16(b, (unsigned)strlen(m->name));
}

/* numpy.savez names an array NAME.npy; each local header has an extra field of four bytes here. */
static void put_member(Buffer *zip, Member *m, const uint8_t *npy, size_t n) {
    uint8_t *packed = m->deflate ? deflated(npy, n, Z_DEFAULT_STRATEGY, &m->packed) : NULL;
    if (!m->deflate) m->packed = n;
    m->size = n, m->crc = crc32_update(0, npy, n), m->offset = zip->size;
    buffer_add(zip, "PK\3\4", 4);
    put_u16(zip, 20);
    put_facts(zip, m);
    put_u16(zip, 4);
    buffer_add(zip, m->name, strlen(m->name));
    buffer_add(zip, "\1\1\0\0", 4);
    buffer_add(zip, packed ? packed : npy, m->packed);
    mem_free(packed);
}

static void put_directory(Buffer *zip, const Member *m, int n) {
    size_t from = zip->size;
    for (int i = 0; i < n; i++) {
        buffer_add(zip, "PK\1\2", 4);
        put_u16(zip, 20);
        put_u16(zip, 20);
        put_facts(zip, &m[i]);
        put_u16(zip, 0);
        for (int k = 0; k < 3; k++) put_u16(zip, 0);
        put_32(zip, 0);
        put_32(zip, m[i].offset);
        buffer_add(zip, m[i].name, strlen(m[i].name));
    }
    size_t size = zip->size - from;
    buffer_add(zip, "PK\5\6\0\0\0\0", 8);
    put_u16(zip, (unsigned)n);
    put_u16(zip, (unsigned)n);
    put_32(zip, size);
    put_32(zip, from);
    put_u16(zip, 0);
}

static const float VALUES[6] = {0, -1.5f, 2, 3, 4, 5};

/* "stored" and "packed" hold VALUES as (2,3). */
static Buffer archive(void) {
    Buffer zip = {0};
    unsigned char *npy;
    size_t n;
    Member m[2] = {{.name = "stored.npy"}, {.name = "packed.npy", .deflate = 1}};
    const char *path = fixture_path("plain.npy");
    cr_assert_eq(npy_write(path, NPY_F32, 2, (int64_t[]){2, 3}, VALUES, NULL), STATUS_OK);
    cr_assert_eq(file_read(path, 1 << 16, &npy, &n, NULL), STATUS_OK);
    for (int i = 0; i < 2; i++) put_member(&zip, &m[i], npy, n);
    put_directory(&zip, m, 2);
    mem_free(npy);
    return zip;
}

static Status read_as(const char *name, size_t most, Npy *a, Error *err) {
    char path[600];
    snprintf(path, sizeof path, "%s:%s", fixture_path("a.npz"), name);
    return npy_read(a, path, most, err);
}

Test(npz, members_read_as_the_files_they_are) {
    static const char *const names[] = {"stored", "packed", "packed.npy"};
    Buffer zip = archive();
    fixture_file("a.npz", zip.data, zip.size);
    for (int i = 0; i < 3; i++) {
        Npy a;
        Error err;
        cr_assert_eq(read_as(names[i], 1 << 16, &a, &err), STATUS_OK, "%s", err.message);
        cr_assert(a.type == NPY_F32 && a.rank == 2 && a.dim[0] == 2 && a.dim[1] == 3);
        cr_assert_eq(memcmp(a.data, VALUES, sizeof VALUES), 0);
        npy_free(&a);
    }
    expect_msach(0, "float32 (2", "inspect %s:packed", fixture_path("a.npz"));
    buffer_free(&zip);
}

static void refused_as(const char *name, size_t most, const char *why) {
    Npy a;
    Error err = {0};
    Status s = read_as(name, most, &a, &err);
    cr_assert(s == STATUS_INPUT && fixture_says(&err, STATUS_INPUT, why), "%s", err.message);
}

/* An archive of one deflated array, whose directory says `more` bytes more than the array has and `cut` packed bytes fewer. */
static Buffer one_packed(int more, int cut) {
    Buffer zip = {0};
    const char *path = fixture_path("plain.npy");
    unsigned char *npy;
    size_t n;
    Member m = {.name = "x.npy", .deflate = 1};
    cr_assert_eq(npy_write(path, NPY_F32, 2, (int64_t[]){2, 3}, VALUES, NULL), STATUS_OK);
    cr_assert_eq(file_read(path, 1 << 16, &npy, &n, NULL), STATUS_OK);
    put_member(&zip, &m, npy, n);
    m.size += (size_t)more, m.packed -= (size_t)cut;
    put_directory(&zip, &m, 1);
    mem_free(npy);
    return zip;
}

Test(npz, a_packed_array_has_the_size_that_the_directory_says) {
    static const int more[] = {1, -1, 0};
    for (int i = 0; i < 3; i++) {
        Buffer zip = one_packed(more[i], more[i] == 0);
        fixture_file("a.npz", zip.data, zip.size);
        refused_as("x", 1 << 16, "compressed data are damaged");
        buffer_free(&zip);
    }
}

/* A flipped bit in the packed bytes: the array is read unchanged, or refused. */
Test(npz, damaged_streams_end) {
    Buffer zip = one_packed(0, 0);
    int refused = 0;
    for (size_t i = 8 * 39; i < 8 * (zip.size - 22 - 46 - 5); i++) {
        Npy a;
        zip.data[i / 8] ^= (uint8_t)(1u << (i % 8));
        fixture_file("a.npz", zip.data, zip.size);
        if (read_as("x", 1 << 16, &a, NULL) != STATUS_OK)
            refused++;
        else
            cr_assert_eq(memcmp(a.data, VALUES, sizeof VALUES), 0);
        npy_free(&a);
        zip.data[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    cr_assert(refused > 100, "%d", refused);
    buffer_free(&zip);
}

Test(npz, what_is_wrong_is_named) {
    Buffer zip = archive();
    Npy a;
    Error err;
    const char *path = fixture_file("a.npz", zip.data, zip.size);
    refused_as("other", 1 << 16, "no array 'other'; it holds: stored, packed");
    refused_as("stored", 8, "more than the 8 bytes allowed here");
    cr_assert_eq(npy_read(&a, path, 1 << 16, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, "FILE.npz:NAME"), "%s", err.message);
    zip.data[30 + 10 + 4 + 128 + 3] ^= 1;
    fixture_file("a.npz", zip.data, zip.size);
    refused_as("stored", 1 << 16, "checksum is wrong");
    fixture_file("a.npz", zip.data, zip.size - 23);
    refused_as("stored", 1 << 16, "is no zip file");
    buffer_free(&zip);
}

/* Flips each bit of each byte in turn: the result is an array or an error. */
Test(npz, every_flipped_bit_ends) {
    Buffer zip = archive();
    for (size_t i = 0; i < 8 * zip.size; i += 3) {
        Npy a;
        zip.data[i / 8] ^= (uint8_t)(1u << (i % 8));
        fixture_file("a.npz", zip.data, zip.size);
        for (int k = 0; k < 2; k++)
            if (read_as(k ? "packed" : "stored", 1 << 16, &a, NULL) == STATUS_OK) npy_free(&a);
        zip.data[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    buffer_free(&zip);
}
