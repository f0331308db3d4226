#include "data/import/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/sys.h"

enum { JOURNAL_MAX = 1 << 30, FIELDS = 9 };

static Status keep(Journal *j, const char *path, const PictureFacts *e, Error *err) {
    int before = j->paths.n, i = names_add(&j->paths, path, strlen(path));
    if (i < 0 || !mem_grow(&j->facts, &j->room, (size_t)before + 1, sizeof *j->facts))
        return mem_error(err, "the journal");
    j->facts[i] = *e;
    return STATUS_OK;
}

/* size, time, from, to, is_dicom, ending, patient, name, path: separated by tabs. False for a cut line. */
static bool parse(char *line, PictureFacts *e, const char **path) {
    char *field[FIELDS];
    int n = 0;
    for (char *at = line; at && n < FIELDS; n++) {
        field[n] = at;
        at = n + 1 < FIELDS ? strchr(at, '\t') : NULL;
        if (at) *at++ = 0;
    }
    if (n < FIELDS || strlen(field[5]) >= sizeof e->ending || strlen(field[6]) >= sizeof e->patient ||
        strlen(field[7]) >= sizeof e->name)
        return false;
    *e = (PictureFacts){.size = atoll(field[0]),
                        .time = atoll(field[1]),
                        .from = atoi(field[2]),
                        .to = atoi(field[3]),
                        .is_dicom = atoi(field[4])};
    memcpy(e->ending, field[5], strlen(field[5]) + 1);
    memcpy(e->patient, field[6], strlen(field[6]) + 1);
    memcpy(e->name, field[7], strlen(field[7]) + 1);
    *path = field[8];
    return e->from >= 0 && e->from < e->to;
}

/* *begun: whether the first line is complete; a process may have been killed before it wrote the line. */
static Status read_entries(Journal *j, const char *path, const char *options, bool *begun, Error *err) {
    unsigned char *data;
    size_t size;
    TRY(file_read(path, JOURNAL_MAX, &data, &size, err));
    /* A lost block of a crash reads as zeros: the lines behind it count. */
    for (size_t i = 0; i < size; i++)
        if (!data[i]) data[i] = ' ';
    char *line = (char *)data, *end;
    Status s = STATUS_OK;
    size_t n = strlen(options);
    *begun = strchr(line, '\n') != NULL;
    if (!*begun)
        line += size;
    else if (strncmp(line, options, n) != 0 || line[n] != '\n')
        s = error_set(
            err, STATUS_USAGE,
            "%s: belongs to an unfinished import with other options or sources; repeat that command, "
            "or remove the folder that holds this file",
            path);
    else
        line += n + 1;
    for (; s == STATUS_OK && (end = strchr(line, '\n')); line = end + 1) {
        PictureFacts e;
        const char *source;
        *end = 0;
        if (parse(line, &e, &source)) s = keep(j, source, &e, err);
    }
    j->found = j->paths.n;
    mem_free(data);
    return s;
}

static Status put(const Journal *j, const Buffer *line, Error *err) {
    if (line->failed) return mem_error(err, "the journal");
    for (size_t at = 0; at < line->size;) {
        ssize_t n = sys_write(j->fd, line->data + at, line->size - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return error_from_errno(err, "journal.tsv", "write");
        at += (size_t)n;
    }
    return STATUS_OK;
}

Status journal_open(Journal *j, const char *folder, const char *options, Error *err) {
    Buffer first = {0};
    const char *path = j->path = path_join(folder, "journal.tsv");
    Status s = path ? STATUS_OK : mem_error(err, folder);
    bool old = path && path_exists(path);
    if (s == STATUS_OK && old) s = read_entries(j, path, options, &old, err);
    if (s == STATUS_OK) j->fd = sys_open(path, O_WRONLY | O_CREAT | O_APPEND | (old ? 0 : O_TRUNC), 0600);
    if (j->fd < 0) s = error_from_errno(err, path, "write");
    /* In an old file the newline ends a last line that a crash cut. */
    buffer_printf(&first, "%s\n", old ? "" : options);
    if (s == STATUS_OK) s = put(j, &first, err);
    buffer_free(&first);
    return s;
}

const PictureFacts *journal_find(const Journal *j, const char *path, const PictureFacts *now) {
    int i = names_find(&j->paths, path, strlen(path));
    const PictureFacts *e = i < 0 ? NULL : &j->facts[i];
    return e && e->size == now->size && e->time == now->time ? e : NULL;
}

Status journal_add(Journal *j, const char *path, const PictureFacts *e, Error *err) {
    Buffer line = {0};
    if (j->fd <= 0 || strpbrk(path, "\t\n") || strpbrk(e->patient, "\t\n")) return STATUS_OK;
    buffer_printf(&line, "%lld\t%lld\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", e->size, e->time, e->from, e->to,
                  e->is_dicom, e->ending, e->patient, e->name, path);
    Status s = put(j, &line, err);
    buffer_free(&line);
    return s;
}

void journal_close(Journal *j, bool remove_it) {
    if (j->fd > 0) sys_close(j->fd);
    if (remove_it && j->path) remove(j->path);
    mem_free(j->path);
    names_free(&j->paths);
    mem_free(j->facts);
    *j = (Journal){0};
}
