/* Folders of bytes.h: sweeping, removing; a file in a new folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"

static int is_temporary(const char *name) {
    const char *end = strrchr(name, '.');
    return end && strncmp(end, ".tmp", 4) == 0 && end[4] && end[4 + strspn(end + 4, "0123456789")] == 0;
}

void dir_sweep(const char *folder) {
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        char *path = is_temporary(e->d_name) ? path_join(folder, e->d_name) : NULL;
        if (path) unlink(path);
        mem_free(path);
    }
    if (d) closedir(d);
}

enum { PATH_ROOM = 4096 };

/* Removes the folder `path` (PATH_ROOM), of this length, and its contents. A link is removed, not followed. */
static void remove_folder(char *path, size_t length) {
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        int n = snprintf(path + length, PATH_ROOM - length, "/%s", e->d_name);
        bool inside = strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
        if (inside && n > 0 && (size_t)n < PATH_ROOM - length && unlink(path) != 0)
            remove_folder(path, length + (size_t)n);
    }
    path[length] = 0;
    if (d) closedir(d);
    rmdir(path);
}

void dir_remove(const char *folder) {
    char path[PATH_ROOM];
    int n = snprintf(path, sizeof path, "%s", folder);
    if (n > 0 && (size_t)n < sizeof path) remove_folder(path, (size_t)n);
}

Status file_write_plain(const char *path, const void *data, size_t size, Error *err) {
    const unsigned char *from = data;
    int code = 0, fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0) return error_from_errno(err, path, "write");
    while (size && !code) {
        ssize_t n = sys_write(fd, from, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            code = errno;
        else
            from += n, size -= (size_t)n;
    }
    if (sys_close(fd) != 0 && !code && errno != EINTR) code = errno;
    errno = code;
    return code ? error_from_errno(err, path, "write") : STATUS_OK;
}
