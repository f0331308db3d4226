#include "tests/phantom_archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"

char *archive_path(const PhantomArchive *a, const char *name) {
    char *p = path_join(a->dir, name);
    cr_assert_not_null(p);
    return p;
}

void archive_make_dir(PhantomArchive *a) {
    snprintf(a->dir, sizeof a->dir, "/tmp/msach-phantom-XXXXXX");
    cr_assert_not_null(mkdtemp(a->dir));
}

static void remove_file(const PhantomArchive *a, const char *name) {
    char *p = archive_path(a, name);
    unlink(p);
    mem_free(p);
}

void archive_remove(const PhantomArchive *a) {
    char name[64];
    for (int i = 1; i <= a->options.cases; i++) {
        snprintf(name, sizeof name, "images/case%04d.png", i);
        remove_file(a, name);
    }
    char *images = archive_path(a, "images");
    rmdir(images);
    mem_free(images);
    remove_file(a, "manifest.tsv");
    remove_file(a, "truth.tsv");
    cr_assert_eq(rmdir(a->dir), 0, "something else is left in %s", a->dir);
}

void archive_write(PhantomArchive *a, int cases, int size, PhantomLang lang, uint64_t seed, Pool *pool) {
    PhantomOptions o = {.cases = cases, .size = size, .lang = lang, .seed = seed};
    a->options = o;
    archive_make_dir(a);
    Error err = {0};
    cr_assert_eq(phantom_write(a->dir, &o, pool, NULL, &err), STATUS_OK, "%s", err.message);
}

void archive_open(PhantomArchive *a, int cases, int size, PhantomLang lang, uint64_t seed) {
    archive_write(a, cases, size, lang, seed, NULL);
    ManifestOptions o = {.need_labels = true, .need_images = true, .need_texts = true};
    Error err = {0};
    char *path = archive_path(a, "manifest.tsv");
    cr_assert_eq(manifest_read(&a->manifest, path, &o, NULL, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(a->manifest.n, cases);
    mem_free(path);
}

void archive_close(PhantomArchive *a) {
    manifest_free(&a->manifest);
    archive_remove(a);
}

int archive_has_label(const Manifest *m, int i, PhantomLabel label) {
    for (int l = 0; l < m->n_labels; l++)
        if (strcmp(m->label_names[l], phantom_label_name(label)) == 0) return m->labels[i * m->n_labels + l];
    return 0;
}

Image archive_image(const Case *c) {
    Image im;
    Error err = {0};
    cr_assert_eq(image_read(&im, c->image_path, &err), STATUS_OK, "%s", err.message);
    return im;
}

int archive_same_file(const PhantomArchive *a, const PhantomArchive *b, const char *name) {
    unsigned char *x, *y;
    size_t nx, ny;
    Error err = {0};
    char *pa = archive_path(a, name), *pb = archive_path(b, name);
    cr_assert_eq(file_read(pa, 1 << 24, &x, &nx, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(file_read(pb, 1 << 24, &y, &ny, &err), STATUS_OK, "%s", err.message);
    int same = nx == ny && memcmp(x, y, nx) == 0;
    mem_free(x), mem_free(y), mem_free(pa), mem_free(pb);
    return same;
}

int archive_truth(const PhantomArchive *a, PhantomTruth *rows, int most) {
    unsigned char *data;
    size_t size;
    Error err = {0};
    char *path = archive_path(a, "truth.tsv");
    cr_assert_eq(file_read(path, 1 << 24, &data, &size, &err), STATUS_OK, "%s", err.message);
    int n = 0;
    char *save, *line = strtok_r((char *)data, "\n", &save);
    cr_assert_eq(strncmp(line, "id\tgroup\torgan\tfinding\tx_mm\t", 27), 0);
    while ((line = strtok_r(NULL, "\n", &save))) {
        PhantomTruth t;
        int got = sscanf(line, "%31s\t%31s\t%31s\t%31s\t%lf\t%lf\t%lf\t%lf\t%d\t%d\t%d\t%d\t%lf", t.id,
                         t.group, t.organ, t.finding, &t.x_mm, &t.depth_mm, &t.long_mm, &t.short_mm, &t.left,
                         &t.top, &t.right, &t.bottom, &t.mm_per_pixel);
        if (strcmp(t.finding, "normal") == 0) {
            cr_assert_not_null(strstr(line, "normal\t\t\t\t\t\t\t\t\t"));
            continue;
        }
        cr_assert_eq(got, 13, "%s", line);
        cr_assert_lt(n, most);
        rows[n++] = t;
    }
    mem_free(data);
    mem_free(path);
    return n;
}
