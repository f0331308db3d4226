#include "tests/fuzz/harness.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/base/bytes.h"

enum { PATHS = 64 };

/* A file stays open from its first input to the last: opening it anew costs as much as a small parser. */
static struct {
    char *path;
    int fd;
} files[PATHS];
static char folder[512];
static int n_files;
static pid_t owner;

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *place) {
    (void)st, (void)kind, (void)place;
    return remove(path);
}

static void clean(void) {
    for (int i = 0; i < n_files; i++) free(files[i].path);
    n_files = 0;
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

static int file_of(const char *name) {
    size_t n = strlen(harness_folder()) + 1, size = n + strlen(name) + 1;
    for (int i = 0; i < n_files; i++)
        if (strcmp(files[i].path + n, name) == 0) return i;
    FUZZ_CHECK(n_files < PATHS);
    char *path = malloc(size);
    FUZZ_CHECK(path != NULL);
    snprintf(path, size, "%s/%s", folder, name);
    files[n_files].path = path;
    files[n_files].fd = -1;
    return n_files++;
}

const char *harness_path(const char *name) {
    return files[file_of(name)].path;
}

/* Returns the file's size. Code under test may have put another file in its place, or removed it. */
static off_t keep_open(int i) {
    struct stat st;
    if (files[i].fd >= 0 && fstat(files[i].fd, &st) == 0 && st.st_nlink > 0) return st.st_size;
    if (files[i].fd >= 0) close(files[i].fd);
    files[i].fd = open(files[i].path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FUZZ_CHECK(files[i].fd >= 0);
    return 0;
}

const char *harness_file(const char *name, const void *data, size_t size) {
    int i = file_of(name);
    if (keep_open(i) > (off_t)size) FUZZ_CHECK(ftruncate(files[i].fd, (off_t)size) == 0);
    FUZZ_CHECK(size == 0 || pwrite(files[i].fd, data, size, 0) == (ssize_t)size);
    return files[i].path;
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
