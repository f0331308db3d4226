#include "data/manifest_rows.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "data/characters.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"
#include "nn/base/parts.h"

enum { MAX_COLUMNS = 256 };

/* ---- Lines ---- */

/* The next line without its ending, as a string; false at the end. */
static bool next_line(RowReader *r, char **start, size_t *size) {
    if (r->at >= r->end) return false;
    char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
    if (!stop) stop = r->end;
    *start = r->at;
    *size = (size_t)(stop - r->at);
    r->at = stop + 1;
    r->line++;
    if (*size && (*start)[*size - 1] == '\r') --*size;
    (*start)[*size] = 0;
    return true;
}

/* NULL where the line can be parsed, else its fault in words. */
static const char *line_fault(const char *line, size_t size, char *text, size_t room) {
    const char *zero = memchr(line, 0, size);
    size_t valid = utf8_valid(line, size);
    if (size > MANIFEST_MAX_LINE)
        snprintf(text, room, "the line holds %zu bytes; at most %d were expected", size, MANIFEST_MAX_LINE);
    else if (zero)
        snprintf(text, room, "byte %zu of the line is 0; text was expected", (size_t)(zero - line) + 1);
    else if (valid < size)
        snprintf(text, room,
                 "byte %zu of the line is not UTF-8; save the file as UTF-8 (e.g. iconv -f GB18030 -t UTF-8)",
                 valid + 1);
    else
        return NULL;
    return text;
}

/* ---- TSV ---- */

/* Splits a line at tabs, in place. Returns the number of fields, of which the first `most` are stored. */
static int split_fields(char *line, char **field, int most) {
    int n = 0;
    for (char *at = line; at; n++) {
        char *tab = strchr(at, '\t');
        if (tab) *tab = 0;
        if (n < most) field[n] = at;
        at = tab ? tab + 1 : NULL;
    }
    return n;
}

/* Resolves the escapes in place. Returns the first unknown one, or NULL. */
static const char *unescape(char *s) {
    char *to = s;
    for (; *s; s++) {
        if (*s == '\\') {
            const char *known = "t\tn\nr\r\\\\", *k = known;
            while (*k && *k != s[1]) k += 2;
            if (!*k) return s;
            *to++ = k[1];
            s++;
        } else {
            *to++ = *s;
        }
    }
    *to = 0;
    return NULL;
}

static Status no_column(const char *path, int field, char **found, int n, Error *err) {
    char list[512] = "";
    size_t used = 0;
    for (int i = 0; i < n && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", found[i]);
    const char *near = nearest_word(field_names[field], (const char *const *)found, n);
    return error_set(
        err, STATUS_INPUT,
        "%s:1: has no column %s; the first line names the columns, separated by tabs; found: %s%s%s%s", path,
        field_names[field], list, near ? "; rename " : "", near ? near : "", near ? " if it is meant" : "");
}

static Status read_header(RowReader *r, const bool *needed, Error *err) {
    char *line, *column[MAX_COLUMNS], fault[200];
    size_t size;
    if (!next_line(r, &line, &size))
        return error_set(
            err, STATUS_INPUT,
            "%s: is empty; a line with the columns (id, image, text, labels, group) was expected", r->path);
    if (line_fault(line, size, fault, sizeof fault))
        return error_set(err, STATUS_INPUT, "%s:1: %s", r->path, fault);
    r->columns = split_fields(line, column, MAX_COLUMNS);
    if (r->columns > MAX_COLUMNS)
        return error_set(err, STATUS_INPUT, "%s:1: has %d columns; at most %d were expected", r->path,
                         r->columns, MAX_COLUMNS);
    for (int f = 0; f < FIELD_COUNT; f++) r->column[f] = -1;
    for (int i = 0; i < r->columns; i++) {
        int f = manifest_field(column[i]);
        if (f < 0) continue;
        if (r->column[f] >= 0)
            return error_set(err, STATUS_INPUT, "%s:1: column %s is there twice; remove one", r->path,
                             column[i]);
        r->column[f] = i;
        r->present[f] = true;
    }
    for (int f = 0; f < FIELD_COUNT; f++)
        if (needed[f] && r->column[f] < 0) return no_column(r->path, f, column, r->columns, err);
    if (!r->bare && r->column[FIELD_IMAGE] < 0 && r->column[FIELD_TEXT] < 0)
        return no_column(r->path,
                         nearest_word("image", (const char *const *)column, r->columns) ? FIELD_IMAGE
                                                                                        : FIELD_TEXT,
                         column, r->columns, err);
    for (int f = 0; f < FIELD_COUNT; f++) {
        const char *near = nearest_word(field_names[f], (const char *const *)column, r->columns);
        if (r->column[f] < 0 && near && manifest_field(near) < 0)
            log_warn(r->log, "%s:1: column %s is ignored; if %s is meant, rename it", r->path, near,
                     field_names[f]);
    }
    return STATUS_OK;
}

/* False where the row is bad. */
static bool parse_tsv(RowReader *r, char *line, Row *row) {
    char *field[MAX_COLUMNS];
    int n = split_fields(line, field, MAX_COLUMNS);
    if (n != r->columns) {
        bad_row(r->bad, r->line,
                "has %d field%s; %d were expected, as in the first line (a tab in a text is written \\t)", n,
                n == 1 ? "" : "s", r->columns);
        return false;
    }
    for (int f = 0; f < FIELD_COUNT; f++) {
        if (r->column[f] < 0) continue;
        row->field[f] = field[r->column[f]];
        const char *unknown = unescape(row->field[f]);
        if (unknown) {
            bad_row(r->bad, r->line,
                    "%s holds the unknown escape \"\\%.1s\"; \\t, \\n, \\r and \\\\ are known (a backslash "
                    "is written \\\\)",
                    field_names[f], (unsigned char)unknown[1] < 0x80 ? unknown + 1 : "");
            return false;
        }
    }
    return true;
}

/* ---- All kinds ---- */

static bool has_ending(const char *path, const char *ending) {
    size_t n = strlen(path), e = strlen(ending);
    return n >= e && strcmp(path + n - e, ending) == 0;
}

Status rows_open(RowReader *r, const char *path, char *data, size_t size, const bool needed[FIELD_COUNT],
                 bool bare, BadRows *bad, const Log *log, Error *err) {
    memset(r, 0, sizeof *r);
    r->path = path;
    r->at = data;
    r->end = data + size;
    r->bad = bad;
    r->bare = bare;
    r->log = log;
    if (size >= 2 && (memcmp(data, "\xFF\xFE", 2) == 0 || memcmp(data, "\xFE\xFF", 2) == 0))
        return error_set(err, STATUS_INPUT, "%s: is UTF-16; save it as UTF-8", path);
    r->at += utf8_mark(data, size);
    char first = data[(size_t)(r->at - data) + strspn(r->at, " \t\r\n")];
    r->array = first == '[';
    r->json = first == '{' || has_ending(path, ".jsonl") || has_ending(path, ".ndjson");
    if (!PART_JSON && (r->array || r->json))
        return error_set(err, STATUS_USAGE, "%s: is a JSON manifest; " PART_ABSENT("json"), path);
    if (!r->array) return r->json ? STATUS_OK : read_header(r, needed, err);
    r->line = 1;
    for (; *r->at != '['; r->at++) r->line += *r->at == '\n';
    r->at++;
    return STATUS_OK;
}

bool rows_next(RowReader *r, Row *row) {
    char *line, fault[200];
    size_t size;
    if (PART_JSON && r->array) return !r->no_memory && rows_next_in_array(r, row);
    while (!r->no_memory && next_line(r, &line, &size)) {
        if (size == 0) continue;
        *row = (Row){.line = r->line};
        for (int f = 0; f < FIELD_COUNT; f++) row->field[f] = line + size; /* "" */
        if (line_fault(line, size, fault, sizeof fault))
            bad_row(r->bad, r->line, "%s", fault);
        else if (PART_JSON && r->json ? rows_parse_json(r, line, size, row) : parse_tsv(r, line, row))
            return true;
    }
    return false;
}
