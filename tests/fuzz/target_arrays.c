/* Arrays and weights: .npy and safetensors. What was read and written again reads back the same. */
#include <stdio.h>
#include <string.h>

#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "nn/safetensors.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"

/* ---- npy ---- */

static size_t array_bytes(const Npy *a) {
    return npy_entries(a) * a->width;
}

/* Bytes that begin as a zip file are an archive, of which the array "a" is read. */
void fuzz_npy(const uint8_t *data, size_t size) {
    Npy a, again;
    Error err = {0};
    char member[1024];
    bool zip = size >= 2 && memcmp(data, "PK", 2) == 0;
    const char *input = harness_file(zip ? "input.npz" : "input.npy", data, size);
    snprintf(member, sizeof member, "%s%s", input, zip ? ":a" : "");
    Status s = npy_read(&a, member, 1 << 20, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && err.message[0]));
    if (s != STATUS_OK) return;
    FUZZ_CHECK(a.rank >= 1 && a.rank <= 4 && array_bytes(&a) <= 1 << 20);
    if (a.type == NPY_TEXT) { /* is not written */
        npy_free(&a);
        return;
    }
    const char *path = harness_path("written.npy");
    FUZZ_CHECK(npy_write(path, a.type, a.rank, a.dim, a.data, NULL) == STATUS_OK);
    FUZZ_CHECK(npy_read(&again, path, 1 << 20, NULL) == STATUS_OK);
    FUZZ_CHECK(again.type == a.type && again.rank == a.rank);
    for (int i = 0; i < a.rank; i++) FUZZ_CHECK(again.dim[i] == a.dim[i]);
    FUZZ_CHECK(memcmp(again.data, a.data, array_bytes(&a)) == 0);
    npy_free(&again);
    npy_free(&a);
}

/* ---- safetensors ---- */

static void check_same(const StFile *a, const StFile *b) {
    FUZZ_CHECK(a->n_tensors == b->n_tensors);
    for (size_t i = 0; i < a->n_tensors; i++) {
        const StTensor *x = &a->tensors[i], *y = st_find(b, x->name);
        FUZZ_CHECK(y && x->type == y->type && x->rank == y->rank && x->bytes == y->bytes);
        for (int k = 0; k < x->rank; k++) FUZZ_CHECK(x->dim[k] == y->dim[k]);
        FUZZ_CHECK(memcmp(x->data, y->data, x->bytes) == 0);
    }
    for (size_t i = 0; i < a->n_meta; i++) {
        const char *value = st_get(b, a->meta[i].key);
        FUZZ_CHECK(value && (strcmp(a->meta[i].key, "crc32") == 0 || strcmp(value, a->meta[i].value) == 0));
    }
}

static void read_tensors(const char *path, bool require_crc) {
    StFile f, again;
    Error err = {0};
    Status s = st_read(&f, path, require_crc, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && err.message[0]));
    if (s == STATUS_OK) {
        const char *written = harness_path("written.safetensors");
        FUZZ_CHECK(st_write(&f, written, &err) == STATUS_OK);
        FUZZ_CHECK(st_read(&again, written, true, &err) == STATUS_OK);
        check_same(&f, &again);
        st_free(&again);
    }
    st_free(&f);
}

/* Puts the right digits behind the first "crc32":" of the header; false where there is none. */
static int repair(uint8_t *data, size_t size) {
    static const char key[] = "\"crc32\":\"";
    const size_t n = sizeof key - 1;
    for (size_t i = 8; i + n + 8 < size; i++) {
        if (memcmp(data + i, key, n) != 0) continue;
        char digits[9];
        memset(data + i + n, '0', 8);
        snprintf(digits, sizeof digits, "%08x", crc32_update(0, data, size));
        memcpy(data + i + n, digits, 8);
        return 1;
    }
    return 0;
}

void fuzz_safetensors(const uint8_t *data, size_t size) {
    uint8_t *copy = harness_copy(data, size);
    bool repaired = harness_choice(data, size, 2) && repair(copy, size);
    bool require_crc = repaired || harness_choice(data, size, 16) == 0;
    read_tensors(harness_file("input.safetensors", copy, size), require_crc);
    free(copy);
}
