#include "data/row_ids.h"

#include <inttypes.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* "F.ids.txt" of F.npy and of F.npz:NAME. */
static Status ids_path(const char *array, Buffer *path, Error *err) {
    size_t stem = strlen(array);
    const char *member = strstr(array, ".npz:");
    if (member)
        stem = (size_t)(member - array);
    else if (stem > 4 && strcmp(array + stem - 4, ".npy") == 0)
        stem -= 4;
    buffer_printf(path, "%.*s.ids.txt", (int)stem, array);
    return path->failed ? mem_error(err, array) : STATUS_OK;
}

/* Gives row `at` to the case of the id; seen (m->n). */
static Status take_id(int *row, const Manifest *m, const char *id, size_t length, int at, const char *path,
                      Error *err) {
    int i = names_find(&m->ids, id, length);
    if (i < 0)
        return error_set(err, STATUS_INPUT,
                         "%s:%d: id \"%.*s\" is no case of %s; the ids of its cases were expected", path,
                         at + 1, (int)(length < 60 ? length : 60), id, m->path);
    if (row[i] >= 0)
        return error_set(err, STATUS_INPUT,
                         "%s:%d: id \"%.*s\" is that of line %d; each id once was expected", path, at + 1,
                         (int)(length < 60 ? length : 60), id, row[i] + 1);
    row[i] = at;
    return STATUS_OK;
}

static Status take_ids(int *row, const Manifest *m, const char *text, size_t size, int64_t rows,
                       const char *path, Error *err) {
    int n = 0;
    for (const char *at = text + utf8_mark((const unsigned char *)text, size), *end = text + size; at < end;
         n++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        size_t length = (size_t)(stop - at) - (stop > at && stop[-1] == '\r');
        TRY(take_id(row, m, at, length, n, path, err));
        at = stop + 1;
    }
    if (n == rows) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: %d ids for %" PRId64 " rows; one for each row was expected",
                     path, n, rows);
}

static Status check_all(const int *row, const Manifest *m, const char *array, const bool *may_lack,
                        Error *err) {
    for (int i = 0; i < m->n; i++)
        if (row[i] < 0 && !(may_lack && may_lack[i]))
            return error_set(err, STATUS_INPUT,
                             "%s: has no row for case \"%.60s\" (%s:%d); a row for each case was expected",
                             array, m->cases[i].id, m->path, m->cases[i].line);
    return STATUS_OK;
}

static Status match_file(int *row, const Manifest *m, const char *path, int64_t rows, Error *err) {
    unsigned char *text;
    size_t size;
    TRY(file_read(path, MANIFEST_MAX_BYTES, &text, &size, err));
    Status s = take_ids(row, m, (const char *)text, size, rows, path, err);
    mem_free(text);
    return s;
}

Status row_ids_match(int *row, const Manifest *m, const char *array, int64_t rows, const bool *may_lack,
                     Error *err) {
    Buffer path = {0};
    Status s = ids_path(array, &path, err);
    bool by_ids = s == STATUS_OK && path_exists((const char *)path.data);
    for (int i = 0; i < m->n; i++) row[i] = by_ids ? -1 : i;
    if (by_ids)
        s = match_file(row, m, (const char *)path.data, rows, err);
    else if (s == STATUS_OK && rows != m->n)
        s = error_set(err, STATUS_INPUT,
                      "%s: %" PRId64
                      " rows for the %d cases of %s; as many were expected, or %s with the id of "
                      "each row",
                      array, rows, m->n, m->path, (const char *)path.data);
    buffer_free(&path);
    return s == STATUS_OK ? check_all(row, m, array, may_lack, err) : s;
}
