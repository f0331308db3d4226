#include "data/import/table_read.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "data/json_whole.h"
#include "data/text_read.h"
#include "nn/base/alloc.h"

enum { JSON_DEPTH = 8 };

const char *table_cell(const Table *t, int row, int column) {
    size_t at = t->start[row] + (size_t)column;
    return column >= 0 && at < t->start[row + 1] ? (const char *)t->text.data + t->cell[at] : "";
}

int table_column(const Table *t, const char *name, size_t size) {
    int exact = names_find(&t->columns, name, size);
    if (exact >= 0) return exact;
    for (int i = 0; i < t->columns.n; i++)
        if (strlen(names_at(&t->columns, i)) == size &&
            strncasecmp(names_at(&t->columns, i), name, size) == 0)
            return i;
    return -1;
}

void table_free(Table *t) {
    mem_free(t->path);
    names_free(&t->columns);
    buffer_free(&t->text);
    mem_free(t->cell);
    mem_free(t->start);
    *t = (Table){0};
}

static Status add_cell(Table *t, const char *s, size_t size, Error *err) {
    if (!mem_grow(&t->cell, &t->cell_room, t->cells + 1, sizeof *t->cell)) return mem_error(err, t->path);
    t->cell[t->cells++] = t->text.size;
    buffer_add(&t->text, s, size);
    buffer_add(&t->text, "", 1);
    return t->text.failed ? mem_error(err, t->path) : STATUS_OK;
}

static Status end_row(Table *t, Error *err) {
    if (!mem_grow(&t->start, &t->start_room, (size_t)t->rows + 2, sizeof *t->start))
        return mem_error(err, t->path);
    t->start[0] = 0;
    t->start[++t->rows] = t->cells;
    return STATUS_OK;
}

/* ---- CSV ---- */

static Status add_header(Table *t, const Csv *csv, Error *err) {
    for (int i = 0; i < csv->columns; i++) {
        Buffer name = {0};
        const char *base = csv->header[i];
        buffer_printf(&name, "%s", base);
        for (int k = 2;
             !name.failed && name.data && names_find(&t->columns, (char *)name.data, name.size) >= 0; k++) {
            name.size = 0;
            buffer_printf(&name, "%s_%d", base, k);
        }
        const char *text = buffer_text(&name);
        int added = name.failed ? -1 : names_add(&t->columns, text, name.size);
        buffer_free(&name);
        if (added < 0) return mem_error(err, t->path);
    }
    return STATUS_OK;
}

static Status read_csv(Table *t, TextEncoding *encoding, Facts *malformed, Error *err) {
    Csv csv;
    bool more = true;
    Error row = {0};
    Status s = csv_open_encoded(&csv, t->path, CSV_DETECT, true, encoding->wanted, err);
    if (s == STATUS_OK) s = add_header(t, &csv, err);
    t->separator = csv.separator;
    encoding->found = csv.encoding.found;
    while (s == STATUS_OK && more) {
        s = csv_next(&csv, &more, &row);
        for (int i = 0; s == STATUS_OK && more && i < csv.n; i++)
            s = add_cell(t, csv.field[i], strlen(csv.field[i]), err);
        if (s == STATUS_OK && more) s = end_row(t, err);
        if (s != STATUS_INPUT) continue;
        if (malformed) {
            facts_add(malformed, "malformed", row.message);
            s = STATUS_OK;
        } else {
            error_set(err, s, "%s", row.message);
        }
    }
    csv_close(&csv);
    return s;
}

/* ---- JSON ---- */

/* The row being read: value[i] of column i. */
typedef struct {
    Table *t;
    Buffer *value;
    size_t room;
} JsonRow;

static Status put(JsonRow *r, const char *name, const char *s, size_t size, char joiner, Error *err) {
    size_t before = r->room;
    int i = names_add(&r->t->columns, name, strlen(name));
    if (i < 0 || !mem_grow(&r->value, &r->room, (size_t)i + 1, sizeof *r->value))
        return mem_error(err, r->t->path);
    for (; before < r->room; before++) r->value[before] = (Buffer){0};
    Buffer *b = &r->value[i];
    if (b->size) buffer_add(b, &joiner, 1);
    buffer_add(b, s, size);
    return b->failed ? mem_error(err, r->t->path) : STATUS_OK;
}

/* Arrays of arrays, and deeper nesting, are ignored. */
static Status flatten(JsonRow *r, const char *name, const json_t *v, char joiner, int depth, Error *err) {
    char number[32];
    const char *key;
    json_t *inner;
    size_t i;
    if (json_is_string(v)) return put(r, name, json_string_value(v), json_string_length(v), joiner, err);
    if (json_is_boolean(v)) return put(r, name, json_is_true(v) ? "1" : "0", 1, joiner, err);
    if (json_is_number(v)) {
        int n = json_is_integer(v)
                    ? snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(v))
                    : snprintf(number, sizeof number, "%.15g", json_real_value(v));
        return put(r, name, number, (size_t)n, joiner, err);
    }
    if (depth == JSON_DEPTH) return STATUS_OK;
    if (json_is_array(v)) json_array_foreach(v, i, inner) {
            if (!json_is_array(inner))
                TRY(flatten(r, name, inner, json_is_object(inner) ? ' ' : '|', depth + 1, err));
        }
    json_object_foreach((json_t *)(size_t)v, key, inner) {
        Buffer path = {0};
        buffer_printf(&path, "%s%s%s", name, *name ? "." : "", key);
        const char *text = buffer_text(&path);
        Status s = path.failed ? mem_error(err, r->t->path) : flatten(r, text, inner, joiner, depth + 1, err);
        buffer_free(&path);
        TRY(s);
    }
    return STATUS_OK;
}

/* label, or NULL: the value of the column `column`, unless the object has a member of that name. */
static Status add_object(JsonRow *r, const json_t *object, const char *column, const char *label,
                         Error *err) {
    for (size_t i = 0; i < r->room; i++) r->value[i].size = 0;
    if (column && !json_object_get(object, column)) TRY(put(r, column, label, strlen(label), '|', err));
    TRY(flatten(r, "", object, '|', 0, err));
    for (int i = 0; i < r->t->columns.n; i++) {
        const Buffer *b = (size_t)i < r->room ? &r->value[i] : NULL;
        TRY(add_cell(r->t, b && b->size ? (char *)b->data : "", b ? b->size : 0, err));
    }
    return end_row(r->t, err);
}

static Status add_array(JsonRow *r, const json_t *array, const char *split, Error *err) {
    size_t i;
    json_t *v;
    json_array_foreach(array, i, v) {
        if (!json_is_object(v))
            return error_set(err, STATUS_INPUT,
                             "%s: element %zu of its array is no object; objects were expected", r->t->path,
                             i + 1);
        TRY(add_object(r, v, split ? "split" : NULL, split, err));
    }
    return STATUS_OK;
}

static bool is_table(const json_t *v) {
    return json_is_array(v) && json_is_object(json_array_get(v, 0));
}

/* Reads the whole file as one value. */
static Status add_root(JsonRow *r, const json_t *root, Error *err) {
    const char *key;
    json_t *v;
    size_t tables = 0, objects = 0;
    if (json_is_array(root)) return add_array(r, root, NULL, err);
    json_object_foreach((json_t *)(size_t)root, key, v) {
        tables += is_table(v);
        objects += json_is_object(v);
    }
    bool keyed = !tables && objects && objects == json_object_size(root);
    if (!tables && !keyed) return add_object(r, root, NULL, NULL, err);
    json_object_foreach((json_t *)(size_t)root, key, v) {
        if (is_table(v)) TRY(add_array(r, v, key, err));
        if (keyed) TRY(add_object(r, v, "key", key, err));
    }
    return STATUS_OK;
}

static Status load_value(json_t **v, const char *path, const char *text, size_t size, size_t *used,
                         Error *err) {
    json_error_t fault;
    bool no_memory = false;
    *v = json_whole(text, size, JSON_DISABLE_EOF_CHECK, &fault, &no_memory);
    if (no_memory) return mem_error(err, path);
    *used = (size_t)fault.position;
    if (json_is_object(*v) || json_is_array(*v)) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s:%d: %s; JSON objects were expected", path, *v ? 1 : fault.line,
                     *v ? "is neither an object nor an array" : fault.text);
}

static size_t blanks(const char *s) {
    return strspn(s, " \t\r\n");
}

static Status read_json(Table *t, TextEncoding *encoding, Error *err) {
    JsonRow r = {.t = t};
    char *text;
    size_t size, used = 0;
    TRY(text_read(t->path, &text, &size, encoding, err));
    Status s = STATUS_OK;
    size_t at = blanks(text);
    for (bool first = true; s == STATUS_OK && at < size; first = false) {
        json_t *v = NULL;
        s = load_value(&v, t->path, text + at, size - at, &used, err);
        at += used;
        at += blanks(text + at);
        if (s == STATUS_OK && first && at >= size)
            s = add_root(&r, v, err);
        else if (s == STATUS_OK && json_is_array(v))
            s = add_array(&r, v, NULL, err);
        else if (s == STATUS_OK)
            s = add_object(&r, v, NULL, NULL, err);
        json_decref(v);
    }
    for (size_t i = 0; i < r.room; i++) buffer_free(&r.value[i]);
    mem_free(r.value);
    mem_free(text);
    return s;
}

/* ---- Both ---- */

Status table_read(Table *t, const char *path, TextEncoding *encoding, Facts *malformed, Error *err) {
    static const char *const json[] = {".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz"};
    unsigned char head[4];
    size_t got = 0;
    *t = (Table){.path = mem_strdup(path)};
    if (!t->path) return mem_error(err, path);
    TRY(file_head(path, head, sizeof head, &got, err));
    if (got == 4 && memcmp(head, "PK\3\4", 4) == 0)
        return error_set(
            err, STATUS_INPUT,
            "%s: is an Excel workbook (.xlsx) or another zip file, which is not read; save it as csv "
            "(libreoffice --headless --convert-to csv FILE.xlsx)",
            path);
    bool is_json = false;
    for (size_t i = 0; i < sizeof json / sizeof json[0]; i++) is_json |= name_ends(path, json[i]);
    TRY(is_json ? read_json(t, encoding, err) : read_csv(t, encoding, malformed, err));
    if (t->rows == 0) return error_set(err, STATUS_INPUT, "%s: holds no row", path);
    return STATUS_OK;
}
