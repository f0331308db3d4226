#include <errno.h>
#include <sys/mman.h>

#include "nn/base/bytes.h"
#include "nn/base/sys.h"

Status file_map(const char *path, FileMap *map, Error *err) {
    map->data = NULL;
    map->size = 0;
    int fd = -1;
    size_t n = 0;
    TRY(file_open(path, &fd, &n, err));
    if (n == 0) {
        sys_close(fd);
        return error_set(err, STATUS_INPUT, "%s: is empty; get the file again", path);
    }
    void *p = sys_mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    Status s = p == MAP_FAILED ? error_from_errno(err, path, "map") : STATUS_OK;
    sys_close(fd);
    if (s != STATUS_OK) return s;
    map->data = p;
    map->size = n;
    return STATUS_OK;
}

void file_unmap(FileMap *map) {
    if (map->data) munmap((void *)(uintptr_t)map->data, map->size);
    map->data = NULL;
    map->size = 0;
}
