#include "data/csv.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "data/text_read.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* Unquotes the field at c->at in place; *closed is false for a quote without end. Leaves c->at at the separator or line end behind
 * the field, which the caller reads and then overwrites with the field's 0. */
static char *take_field(Csv *c, bool *closed) {
    char *from = c->at, *to = from, *start = from;
    *closed = true;
    if (c->quoted && *from == '"') {
        for (from++; *from; from++) {
            if (*from == '"' && from[1] != '"') break;
            if (*from == '"') from++;
            c->next += *from == '\n';
            *to++ = *from;
        }
        *closed = *from == '"';
        from += *closed;
    }
    while (*from && *from != c->separator && *from != '\n') *to++ = *from++;
    c->at = from;
    if (*from != c->separator && to > start && from[-1] == '\r') to--;
    if (to < from) *to = 0;
    return start;
}

static Status read_row(Csv *c, Error *err) {
    c->line = c->next;
    c->n = 0;
    for (;;) {
        bool closed;
        char *field = take_field(c, &closed);
        char stop = *c->at;
        if (!closed)
            return error_set(
                err, STATUS_INPUT,
                "%s:%d: a quote is not closed before the end of the file; close it, or double a quote "
                "that is part of the text",
                c->path, c->line);
        if (c->n == CSV_MAX_FIELDS)
            return error_set(err, STATUS_INPUT, "%s:%d: has more than %d fields; is a line end missing?",
                             c->path, c->line, CSV_MAX_FIELDS);
        c->field[c->n++] = field;
        *c->at = 0;
        c->at += stop != 0;
        if (stop == '\n') c->next++;
        if (stop != c->separator) return STATUS_OK;
    }
}

static void skip_line(Csv *c) {
    while (*c->at && *c->at != '\n') c->at++;
    if (*c->at) c->at++, c->next++;
}

Status csv_next(Csv *c, bool *more, Error *err) {
    for (;;) {
        *more = *c->at != 0;
        if (!*more) return STATUS_OK;
        Status s = read_row(c, err);
        if (s != STATUS_OK) {
            skip_line(c);
            return s;
        }
        if (c->n == 1 && c->field[0][0] == 0) continue;
        if (c->columns && c->n != c->columns)
            return error_set(
                err, STATUS_INPUT,
                "%s:%d: has %d fields; %d were expected, as in the first line (a text that holds the "
                "separator stands in quotes)",
                c->path, c->line, c->n, c->columns);
        return STATUS_OK;
    }
}

/* The separator of CSV_DETECT. Skips a first line "sep=;", which Excel writes. */
static char detect_separator(Csv *c) {
    static const char known[] = ",;\t|";
    int count[4] = {0}, best = 0;
    if (strncasecmp(c->text, "sep=", 4) == 0 && c->text[4] && (c->text[5] == '\n' || c->text[5] == '\r')) {
        char named = c->text[4];
        skip_line(c);
        return named;
    }
    bool inside = false;
    for (const char *at = c->text; *at && (inside || *at != '\n'); at++) {
        inside ^= *at == '"';
        for (int k = 0; k < 4; k++) count[k] += !inside && *at == known[k];
    }
    for (int k = 1; k < 4; k++)
        if (count[k] > count[best]) best = k;
    return known[best];
}

Status csv_open(Csv *c, const char *path, CsvKind kind, bool header, Error *err) {
    return csv_open_encoded(c, path, kind, header, NULL, err);
}

Status csv_open_encoded(Csv *c, const char *path, CsvKind kind, bool header, const char *encoding,
                        Error *err) {
    size_t size;
    memset(c, 0, sizeof *c);
    c->separator = kind == CSV_TABS ? '\t' : kind == CSV_BARS ? '|' : ',';
    c->quoted = kind == CSV_QUOTED || kind == CSV_DETECT;
    c->next = 1;
    c->path = mem_strdup(path);
    if (!c->path) return mem_error(err, path);
    c->encoding.wanted = encoding;
    TRY(text_read(path, &c->text, &size, &c->encoding, err));
    c->converted = strcmp(c->encoding.found, "UTF-8") != 0;
    c->at = c->text;
    if (kind == CSV_DETECT) c->separator = detect_separator(c);
    if (!header) return STATUS_OK;
    bool more;
    TRY(csv_next(c, &more, err));
    if (!more)
        return error_set(err, STATUS_INPUT, "%s: is empty; a line with the columns was expected", path);
    memcpy(c->header, c->field, sizeof c->header);
    c->columns = c->n;
    return STATUS_OK;
}

int csv_column(const Csv *c, const char *name) {
    for (int i = 0; i < c->columns; i++)
        if (strcasecmp(c->header[i], name) == 0) return i;
    return -1;
}

Status csv_need(const Csv *c, const char *name, int *column, Error *err) {
    *column = csv_column(c, name);
    if (*column >= 0) return STATUS_OK;
    char list[400] = "";
    size_t n = 0;
    for (int i = 0; i < c->columns && n + strlen(c->header[i]) + 3 < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", c->header[i]);
    return error_set(err, STATUS_INPUT, "%s:1: has no column %s; found: %s; is this another layout?", c->path,
                     name, list);
}

void csv_close(Csv *c) {
    mem_free(c->path);
    mem_free(c->text);
    memset(c, 0, sizeof *c);
}
