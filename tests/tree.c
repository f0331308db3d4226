#include "tests/tree.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

/* nftw gives no context to its callback; a test is one thread. */
static Tree *reading;
static size_t root_length;

static int add(const char *path, const struct stat *st, int type, struct FTW *at) {
    if (at->level == 0) return 0;
    reading->file = realloc(reading->file, (size_t)(reading->n + 1) * sizeof *reading->file);
    cr_assert_not_null(reading->file);
    TreeFile *f = &reading->file[reading->n++];
    *f = (TreeFile){.name = strdup(path + root_length + 1), .is_folder = type == FTW_D};
    cr_assert_not_null(f->name);
    if (f->is_folder) return 0;
    f->size = (size_t)st->st_size;
    f->data = malloc(f->size + 1);
    FILE *from = fopen(path, "rb");
    cr_assert(f->data && from, "%s", path);
    cr_assert_eq(fread(f->data, 1, f->size, from), f->size);
    fclose(from);
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const TreeFile *)a)->name, ((const TreeFile *)b)->name);
}

Tree tree_read(const char *folder) {
    Tree t = {0};
    reading = &t;
    root_length = strlen(folder);
    nftw(folder, add, 8, FTW_PHYS);
    if (t.n) qsort(t.file, (size_t)t.n, sizeof *t.file, by_name);
    return t;
}

void tree_free(Tree *t) {
    for (int i = 0; i < t->n; i++) {
        free(t->file[i].name);
        free(t->file[i].data);
    }
    free(t->file);
    *t = (Tree){0};
}

const TreeFile *tree_find(const Tree *t, const char *name) {
    TreeFile key = {.name = (char *)(size_t)name};
    return t->n ? bsearch(&key, t->file, (size_t)t->n, sizeof *t->file, by_name) : NULL;
}

int tree_file_same(const TreeFile *a, const TreeFile *b) {
    return a && b && a->is_folder == b->is_folder && a->size == b->size &&
           (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

const char *tree_difference(const Tree *a, const Tree *b) {
    for (int i = 0; i < a->n; i++)
        if (!tree_file_same(&a->file[i], tree_find(b, a->file[i].name))) return a->file[i].name;
    for (int i = 0; i < b->n; i++)
        if (!tree_find(a, b->file[i].name)) return b->file[i].name;
    return NULL;
}

void tree_restore(const Tree *t, const char *folder) {
    Tree now = tree_read(folder);
    char path[1024];
    mkdir(folder, 0777);
    for (int i = now.n; i-- > 0;) {
        if (tree_file_same(&now.file[i], tree_find(t, now.file[i].name))) continue;
        snprintf(path, sizeof path, "%s/%s", folder, now.file[i].name);
        cr_assert_eq(remove(path), 0, "%s", path);
    }
    for (int i = 0; i < t->n; i++) {
        const TreeFile *f = &t->file[i];
        if (tree_file_same(f, tree_find(&now, f->name))) continue;
        snprintf(path, sizeof path, "%s/%s", folder, f->name);
        if (f->is_folder) {
            cr_assert_eq(mkdir(path, 0777), 0, "%s", path);
            continue;
        }
        FILE *to = fopen(path, "wb");
        cr_assert_not_null(to, "%s", path);
        cr_assert_eq(fwrite(f->data, 1, f->size, to), f->size);
        cr_assert_eq(fclose(to), 0);
    }
    tree_free(&now);
}
