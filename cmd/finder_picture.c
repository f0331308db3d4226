#include <string.h>

#include "cmd/finder_groups.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

char *finder_picture_in(const char *folder, const char *image) {
    for (const char *end = image;;) {
        const char *slash = strchr(end, '/');
        bool up = strncmp(end, "../", 3) == 0 || end[0] == '/';
        char *path = up ? NULL : path_join(folder, end);
        if (!slash || (path && path_exists(path))) return path;
        mem_free(path);
        end = slash + 1;
    }
}
