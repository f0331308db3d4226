#include "nn/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"

/* True where the locked file is still the one at the path. Its last holder may have removed it in between, and a lock on a removed
 * file excludes nobody. */
static int still_there(int fd, const char *path) {
    struct stat ours, theirs;
    return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

static Status take_once(Lock *l, const char *path, const char *busy, Error *err) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    l->fd = sys_open(path, O_RDWR | O_CREAT, 0666);
    if (l->fd < 0) return error_from_errno(err, path, "write");
    if (fcntl(l->fd, F_SETLK, &whole) == 0) return STATUS_OK;
    Status s = errno == EACCES || errno == EAGAIN ? error_set(err, STATUS_IO, "%s", busy)
                                                  : error_from_errno(err, path, "lock");
    sys_close(l->fd);
    return s;
}

Status lock_take(Lock *l, const char *path, const char *suffix, const char *busy, Error *err) {
    Buffer name = {0};
    l->path = NULL;
    buffer_printf(&name, "%s%s", path, suffix);
    Status s = name.failed ? mem_error(err, path) : take_once(l, (char *)name.data, busy, err);
    while (s == STATUS_OK && !still_there(l->fd, (char *)name.data)) {
        sys_close(l->fd);
        s = take_once(l, (char *)name.data, busy, err);
    }
    if (s == STATUS_OK)
        l->path = (char *)name.data;
    else
        buffer_free(&name);
    return s;
}

void lock_release(Lock *l) {
    if (!l->path) return;
    unlink(l->path);
    sys_close(l->fd);
    mem_free(l->path);
    l->path = NULL;
}
