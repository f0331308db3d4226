#include "cmd/pages/gallery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/pages/page_parts.h"
#include "cmd/terminal.h"
#include "data/picture/image.h"
#include "nn/base/alloc.h"
#include "nn/base/sys.h"

/* ---- Labels ---- */

static int by_name(const void *a, const void *b) {
    return strcmp(((const GalleryLabel *)a)->name, ((const GalleryLabel *)b)->name);
}

/* The labels stay sorted, so that an archive of many labels is read in reasonable time. */
static GalleryLabel *find_label(Gallery *g, const char *name) {
    GalleryLabel key = {.name = (char *)name};
    GalleryLabel *l = g->n_labels ? bsearch(&key, g->label, g->n_labels, sizeof key, by_name) : NULL;
    if (l) return l;
    if (!mem_grow(&g->label, &g->label_capacity, g->n_labels + 1, sizeof *g->label)) return NULL;
    size_t at = g->n_labels;
    key.name = mem_strdup(name);
    if (!key.name) return NULL;
    for (; at > 0 && by_name(&key, &g->label[at - 1]) < 0; at--) g->label[at] = g->label[at - 1];
    g->label[at] = key;
    g->n_labels++;
    return &g->label[at];
}

static size_t count_lists(size_t cases) {
    return cases ? (cases + GALLERY_LIST_CASES - 1) / GALLERY_LIST_CASES : 1;
}

static Status list_cases(Gallery *g, Error *err) {
    const Index *x = g->finder.index;
    for (int64_t row = 0; row < index_count(x); row++) {
        IndexCase c;
        if (index_deleted(x, row)) continue;
        g->row[g->n++] = row;
        TRY(index_case(x, row, &c, err));
        for (int k = 0; k < c.n_labels; k++) {
            GalleryLabel *l = find_label(g, c.labels[k]);
            if (!l || !mem_grow(&l->row, &l->capacity, l->n + 1, sizeof *l->row))
                return mem_error(err, "the gallery's labels");
            l->row[l->n++] = row;
        }
    }
    g->lists = count_lists(g->n);
    for (size_t i = 0; i < g->n_labels; i++) {
        g->label[i].first = g->lists;
        g->lists += count_lists(g->label[i].n);
    }
    return STATUS_OK;
}

/* ---- Opening ---- */

Status gallery_open(Gallery *g, const Args *a, Error *err) {
    long k, per_group;
    *g = (Gallery){.args = a, .options = SEARCH_DEFAULT};
    TRY(args_int(a, "top", 1, 100, &k, err));
    TRY(args_int(a, "per-group", 0, INT32_MAX, &per_group, err));
    g->options.k = (size_t)k;
    g->options.per_group = (size_t)per_group;
    g->options.rerank = SEARCH_PEOPLE_RERANK;
    TRY(finder_open(&g->finder, args_get(a, "model"), args_get(a, "index"), &a->log, err));
    g->finder.pictures = args_get(a, "pictures");
    g->finder.pool = a->pool;
    size_t rows = (size_t)index_count(g->finder.index);
    if (rows > GALLERY_MOST)
        return args_wrong(a, err, "%s has %zu rows; a gallery has at most %d; use `msach serve`",
                          g->finder.index_path, rows, GALLERY_MOST);
    g->row = mem_calloc(rows + 1, sizeof *g->row);
    g->picture = mem_calloc(rows + 1, 1);
    return g->row && g->picture ? list_cases(g, err) : mem_error(err, "the gallery");
}

void gallery_close(Gallery *g) {
    for (size_t i = 0; i < g->n_labels; i++) {
        mem_free(g->label[i].name);
        mem_free(g->label[i].row);
    }
    mem_free(g->label);
    mem_free(g->row);
    mem_free(g->picture);
    mem_free(g->folder);
    answer_free(&g->answer);
    finder_close(&g->finder);
    *g = (Gallery){0};
}

/* ---- How much it will be ---- */

/* Bytes of all files, from a sample of the cases. */
static Status estimate(const Gallery *g, double *bytes, Error *err) {
    enum { SAMPLE = 1000, PAGE = 2500, CARD = 700, LINK = 300 };
    size_t step = g->n / SAMPLE + 1, sampled = 0;
    double pictures = 0, texts = 0, labels = 0;
    for (size_t i = 0; i < g->n; i += step, sampled++) {
        IndexCase c;
        char *path;
        TRY(index_case(g->finder.index, g->row[i], &c, err));
        TRY(finder_picture(&g->finder, &c, &path, err));
        pictures += path ? page_picture_size(path) : 0;
        texts += c.text ? (double)strlen(c.text) : 0;
        labels += c.n_labels;
        mem_free(path);
    }
    double hits = 2 * (double)g->options.k, n = sampled ? (double)sampled : 1,
           each = pictures + texts + (double)sampled * PAGE + hits * (texts + (double)sampled * CARD);
    *bytes = (double)g->n / n * (each + (labels + n) * LINK);
    return STATUS_OK;
}

static Status check_size(const Gallery *g, const char *folder, Error *err) {
    char size[16];
    double bytes;
    TRY(estimate(g, &bytes, err));
    TRY(page_check_size(g->args, folder, bytes, 1e9, err));
    log_line(&g->args->log, "%s: about %s in %zu files", folder, page_size_text(bytes, size),
             g->n * 2 + g->lists);
    return STATUS_OK;
}

/* ---- Pictures ---- */

static Status put_picture(Gallery *g, int64_t row, Error *err) {
    IndexCase c;
    char name[GALLERY_NAME], *path;
    TRY(index_case(g->finder.index, row, &c, err));
    TRY(finder_picture(&g->finder, &c, &path, err));
    if (!path) return STATUS_OK;
    Buffer b = {0};
    Status s = page_picture(&b, path, err);
    ImageKind kind = image_kind(b.data, b.size);
    g->picture[row] = (uint8_t)(b.size == 0          ? PICTURE_BROKEN
                                : kind == IMAGE_JPEG ? PICTURE_JPEG
                                                     : PICTURE_PNG);
    g->pictures++;
    g->broken += g->picture[row] == PICTURE_BROKEN;
    const char *file = gallery_picture_name(g, "", row, name);
    if (s == STATUS_OK && file) s = gallery_put(g, file, &b, err);
    buffer_free(&b);
    mem_free(path);
    return s;
}

/* ---- Everything ---- */

static Status make_folders(const Gallery *g, const char *kind, size_t files, Error *err) {
    Status s = STATUS_OK;
    for (size_t i = 0; s == STATUS_OK && i * 1000 < files; i++) {
        char name[GALLERY_NAME];
        snprintf(name, sizeof name, "%s/%03zu", kind, i);
        char *path = path_join(g->folder, name);
        s = path ? dir_make(path, err) : mem_error(err, "the gallery");
        mem_free(path);
    }
    return s;
}

static Status write_all(Gallery *g, Error *err) {
    size_t rows = (size_t)index_count(g->finder.index);
    TRY(make_folders(g, "picture", rows, err));
    TRY(make_folders(g, "case", rows, err));
    TRY(make_folders(g, "list", g->lists, err));
    TRY(make_folders(g, "find", 1, err));
    for (size_t i = 0; i < 2 * g->n; i++) {
        TRY(i < g->n ? put_picture(g, g->row[i], err) : gallery_case(g, i - g->n, err));
        log_progress(&g->args->log, "pictures and pages", (long)i + 1, (long)(2 * g->n));
        if (cmd_stop) return error_set(err, STATUS_CHECK, "stopped: no gallery was written");
    }
    TRY(gallery_find(g, err));
    return gallery_lists(g, err);
}

Status gallery_write(Gallery *g, Error *err) {
    Buffer part = {0};
    const char *folder = args_get(g->args, "out");
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') length--;
    buffer_printf(&part, "%.*s.part%ld", (int)length, folder, (long)getpid());
    if (part.failed) return mem_error(err, "the gallery");
    g->folder = (char *)part.data;
    if (path_exists(folder))
        return error_set(err, STATUS_USAGE,
                         "%s: the folder is there already; use another --out, or remove it", folder);
    TRY(check_size(g, folder, err));
    Status s = write_all(g, err);
    if (s == STATUS_OK && sys_rename(g->folder, folder) != 0) s = error_from_errno(err, folder, "write");
    if (s != STATUS_OK) dir_remove(g->folder);
    return s;
}
