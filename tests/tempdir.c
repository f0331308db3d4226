#include "tests/tempdir.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/check.h"

TempDir temp_make(void) {
    TempDir d = {.path = "/tmp/msach-test-XXXXXX"};
    cr_assert_not_null(mkdtemp(d.path));
    return d;
}

static int each_file(const TempDir *d, int erase) {
    DIR *dir = opendir(d->path);
    int n = 0;
    if (!dir) return 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.' && (!e->d_name[1] || e->d_name[1] == '.')) continue;
        char path[384];
        snprintf(path, sizeof path, "%s/%s", d->path, e->d_name);
        n++;
        if (erase) unlink(path);
    }
    closedir(dir);
    return n;
}

int temp_count(const TempDir *d) {
    return each_file(d, 0);
}

void temp_remove(TempDir *d) {
    each_file(d, 1);
    rmdir(d->path);
}

const char *temp_path(TempDir *d, const char *name) {
    snprintf(d->file, sizeof d->file, "%s/%s", d->path, name);
    return d->file;
}

void raw_write(const char *path, const void *data, size_t size) {
    unlink(path); /* truncating an old file makes some file systems wait for the disk */
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(data, 1, size, f), size);
    cr_assert_eq(fclose(f), 0);
}

long raw_read(const char *path, void *data, size_t capacity) {
    FILE *f = fopen(path, "rb");
    if (!f) return -1;
    size_t n = fread(data, 1, capacity, f);
    fclose(f);
    return (long)n;
}
