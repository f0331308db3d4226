/* Files of bytes.h: reading, atomic replacement, paths. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"

enum { WRITE_BUFFER = 1 << 16 };

/* O_NONBLOCK keeps a FIFO from blocking the open. */
Status file_open(const char *path, int *fd, size_t *size, Error *err) {
    *fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (*fd < 0) return error_from_errno(err, path, "open");
    struct stat st;
    if (fstat(*fd, &st) != 0) {
        Status s = error_from_errno(err, path, "stat");
        sys_close(*fd);
        return s;
    }
    if (!S_ISREG(st.st_mode)) {
        sys_close(*fd);
        return error_set(err, STATUS_INPUT, "%s: is %s; a regular file was expected", path,
                         S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
    }
    if ((unsigned long long)st.st_size > SIZE_MAX / 2) {
        sys_close(*fd);
        return error_set(err, STATUS_INPUT, "%s: is too large for this machine", path);
    }
    *size = (size_t)st.st_size;
    return STATUS_OK;
}

static Status read_exactly(int fd, const char *path, unsigned char *data, size_t size, Error *err) {
    for (size_t have = 0; have < size;) {
        ssize_t n = sys_pread(fd, data + have, size - have, (off_t)have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return error_from_errno(err, path, "read");
        if (n == 0) return error_set(err, STATUS_IO, "%s: became shorter while it was read", path);
        have += (size_t)n;
    }
    return STATUS_OK;
}

Status file_read(const char *path, size_t max_size, unsigned char **data, size_t *size, Error *err) {
    *data = NULL;
    *size = 0;
    int fd = -1;
    size_t n = 0;
    TRY(file_open(path, &fd, &n, err));
    Status s = STATUS_OK;
    unsigned char *bytes = NULL;
    if (n > max_size)
        s = error_set(err, STATUS_INPUT, "%s: holds %zu bytes; at most %zu were expected", path, n, max_size);
    else if (!(bytes = mem_alloc(n + 1)))
        s = mem_error(err, path);
    else {
        s = read_exactly(fd, path, bytes, n, err);
        bytes[n] = 0;
    }
    sys_close(fd);
    if (s != STATUS_OK) {
        mem_free(bytes);
        return s;
    }
    *data = bytes;
    *size = n;
    return STATUS_OK;
}

Status file_head(const char *path, unsigned char *head, size_t size, size_t *got, Error *err) {
    int fd;
    TRY(file_open(path, &fd, got, err));
    if (*got > size) *got = size;
    Status s = read_exactly(fd, path, head, *got, err);
    sys_close(fd);
    return s;
}

/* ---- Atomic replacement ---- */

static char *string_join(const char *a, const char *b, const char *c) {
    size_t na = strlen(a), nb = strlen(b), nc = strlen(c);
    char *s = mem_alloc(na + nb + nc + 1);
    if (!s) return NULL;
    memcpy(s, a, na);
    memcpy(s + na, b, nb);
    memcpy(s + na + nb, c, nc + 1);
    return s;
}

static void writer_free(FileWriter *w) {
    mem_free(w->path);
    mem_free(w->temporary);
    mem_free(w->buffer);
    memset(w, 0, sizeof *w);
    w->fd = -1;
}

/* The new file keeps the mode of the old one, and owner and group where the system permits; another group gets no rights. */
static void keep_mode(int fd, const struct stat *old) {
    bool kept = fchown(fd, old->st_uid, old->st_gid) == 0 || fchown(fd, (uid_t)-1, old->st_gid) == 0;
    fchmod(fd, old->st_mode & (kept ? 0777 : 0707));
}

Status file_begin(FileWriter *w, const char *path, Error *err) {
    struct stat st = {0};
    char pid[32];
    bool there = stat(path, &st) == 0, direct = there && !S_ISREG(st.st_mode); /* a device or a FIFO */
    *w = (FileWriter){.fd = -1};
    if (S_ISDIR(st.st_mode))
        return error_set(err, STATUS_INPUT, "%s: is a directory; a file name was expected", path);
    if (!there && readlink(path, pid, sizeof pid) > 0)
        return error_set(err, STATUS_INPUT, "%s: is a link to a missing file; remove the link", path);
    snprintf(pid, sizeof pid, ".tmp%ld", (long)getpid());
    w->path = direct ? mem_strdup(path) : path_target(path);
    w->temporary = direct || !w->path ? NULL : string_join(w->path, pid, "");
    w->buffer = mem_alloc(WRITE_BUFFER);
    if (!w->path || (!direct && !w->temporary) || !w->buffer) {
        writer_free(w);
        return mem_error(err, path);
    }
    /* A killed process may have left a file of this name, or somebody planted a link, which O_EXCL does not follow. */
    if (!direct) unlink(w->temporary);
    w->fd = direct ? sys_open(path, O_WRONLY, 0)
                   : sys_open(w->temporary, O_WRONLY | O_CREAT | O_EXCL, there ? 0600 : 0666);
    Status s = w->fd < 0 ? error_from_errno(err, path, "write") : STATUS_OK;
    if (w->fd >= 0 && there && !direct) keep_mode(w->fd, &st);
    if (w->fd < 0) writer_free(w);
    return s;
}

static void write_through(FileWriter *w, const unsigned char *data, size_t size) {
    while (size && !w->code) {
        ssize_t n = sys_write(w->fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            w->code = errno;
            return;
        }
        data += n;
        size -= (size_t)n;
    }
}

static void flush(FileWriter *w) {
    write_through(w, w->buffer, w->buffered);
    w->buffered = 0;
}

void file_put(FileWriter *w, const void *data, size_t size) {
    if (w->code || size == 0) return;
    w->crc = crc32_update(w->crc, data, size);
    w->written += size;
    if (size >= WRITE_BUFFER - w->buffered) flush(w);
    if (size >= WRITE_BUFFER) {
        write_through(w, data, size);
        return;
    }
    memcpy(w->buffer + w->buffered, data, size);
    w->buffered += size;
}

void file_put_numbers(FileWriter *w, const void *data, size_t bytes, size_t width) {
    const unsigned char *from = data;
    unsigned char piece[1 << 14];
    for (size_t at = 0; at < bytes;) {
        size_t n = bytes - at < sizeof piece ? bytes - at : sizeof piece;
        numbers_convert(piece, from + at, n, width);
        file_put(w, piece, n);
        at += n;
    }
}

void file_printf(FileWriter *w, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    char small[1024];
    int n = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof small) {
        file_put(w, small, (size_t)n);
    } else if (n >= 0) {
        char *large = mem_alloc((size_t)n + 1);
        if (large) {
            vsnprintf(large, (size_t)n + 1, fmt, again);
            file_put(w, large, (size_t)n);
            mem_free(large);
        } else if (!w->code) {
            w->code = ENOMEM;
        }
    }
    va_end(again);
}

void file_put_at(FileWriter *w, uint64_t offset, const void *data, size_t size) {
    flush(w);
    const unsigned char *p = data;
    while (size && !w->code) {
        ssize_t n = sys_pwrite(w->fd, p, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            w->code = errno;
            return;
        }
        p += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
}

static int sync_retrying(int fd) {
    int r;
    do r = sys_fsync(fd);
    while (r != 0 && errno == EINTR);
    return r;
}

/* Makes a rename durable. Some file systems refuse to sync a directory, which is not an error. */
static void sync_parent(const char *path) {
    char *folder = path_beside(path, ".");
    if (!folder) return;
    int fd = sys_open(folder, O_RDONLY, 0);
    if (fd >= 0) {
        sync_retrying(fd);
        sys_close(fd);
    }
    mem_free(folder);
}

Status file_commit(FileWriter *w, Error *err) {
    flush(w);
    if (!w->code && w->temporary && sync_retrying(w->fd) != 0) w->code = errno;
    if (sys_close(w->fd) != 0 && !w->code && errno != EINTR) w->code = errno;
    w->fd = -1;
    if (!w->code && w->temporary && sys_rename(w->temporary, w->path) != 0) w->code = errno;
    Status s = STATUS_OK;
    if (w->code) {
        errno = w->code;
        s = error_from_errno(err, w->path, "write");
        if (w->temporary) unlink(w->temporary);
    } else if (w->temporary) {
        sync_parent(w->path);
    }
    writer_free(w);
    return s;
}

void file_abort(FileWriter *w) {
    if (w->fd >= 0) {
        sys_close(w->fd);
        if (w->temporary) unlink(w->temporary);
    }
    writer_free(w);
}

Status file_write(const char *path, const void *data, size_t size, Error *err) {
    FileWriter w;
    TRY(file_begin(&w, path, err));
    file_put(&w, data, size);
    return file_commit(&w, err);
}

/* ---- Paths ---- */

int path_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

int path_is_dir(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

Status dir_make(const char *path, Error *err) {
    char *p = mem_strdup(path);
    if (!p) return mem_error(err, path);
    Status s = STATUS_OK;
    for (char *c = p + 1; s == STATUS_OK; c++) {
        if (*c != '/' && *c != 0) continue;
        char kept = *c;
        *c = 0;
        if (mkdir(p, 0777) != 0 && errno != EEXIST) s = error_from_errno(err, path, "make the directory");
        *c = kept;
        if (kept == 0) break;
    }
    if (s == STATUS_OK && !path_is_dir(path))
        s = error_set(err, STATUS_INPUT, "%s: is not a directory; choose another path", path);
    mem_free(p);
    return s;
}

char *path_join(const char *folder, const char *name) {
    size_t n = strlen(folder);
    return string_join(folder, n && folder[n - 1] == '/' ? "" : "/", name);
}

char *path_real(const char *path) {
    char resolved[PATH_MAX];
    return realpath(path, resolved) ? mem_strdup(resolved) : NULL;
}

char *path_target(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? path_real(path) : mem_strdup(path);
}

char *path_beside(const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    if (name[0] == '/' || !slash) return mem_strdup(name);
    char *folder = mem_strdup(path);
    if (!folder) return NULL;
    folder[slash - path] = 0;
    char *joined = path_join(folder[0] ? folder : "/", name);
    mem_free(folder);
    return joined;
}
