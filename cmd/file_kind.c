#define _POSIX_C_SOURCE 200809L
#include "cmd/file_kind.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/base/sys.h"

static int ends_with(const char *path, const char *ending) {
    size_t n = strlen(path), k = strlen(ending);
    return n >= k && strcmp(path + n - k, ending) == 0;
}

Status file_kind(const char *path, FileKind *kind, Error *err) {
    unsigned char head[9] = {0};
    struct stat st;
    if (stat(path, &st) != 0) return error_from_errno(err, path, "open");
    if (!S_ISREG(st.st_mode)) return error_set(err, STATUS_INPUT, "%s: is no regular file", path);
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return error_from_errno(err, path, "open");
    ssize_t n = sys_pread(fd, head, sizeof head, 0);
    sys_close(fd);
    if (n < 0) return error_from_errno(err, path, "read");
    if (ends_with(path, ".npy") || memcmp(head, "\x93NUMPY", 6) == 0)
        *kind = FILE_CODES;
    else if (ends_with(path, ".safetensors") || (!ends_with(path, ".idx") && head[8] == '{'))
        *kind = FILE_WEIGHTS;
    else
        *kind = FILE_INDEX;
    return STATUS_OK;
}
