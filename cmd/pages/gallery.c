#include "cmd/pages/gallery.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/pages/page_picture.h"
#include "data/picture/image.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/sys.h"

/* ---- Labels ---- */

static GalleryLabel *find_label(Gallery *g, const char *name) {
    for (size_t i = 0; i < g->n_labels; i++)
        if (strcmp(g->label[i].name, name) == 0) return &g->label[i];
    if (!mem_grow(&g->label, &g->label_capacity, g->n_labels + 1, sizeof *g->label)) return NULL;
    GalleryLabel *l = &g->label[g->n_labels];
    *l = (GalleryLabel){.name = mem_strdup(name)};
    if (!l->name) return NULL;
    g->n_labels++;
    return l;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const GalleryLabel *)a)->name, ((const GalleryLabel *)b)->name);
}

static Status list_cases(Gallery *g, Error *err) {
    for (int64_t row = 0; row < index_count(g->index); row++) {
        IndexCase c;
        if (index_deleted(g->index, row)) continue;
        g->row[g->n++] = row;
        TRY(index_case(g->index, row, &c, err));
        for (int k = 0; k < c.n_labels; k++) {
            GalleryLabel *l = find_label(g, c.labels[k]);
            if (!l || !mem_grow(&l->row, &l->capacity, l->n + 1, sizeof *l->row))
                return mem_error(err, "the gallery's labels");
            l->row[l->n++] = row;
        }
    }
    if (g->n_labels) qsort(g->label, g->n_labels, sizeof *g->label, by_name);
    return STATUS_OK;
}

/* ---- Neighbours ---- */

/* A case without modality m asks with a code of zeros; its page does not show the answer. */
static Status ask_all(Gallery *g, Modality m, Error *err) {
    size_t bytes = code_bytes(index_bits(g->index)), k = g->k + 1;
    uint8_t *codes = mem_calloc(g->n + 1, bytes);
    Status s = codes ? STATUS_OK : mem_error(err, "the gallery's neighbours");
    for (size_t i = 0; s == STATUS_OK && i < g->n; i++)
        memcpy(codes + i * bytes, index_codes(g->index, m) + (size_t)g->row[i] * bytes, bytes);
    if (s == STATUS_OK && g->n)
        s = index_search(g->index, modality_other(m), codes, g->n, k, -1, NULL, g->hit[m], g->found[m], NULL,
                         g->pool, err);
    mem_free(codes);
    return s;
}

Status gallery_open(Gallery *g, const char *index, size_t k, Pool *pool, const Log *log, Error *err) {
    memset(g, 0, sizeof *g);
    g->index_path = index;
    g->k = k;
    g->pool = pool;
    g->log = log;
    TRY(index_open(&g->index, index, err));
    size_t rows = (size_t)index_count(g->index);
    g->row = mem_calloc(rows + 1, sizeof *g->row);
    g->picture = mem_calloc(rows + 1, 1);
    if (!g->row || !g->picture) return mem_error(err, "the gallery");
    TRY(list_cases(g, err));
    for (Modality m = 0; m < MODALITIES; m++) {
        g->hit[m] = mem_calloc(g->n + 1, (k + 1) * sizeof(Hit));
        g->found[m] = mem_calloc(g->n + 1, sizeof *g->found[m]);
        if (!g->hit[m] || !g->found[m]) return mem_error(err, "the gallery's neighbours");
        TRY(ask_all(g, m, err));
    }
    return STATUS_OK;
}

void gallery_close(Gallery *g) {
    for (size_t i = 0; i < g->n_labels; i++) {
        mem_free(g->label[i].name);
        mem_free(g->label[i].row);
    }
    for (int m = 0; m < 2; m++) {
        mem_free(g->hit[m]);
        mem_free(g->found[m]);
    }
    mem_free(g->label);
    mem_free(g->row);
    mem_free(g->picture);
    mem_free(g->folder);
    if (g->index) index_close(g->index);
    memset(g, 0, sizeof *g);
}

/* ---- Pictures ---- */

static Status put_picture(Gallery *g, int64_t row, Error *err) {
    IndexCase c;
    char name[32];
    TRY(index_case(g->index, row, &c, err));
    if (!c.image || !c.image[0]) return STATUS_OK;
    char *path = path_beside(g->index_path, c.image);
    if (!path) return mem_error(err, "a picture's path");
    Buffer b = {0};
    Status s = page_picture(&b, path, err);
    ImageKind kind = image_kind(b.data, b.size);
    g->picture[row] = (uint8_t)(b.size == 0          ? PICTURE_BROKEN
                                : kind == IMAGE_JPEG ? PICTURE_JPEG
                                                     : PICTURE_PNG);
    g->pictures++;
    g->broken += g->picture[row] == PICTURE_BROKEN;
    const char *file = gallery_picture_name(g, row, name);
    if (s == STATUS_OK && file) s = gallery_put(g, file, &b, err);
    buffer_free(&b);
    mem_free(path);
    return s;
}

/* ---- Everything ---- */

static Status write_all(Gallery *g, Error *err) {
    char *pictures = path_join(g->folder, "picture");
    Status s = pictures ? dir_make(pictures, err) : mem_error(err, "the gallery");
    mem_free(pictures);
    for (size_t i = 0; s == STATUS_OK && i < 2 * g->n; i++) {
        s = i < g->n ? put_picture(g, g->row[i], err) : gallery_case(g, i - g->n, err);
        log_progress(g->log, "pictures and pages", (long)i + 1, (long)(2 * g->n));
        if (s == STATUS_OK && *g->stop) s = error_set(err, STATUS_CHECK, "stopped: no gallery was written");
    }
    return s == STATUS_OK ? gallery_lists(g, err) : s;
}

/* Removes a folder and its files. deeper: also its folders, one level. */
static void remove_folder(const char *folder, bool deeper) {
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        char *path =
            strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 ? path_join(folder, e->d_name) : NULL;
        if (path && deeper && path_is_dir(path))
            remove_folder(path, false);
        else if (path)
            unlink(path);
        mem_free(path);
    }
    if (d) closedir(d);
    rmdir(folder);
}

Status gallery_write(Gallery *g, const char *folder, const volatile sig_atomic_t *stop, Error *err) {
    Buffer part = {0};
    g->stop = stop;
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') length--;
    buffer_printf(&part, "%.*s.part%ld", (int)length, folder, (long)getpid());
    if (part.failed) return mem_error(err, "the gallery");
    g->folder = (char *)part.data;
    if (path_exists(folder))
        return error_set(err, STATUS_USAGE,
                         "%s: the folder is there already; use another --out, or remove it", folder);
    Status s = write_all(g, err);
    if (s == STATUS_OK && sys_rename(g->folder, folder) != 0) s = error_from_errno(err, folder, "write");
    if (s != STATUS_OK) remove_folder(g->folder, true);
    return s;
}
