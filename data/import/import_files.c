/* Files of the source: paths, folders, rows of tables. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "data/import/import_case.h"
#include "data/picture/dicom.h"
#include "data/text_read.h"
#include "nn/base/alloc.h"

char *import_locate(const Import *im, const char *const *names) {
    for (int s = 0; s < im->o->n_sources; s++)
        for (int i = 0; names[i]; i++) {
            char *path = path_join(im->o->sources[s], names[i]);
            if (path && path_exists(path)) return path;
            mem_free(path);
        }
    return NULL;
}

Status import_need(const Import *im, const char *const *names, char **path, Error *err) {
    *path = import_locate(im, names);
    if (*path) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: holds no %s, which layout %s has; name the folder that holds it",
                     im->o->sources[0], names[0], im->layout->name);
}

char *import_image(const Import *im, const char *const *folders, const char *name) {
    for (int s = 0; s < im->o->n_sources; s++)
        for (int i = 0; folders[i]; i++) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s%s%s", im->o->sources[s], folders[i], folders[i][0] ? "/" : "",
                     name);
            if (path_exists(path)) return mem_strdup(path);
        }
    return NULL;
}

bool name_ends(const char *name, const char *ending) {
    size_t n = strlen(name), e = strlen(ending);
    return n >= e && strcasecmp(name + n - e, ending) == 0;
}

bool name_is_picture(const char *name) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".pgm", ".ppm",
                                          ".pnm", ".dcm", ".bmp",  ".tif", ".tiff", ".webp"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (name_ends(name, endings[i])) return true;
    return false;
}

size_t name_stem(const char *path) {
    return name_is_picture(path) ? (size_t)(strrchr(path, '.') - path) : strlen(path);
}

bool file_is_dicom(const char *path) {
    unsigned char head[132];
    size_t n = 0;
    return file_head(path, head, sizeof head, &n, NULL) == STATUS_OK && dicom_is(head, n);
}

bool import_seen(Import *im, const char *path) {
    struct stat st;
    char id[48];
    if (stat(path, &st) != 0) return false;
    int n =
        snprintf(id, sizeof id, "%llx:%llx", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    int before = im->seen.n, i = names_add(&im->seen, id, (size_t)n);
    im->left_out.failed |= i < 0;
    return i >= 0 && i < before;
}

/* ---- Folders ---- */

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

Status folder_list(FolderList *l, const char *path, Error *err) {
    memset(l, 0, sizeof *l);
    DIR *d = opendir(path);
    if (!d) return error_from_errno(err, path, "list");
    bool room = true;
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') room &= names_add(&l->names, e->d_name, strlen(e->d_name)) >= 0;
    closedir(d);
    l->n = l->names.n;
    if (l->n) l->sorted = names_list(&l->names);
    if (!room || (l->n && !l->sorted)) return mem_error(err, path);
    if (l->n) qsort(l->sorted, (size_t)l->n, sizeof *l->sorted, by_bytes);
    return STATUS_OK;
}

void folder_list_free(FolderList *l) {
    mem_free(l->sorted);
    names_free(&l->names);
    memset(l, 0, sizeof *l);
}

/* ---- Texts and tables ---- */

void import_note_encoding(Import *im, const char *path, const TextEncoding *e) {
    Buffer what = {0}, entry = {0};
    if (!e->found || strcmp(e->found, "UTF-8") == 0) return;
    buffer_printf(&what, "read as %s", e->found);
    buffer_printf(&entry, "%s\t%s", e->found, path);
    import_note(im, buffer_text(&what), path);
    im->notes.failed |= names_add(&im->encodings, buffer_text(&entry), entry.size) < 0;
    buffer_free(&what);
    buffer_free(&entry);
}

Status import_text(Import *im, const char *path, char **text, size_t *size, Error *err) {
    TextEncoding encoding = {.wanted = im->o->encoding};
    TRY(text_read(path, text, size, &encoding, err));
    import_note_encoding(im, path, &encoding);
    return STATUS_OK;
}

Status import_rows(Import *im, const char *path, CsvKind kind, const char *const *needed, ImportRowFn *fn,
                   void *ctx, Error *err) {
    Csv t;
    int column[8] = {0};
    bool more = true;
    Status s = csv_open_encoded(&t, path, kind, needed != NULL, im->o->encoding, err);
    for (int i = 0; s == STATUS_OK && needed && needed[i]; i++) s = csv_need(&t, needed[i], &column[i], err);
    if (s == STATUS_OK) import_note_encoding(im, path, &t.encoding);
    long lines = 0;
    for (const char *at = s == STATUS_OK ? t.at : ""; *at; at++) lines += *at == '\n';
    while (s == STATUS_OK && more) {
        s = csv_next(&t, &more, err);
        if (s == STATUS_OK && more) s = fn(ctx, &t, column, err);
        log_progress(im->log, "import, lines", t.line < lines ? t.line : lines, lines);
        s = import_bad(im, s, err);
    }
    csv_close(&t);
    return s;
}
