#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"
#include "train/features.h"

Status features_map(FeatureCache *f, const Session *s, const char *folder, Error *err) {
    log_line(s->log, "features of %zu MiB live in a mapped file (feature_mib %d)", f->block_size >> 20,
             s->config.feature_mib);
    char *path = path_join(folder, "features.tmp");
    if (!path) return mem_error(err, "the features");
    unlink(path); /* left by a killed process, or a planted link */
    int fd = sys_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    Status status = STATUS_OK;
    if (fd < 0 || unlink(path) != 0 || ftruncate(fd, (off_t)f->block_size) != 0) {
        status = error_from_errno(err, path, "make a file for the features");
    } else {
        f->block = sys_mmap(NULL, f->block_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        f->mapped = f->block != MAP_FAILED;
        if (!f->mapped) f->block = NULL, status = error_from_errno(err, path, "map a file for the features");
    }
    if (fd >= 0) sys_close(fd);
    mem_free(path);
    return status;
}

void features_unmap(FeatureCache *f) {
    munmap(f->block, f->block_size);
}
