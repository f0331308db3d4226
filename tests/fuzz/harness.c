#include "tests/fuzz/harness.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include "nn/base/bytes.h"

enum { PATHS = 64 };

static char folder[512], *paths[PATHS];
static int n_paths;
static pid_t owner;

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *place) {
    (void)st, (void)kind, (void)place;
    return remove(path);
}

static void clean(void) {
    for (int i = 0; i < n_paths; i++) free(paths[i]);
    n_paths = 0;
    if (owner == getpid()) nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *harness_folder(void) {
    if (folder[0]) return folder;
    const char *base = getenv("TMPDIR");
    if (!base || !*base) base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/msach-fuzz-XXXXXX", base);
    FUZZ_CHECK(mkdtemp(folder) != NULL);
    owner = getpid();
    atexit(clean);
    return folder;
}

const char *harness_path(const char *name) {
    size_t n = strlen(harness_folder()) + 1, size = n + strlen(name) + 1;
    for (int i = 0; i < n_paths; i++)
        if (strcmp(paths[i] + n, name) == 0) return paths[i];
    FUZZ_CHECK(n_paths < PATHS);
    char *path = malloc(size);
    FUZZ_CHECK(path != NULL);
    snprintf(path, size, "%s/%s", folder, name);
    return paths[n_paths++] = path;
}

const char *harness_file(const char *name, const void *data, size_t size) {
    const char *path = harness_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FUZZ_CHECK(fd >= 0);
    FUZZ_CHECK(size == 0 || write(fd, data, size) == (ssize_t)size);
    close(fd);
    return path;
}

uint8_t *harness_copy(const void *data, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    FUZZ_CHECK(copy != NULL);
    if (size) memcpy(copy, data, size);
    return copy;
}

unsigned harness_choice(const void *data, size_t size, unsigned n) {
    return crc32_update(0, data, size) % n;
}
