/* Manifests in JSON: an object a line, or one array of objects. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "data/json_whole.h"
#include "data/manifest_rows.h"
#include "nn/base/alloc.h"
#include "nn/base/nearest.h"

/* Appends a string, or a whole number as digits, at *at. False for other values, and where the text does not fit before `end`. */
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

/* Copies a value's string to *at, over the bytes of the file that held the value (up to `end`) and were longer. NULL where the value
 * has a wrong type. */
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

/* Warns once of an unknown key whose name is similar to the field's. */
static void warn_of_slip(RowReader *r, json_t *object, int field) {
    if (r->warned[field]) return;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (manifest_field(key) >= 0 || !nearest_word(field_names[field], &key, 1)) continue;
        log_warn(r->log, "%s:%d: key \"%s\" is ignored; if \"%s\" is meant, rename it", r->path, r->line, key,
                 field_names[field]);
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

/* NULL: not JSON (`fault` says why), or memory ran out (r->no_memory). */
static json_t *load(RowReader *r, const char *text, size_t size, size_t flags, json_error_t *fault) {
    return json_whole(text, size, flags | JSON_REJECT_DUPLICATES, fault, &r->no_memory);
}

bool rows_parse_json(RowReader *r, char *line, size_t size, Row *row) {
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

bool rows_next_in_array(RowReader *r, Row *row) {
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
