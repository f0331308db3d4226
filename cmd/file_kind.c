#include "cmd/file_kind.h"

#include <stdbool.h>
#include <string.h>

#include "cmd/foreign.h"
#include "nn/base/bytes.h"
#include "nn/base/npz.h"
#include "nn/base/parts.h"

static bool ends_with(const char *path, const char *ending) {
    size_t n = strlen(path), k = strlen(ending);
    return n >= k && strcmp(path + n - k, ending) == 0;
}

Status file_kind(const char *path, FileKind *kind, Error *err) {
    unsigned char head[64] = {0};
    size_t n;
    *kind = FILE_CODES;
    if (PART_ARRAYS && npz_is_member(path, &n)) return STATUS_OK;
    TRY(file_head(path, head, sizeof head, &n, err));
    const char *foreign = PART_HINTS && !ends_with(path, ".idx") ? foreign_name(head, n) : NULL;
    if (ends_with(path, ".npy") || memcmp(head, "\x93NUMPY", 6) == 0)
        *kind = FILE_CODES;
    else if (ends_with(path, ".safetensors") || (!ends_with(path, ".idx") && head[8] == '{'))
        *kind = FILE_WEIGHTS;
    else
        *kind = foreign ? FILE_FOREIGN : FILE_INDEX;
    if (*kind != FILE_FOREIGN) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%s: is %s; a model, checkpoint or index of msach, or a .npy array (FILE.npy, "
                     "FILE.npz:NAME), was expected",
                     path, foreign);
}
