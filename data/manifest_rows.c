#include "data/manifest_rows.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "data/characters.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/nearest.h"

enum { BAD_ROWS_TOLD = 10, MAX_COLUMNS = 256 };

const char *const field_names[FIELD_COUNT] = {"id", "image", "text", "labels", "group", "split"};

void bad_row(BadRows *bad, int line, const char *fmt, ...) {
    bad->count++;
    if (bad->told == BAD_ROWS_TOLD) return;
    char what[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    size_t room = sizeof bad->text - bad->used;
    int n =
        snprintf(bad->text + bad->used, room, "%s%s:%d: %s", bad->told ? "\n" : "", bad->path, line, what);
    bad->told++;
    bad->used += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1; /* a very long path: cut */
}

/* ---- Columns ---- */

static int field_of(const char *name) {
    for (int f = 0; f < FIELD_COUNT; f++)
        if (strcmp(name, field_names[f]) == 0) return f;
    return -1;
}

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
        int f = field_of(column[i]);
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
        if (r->column[f] < 0 && near && field_of(near) < 0)
            log_warn(r->log, "%s:1: column %s is passed over; if %s is meant, rename it", r->path, near,
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

/* ---- JSON Lines, and an array of objects ---- */

/* A string, or a whole number as its digits, appended at *at; false for other values and where room up to `end` is missing. */
static bool copy_scalar(const json_t *value, bool number, char **at, const char *end) {
    char digits[32];
    const char *text = digits;
    double real = json_is_real(value) ? json_real_value(value) : 0.5;
    if (json_is_string(value))
        text = json_string_value(value);
    else if (number && json_is_integer(value))
        snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (number && fabs(real) < 9007199254740992.0 &&
             real == floor(real)) /* 2^53: 7.0, as pandas writes it */
        snprintf(digits, sizeof digits, "%.0f", real);
    else
        return false;
    size_t size = strlen(text);
    if (size >= (size_t)(end - *at)) return false; /* 1e15 is shorter than its digits */
    memcpy(*at, text, size);
    *at += size;
    return true;
}

/* Copies a value's string to *at, over the bytes of the file, where it took more room; these end at `end`. NULL where the value has a
 * wrong type. */
static char *copy_value(const json_t *value, int field, char **at, const char *end) {
    char *start = *at;
    bool number = field == FIELD_ID || field == FIELD_GROUP || field == FIELD_LABELS;
    if (field == FIELD_LABELS && json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i) *(*at)++ = '|';
            if (!copy_scalar(json_array_get(value, i), number, at, end)) return NULL;
        }
    } else if (!copy_scalar(value, number, at, end)) {
        return NULL;
    }
    *(*at)++ = 0;
    return start;
}

/* Warns once of a key that is similar to the name of the field. */
static void warn_of_slip(RowReader *r, json_t *object, int field) {
    if (r->warned[field]) return;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (field_of(key) >= 0 || !nearest_word(field_names[field], &key, 1)) continue;
        log_warn(r->log, "%s:%d: key \"%s\" is passed over; if \"%s\" is meant, rename it", r->path, r->line,
                 key, field_names[field]);
        r->warned[field] = true;
        return;
    }
}

/* Fields of the object, copied over its own bytes from `at` to `end`. */
static bool take_json_fields(RowReader *r, json_t *object, char *at, const char *end, Row *row) {
    static const char *const expected[FIELD_COUNT] = {
        [FIELD_ID] = " or a whole number",
        [FIELD_GROUP] = " or a whole number",
        [FIELD_LABELS] = ", a whole number or an array of them",
    };
    if (!json_is_object(object)) {
        bad_row(r->bad, row->line,
                "is no JSON object; {\"id\": ..., \"image\": ..., \"text\": ...} was expected");
        return false;
    }
    for (int f = 0; f < FIELD_COUNT; f++) {
        const json_t *value = json_object_get(object, field_names[f]);
        if (!value) warn_of_slip(r, object, f);
        if (!value || json_is_null(value)) continue;
        char *s = copy_value(value, f, &at, end);
        if (!s) {
            bad_row(r->bad, row->line, "\"%s\" is of a wrong type; a string%s was expected", field_names[f],
                    expected[f] ? expected[f] : "");
            return false;
        }
        row->field[f] = s;
        r->present[f] = true;
    }
    return true;
}

/* NULL: not JSON (`fault` says why), or memory ran out (r->no_memory). jansson reports out-of-memory as a syntax error. Retry
 * once to tell the two apart. */
static json_t *load(RowReader *r, const char *text, size_t size, size_t flags, json_error_t *fault) {
    flags |= JSON_REJECT_DUPLICATES;
    json_t *value = json_loadb(text, size, flags, fault);
    if (value) return value;
    if (!mem_probe(size)) return r->no_memory = true, NULL;
    return json_loadb(text, size, flags, fault);
}

static bool parse_json(RowReader *r, char *line, size_t size, Row *row) {
    json_error_t fault;
    json_t *object = load(r, line, size, 0, &fault);
    if (!object && !r->no_memory)
        bad_row(r->bad, r->line, "column %d: %.150s; one JSON object a line was expected", fault.column,
                fault.text);
    bool good = object && take_json_fields(r, object, line, line + size, row);
    json_decref(object);
    return good;
}

/* The next character that is no blank, 0 at the end. Counts lines. */
static char peek(RowReader *r) {
    for (; r->at < r->end && strchr(" \t\r\n", *r->at); r->at++) r->line += *r->at == '\n';
    return r->at < r->end ? *r->at : 0;
}

static bool array_breaks(RowReader *r, int line, const char *what) {
    bad_row(r->bad, line, "%.150s; a JSON array of objects was expected", what);
    r->at = r->end;
    return false;
}

/* True where another element follows; r->at is then its start. */
static bool array_goes_on(RowReader *r) {
    char c = peek(r);
    if (c == 0 && r->closed) return false;
    if (c == 0) return array_breaks(r, r->line, "the array has no end");
    if (r->closed) return array_breaks(r, r->line, "text follows the array");
    if (c == ']') {
        r->closed = true;
        r->at++;
        return array_goes_on(r);
    }
    if (r->elements && c != ',') return array_breaks(r, r->line, "',' or ']' is missing");
    r->at += r->elements > 0;
    peek(r);
    return true;
}

/* The next good object of an array; false at the end, at text that is no JSON, and where memory ran out. */
static bool next_in_array(RowReader *r, Row *row) {
    while (array_goes_on(r)) {
        json_error_t fault;
        char *start = r->at;
        json_t *value =
            load(r, start, (size_t)(r->end - start), JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, &fault);
        if (!value) return !r->no_memory && array_breaks(r, r->line + fault.line - 1, fault.text);
        *row = (Row){.line = r->line};
        for (int f = 0; f < FIELD_COUNT; f++) row->field[f] = r->end; /* "" */
        r->elements++;
        r->at += fault.position;
        for (const char *c = start; c < r->at; c++) r->line += *c == '\n';
        bool good = take_json_fields(r, value, start, r->at, row);
        json_decref(value);
        if (good) return true;
    }
    return false;
}

/* ---- Any ---- */

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
    if (!r->array) return r->json ? STATUS_OK : read_header(r, needed, err);
    r->line = 1;
    peek(r);
    r->at++;
    return STATUS_OK;
}

bool rows_next(RowReader *r, Row *row) {
    char *line, fault[200];
    size_t size;
    if (r->array) return !r->no_memory && next_in_array(r, row);
    while (!r->no_memory && next_line(r, &line, &size)) {
        if (size == 0) continue;
        *row = (Row){.line = r->line};
        for (int f = 0; f < FIELD_COUNT; f++) row->field[f] = line + size; /* "" */
        if (line_fault(line, size, fault, sizeof fault))
            bad_row(r->bad, r->line, "%s", fault);
        else if (r->json ? parse_json(r, line, size, row) : parse_tsv(r, line, row))
            return true;
    }
    return false;
}
