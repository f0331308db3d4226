#include "nn/base/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* -1: this call must fail; errno is set. 1: this call must be short. 0: no fault. */
static int planted(void) {
    return PART_FAULTS ? sys_fault() : 0;
}

/* For calls that signals do not interrupt. */
static int refused(void) {
    return planted() < 0 && errno != EINTR;
}

static size_t shorter(size_t size) {
    return size > 1 ? size / 2 : size;
}

int sys_open(const char *path, int flags, mode_t mode) {
    int fd;
    do fd = planted() < 0 ? -1 : open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

FILE *sys_fopen(const char *path) {
    int fd = sys_open(path, O_RDONLY, 0);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
    if (fd >= 0 && !f) sys_close(fd);
    return f;
}

ssize_t sys_write(int fd, const void *data, size_t size) {
    int fault = planted();
    return fault < 0 ? -1 : write(fd, data, fault ? shorter(size) : size);
}

ssize_t sys_pwrite(int fd, const void *data, size_t size, off_t offset) {
    int fault = planted();
    return fault < 0 ? -1 : pwrite(fd, data, fault ? shorter(size) : size, offset);
}

ssize_t sys_pread(int fd, void *data, size_t size, off_t offset) {
    int fault = planted();
    return fault < 0 ? -1 : pread(fd, data, fault ? shorter(size) : size, offset);
}

int sys_fsync(int fd) {
    return planted() < 0 ? -1 : fsync(fd);
}

int sys_close(int fd) {
    int failed = planted() < 0, code = errno;
    int result = close(fd);
    if (failed) errno = code;
    return failed ? -1 : result;
}

int sys_rename(const char *from, const char *to) {
    return refused() ? -1 : rename(from, to);
}

void *sys_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    return refused() ? MAP_FAILED : mmap(at, size, protection, flags, fd, offset);
}
