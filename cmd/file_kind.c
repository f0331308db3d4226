#include "cmd/file_kind.h"

#include <stdbool.h>
#include <string.h>

#include "nn/base/bytes.h"

static bool ends_with(const char *path, const char *ending) {
    size_t n = strlen(path), k = strlen(ending);
    return n >= k && strcmp(path + n - k, ending) == 0;
}

Status file_kind(const char *path, FileKind *kind, Error *err) {
    unsigned char head[9] = {0};
    size_t n;
    TRY(file_head(path, head, sizeof head, &n, err));
    if (ends_with(path, ".npy") || memcmp(head, "\x93NUMPY", 6) == 0)
        *kind = FILE_CODES;
    else if (ends_with(path, ".safetensors") || (!ends_with(path, ".idx") && head[8] == '{'))
        *kind = FILE_WEIGHTS;
    else
        *kind = FILE_INDEX;
    return STATUS_OK;
}
