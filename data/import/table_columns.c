#include "data/import/table_columns.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nn/base/alloc.h"
#include "nn/base/nearest.h"

enum { COLUMNS_SHOWN = 64 };
static const char *const key_names[COLUMN_KEYS] = {"id", "image", "text", "labels", "group", "part"};

/* ---- Reading ---- */

static bool find_column(const Columns *c, const char *name, size_t size, Piece *p) {
    for (int i = 0; i < c->tables; i++) {
        int column = table_column(&c->table[i], name, size);
        if (column < 0) continue;
        p->table = i;
        p->column = column;
        return true;
    }
    return false;
}

static Status unknown_column(const Columns *c, const char *name, size_t size, Error *err) {
    const char *names[COLUMNS_SHOWN];
    char *word = mem_alloc(size + 1);
    Buffer list = {0};
    int n = 0;
    if (!word) return mem_error(err, "a column");
    memcpy(word, name, size);
    word[size] = 0;
    for (int i = 0; i < c->tables; i++)
        for (int k = 0; k < c->table[i].columns.n && n < COLUMNS_SHOWN; k++) {
            names[n] = names_at(&c->table[i].columns, k);
            buffer_printf(&list, "%s%s", n ? ", " : "", names[n]);
            n++;
        }
    const char *near = nearest_word(word, names, n);
    error_set(err, STATUS_USAGE, "msach import: --columns: no column '%.200s'%s%s%s; columns: %.1200s", word,
              near ? "; did you mean '" : "", near ? near : "", near ? "'" : "", buffer_text(&list));
    buffer_free(&list);
    mem_free(word);
    return STATUS_USAGE;
}

static Status add_piece(Term *t, const Piece *p, Error *err) {
    if (!mem_grow(&t->piece, &t->room, t->n + 1, sizeof *t->piece)) return mem_error(err, "--columns");
    t->piece[t->n++] = *p;
    return STATUS_OK;
}

/* at: the text inside {...}: a name, or a name with :N or /N. */
static Status add_cell_piece(Term *t, const Columns *c, const char *at, size_t size, Error *err) {
    Piece p = {0};
    if (find_column(c, at, size, &p)) return add_piece(t, &p, err);
    size_t n = size;
    while (n && at[n - 1] >= '0' && at[n - 1] <= '9') n--;
    if (!n || n == size || (at[n - 1] != ':' && at[n - 1] != '/') || size - n > 4 ||
        !find_column(c, at, n - 1, &p))
        return unknown_column(c, at, size, err);
    *(at[n - 1] == ':' ? &p.first : &p.part) = atoi(at + n);
    return add_piece(t, &p, err);
}

Status columns_parse_term(Term *t, const Columns *c, const char *text, size_t size, Error *err) {
    Piece whole = {0};
    if (!memchr(text, '{', size)) {
        if (!find_column(c, text, size, &whole)) return unknown_column(c, text, size, err);
        return add_piece(t, &whole, err);
    }
    for (size_t i = 0; i < size;) {
        size_t n = 0;
        if (text[i] != '{') {
            while (i + n < size && text[i + n] != '{') n++;
            TRY(add_piece(t, &(Piece){.table = -1, .text = text + i, .size = n}, err));
            i += n;
            continue;
        }
        while (i + n < size && text[i + n] != '}') n++;
        if (i + n == size)
            return error_set(err, STATUS_USAGE, "msach import: --columns: '%.*s' lacks a '}'", (int)size,
                             text);
        TRY(add_cell_piece(t, c, text + i + 1, n - 1, err));
        i += n + 1;
    }
    return STATUS_OK;
}

static Status add_term(Spec *s, const Columns *c, const char *text, size_t size, Error *err) {
    if (!mem_grow(&s->term, &s->room, s->n + 1, sizeof *s->term)) return mem_error(err, "--columns");
    s->term[s->n] = (Term){0};
    return columns_parse_term(&s->term[s->n++], c, text, size, err);
}

/* FIRST..LAST of one table. */
static Status add_range(Spec *s, const Columns *c, const char *text, size_t size, size_t dots, Error *err) {
    Piece first = {0}, last = {0};
    if (!find_column(c, text, dots, &first)) return unknown_column(c, text, dots, err);
    if (!find_column(c, text + dots + 2, size - dots - 2, &last))
        return unknown_column(c, text + dots + 2, size - dots - 2, err);
    if (first.table != last.table || first.column > last.column)
        return error_set(err, STATUS_USAGE,
                         "msach import: --columns: '%.*s' is no range of columns from left to right",
                         (int)size, text);
    for (int k = first.column; k <= last.column; k++) {
        const char *name = names_at(&c->table[first.table].columns, k);
        TRY(add_term(s, c, name, strlen(name), err));
    }
    return STATUS_OK;
}

static Status parse_value(Columns *c, ColumnKey key, const char *at, size_t size, Error *err) {
    Spec *s = &c->spec[key];
    for (size_t i = 0; i <= size;) {
        size_t n = 0, dots = 0;
        for (bool inside = false; i + n < size && (inside || at[i + n] != '+'); n++) {
            inside = at[i + n] == '{' || (inside && at[i + n] != '}');
            if (n && !inside && i + n + 2 < size && at[i + n] == '.' && at[i + n + 1] == '.')
                dots = dots ? dots : n;
        }
        Piece whole = {0};
        bool range = key == COLUMN_LABELS && dots && !find_column(c, at + i, n, &whole);
        TRY(range ? add_range(s, c, at + i, n, dots, err) : add_term(s, c, at + i, n, err));
        i += n + 1;
    }
    return STATUS_OK;
}

/* The key that "key=" at this place names, or -1. */
static int key_at(const char *at) {
    for (int k = 0; k < COLUMN_KEYS; k++) {
        size_t n = strlen(key_names[k]);
        if (strncmp(at, key_names[k], n) == 0 && at[n] == '=') return k;
    }
    return -1;
}

Status columns_parse(Columns *c, const Table *table, int tables, const char *spec, Error *err) {
    *c = (Columns){.table = table, .tables = tables};
    for (const char *at = spec; *at;) {
        int key = key_at(at);
        if (key < 0)
            return error_set(
                err, STATUS_USAGE,
                "msach import: --columns: '%.60s' names no key; id=, image=, text=, labels=, group= or part= "
                "was expected",
                at);
        const char *value = strchr(at, '=') + 1, *end = value;
        for (bool inside = false; *end && (inside || *end != ',' || key_at(end + 1) < 0); end++)
            inside = *end == '{' || (inside && *end != '}');
        TRY(parse_value(c, (ColumnKey)key, value, (size_t)(end - value), err));
        at = end + (*end == ',');
    }
    if (c->spec[COLUMN_IMAGE].n && c->spec[COLUMN_TEXT].n) return STATUS_OK;
    return error_set(err, STATUS_USAGE, "msach import: --columns names no %s=; image and text are needed",
                     c->spec[COLUMN_IMAGE].n ? "text" : "image");
}

void term_free(Term *t) {
    mem_free(t->piece);
    *t = (Term){0};
}

void columns_free(Columns *c) {
    for (int k = 0; k < COLUMN_KEYS; k++) {
        for (size_t i = 0; i < c->spec[k].n; i++) term_free(&c->spec[k].term[i]);
        mem_free(c->spec[k].term);
    }
    *c = (Columns){0};
}

/* ---- Values ---- */

void term_put(Buffer *out, const Columns *c, const Term *t, const JoinedRow *r) {
    for (size_t i = 0; i < t->n; i++) {
        const Piece *p = &t->piece[i];
        if (p->table < 0) {
            buffer_add(out, p->text, p->size);
            continue;
        }
        const char *s =
            r->row[p->table] < 0 ? "" : table_cell(&c->table[p->table], r->row[p->table], p->column);
        for (int k = 1; k < p->part; k++) {
            s += strcspn(s, "/");
            s += *s == '/';
        }
        size_t n = p->part ? strcspn(s, "/") : strlen(s);
        for (size_t at = 0, characters = 0; p->first && at < n; at++) {
            characters += ((unsigned char)s[at] & 0xC0) != 0x80;
            if (characters > (size_t)p->first) n = at;
        }
        buffer_add(out, s, n);
    }
}

bool cell_is(const char *cell, int value) {
    static const char *const words[3][6] = {{"-1", "-1.0", "-1.", NULL},
                                            {"0", "0.0", "0.", "false", "no", NULL},
                                            {"1", "1.0", "1.", "true", "yes", NULL}};
    for (int i = 0; words[value + 1][i]; i++)
        if (strcasecmp(cell, words[value + 1][i]) == 0) return true;
    return false;
}

bool cell_is_unknown(const char *cell) {
    static const char *const words[] = {"", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "-", "?"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(cell, words[i]) == 0) return true;
    return false;
}

bool column_is_flags(const Table *t, int column, int *odd) {
    int flags = 0, others = 0;
    *odd = -1;
    for (int row = 0; row < t->rows; row++) {
        const char *s = table_cell(t, row, column);
        if (cell_is_unknown(s)) continue;
        bool flag = cell_is(s, 0) || cell_is(s, 1) || cell_is(s, -1);
        flags += flag;
        others += !flag;
        if (!flag && *odd < 0) *odd = row;
    }
    return flags > others;
}
