#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "data/own_features.h"
#include "data/row_ids.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"

static const size_t MAX_BYTES = (size_t)1 << 36;

static Status take_shape(OwnFeatures *f, const Npy *a, const char *path, Error *err) {
    int64_t dim[4] = {a->dim[0], 1, 1, a->dim[a->rank - 1]};
    bool fits = a->type != NPY_TEXT && a->rank >= 2;
    if (a->rank >= 3) dim[2] = a->dim[a->rank - 2];
    if (a->rank == 4) dim[1] = a->dim[1];
    for (int k = 0; k < 4; k++) fits = fits && dim[k] >= 1 && dim[k] <= INT_MAX / 4;
    if (!fits)
        return error_set(err, STATUS_INPUT,
                         "%s: features of shape (n,width), (n,tokens,width) or (n,views,tokens,width) "
                         "were expected, as numbers",
                         path);
    f->n = (int)dim[0], f->views = (int)dim[1], f->tokens = (int)dim[2], f->width = (int)dim[3];
    return STATUS_OK;
}

/* Row `from` of the array to case `to`. */
static Status copy_row(OwnFeatures *f, const Npy *a, int from, int to, const char *path, Error *err) {
    size_t size = (size_t)f->views * own_features_size(f);
    for (size_t k = 0; k < size; k++) {
        float x = (float)npy_number(a, (size_t)from * size + k);
        unsigned char bits[4];
        uint32_t word;
        if (!isfinite(x))
            return error_set(err, STATUS_INPUT,
                             "%s: row %d, column %zu is %g; finite numbers within float32 were expected",
                             path, from + 1, k + 1, npy_number(a, (size_t)from * size + k));
        f->x[(size_t)to * size + k] = x;
        memcpy(&word, &x, sizeof word);
        put_u32(bits, word);
        f->crc = crc32_update(f->crc, bits, sizeof bits);
    }
    return STATUS_OK;
}

static Status take_rows(OwnFeatures *f, const Npy *a, const char *path, const Manifest *m, Error *err) {
    TRY(take_shape(f, a, path, err));
    int n = m ? m->n : f->n, *row = mem_calloc((size_t)n, sizeof *row);
    f->x = mem_calloc((size_t)n, (size_t)f->views * own_features_size(f) * sizeof *f->x);
    Status s = row && f->x ? STATUS_OK : mem_error(err, path);
    for (int i = 0; s == STATUS_OK && i < n; i++) row[i] = i;
    if (s == STATUS_OK && m) s = row_ids_match(row, m, path, f->n, NULL, err);
    f->n = n;
    for (int i = 0; s == STATUS_OK && i < n; i++) s = copy_row(f, a, row[i], i, path, err);
    mem_free(row);
    return s;
}

Status own_features_read(OwnFeatures *f, const char *path, const Manifest *m, Error *err) {
    Npy a;
    memset(f, 0, sizeof *f);
    TRY(npy_read(&a, path, MAX_BYTES, err));
    Status s = take_rows(f, &a, path, m, err);
    npy_free(&a);
    return s;
}
