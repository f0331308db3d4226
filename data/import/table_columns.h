/* The meaning of a table's columns: `id=...,image=...,text=...,labels=...,group=...,part=...`.
 *
 * A value is one or more terms with '+' between. A term is the name of a column, or a template: text in which {name} stands for a
 * cell, {name:N} for its first N characters, {name/N} for its N-th part between '/' (from 1). A term of labels may be a range of
 * columns, FIRST..LAST. A '+' or ',' inside a template's braces is part of the name; other ',' are text unless "key=" follows. */
#ifndef DATA_IMPORT_TABLE_COLUMNS_H
#define DATA_IMPORT_TABLE_COLUMNS_H

#include "data/import/table_read.h"

enum { TABLES = 4 };
typedef enum {
    COLUMN_ID,
    COLUMN_IMAGE,
    COLUMN_TEXT,
    COLUMN_LABELS,
    COLUMN_GROUP,
    COLUMN_PART,
    COLUMN_KEYS
} ColumnKey;

/* A cell, or where table is -1 literal text. first, part: N of {name:N} and {name/N}, 0 for the whole cell. */
typedef struct {
    int table, column, first, part;
    const char *text;
    size_t size;
} Piece;

typedef struct {
    Piece *piece;
    size_t n, room;
} Term;

typedef struct {
    Term *term;
    size_t n, room;
} Spec;

typedef struct {
    const Table *table; /* (tables) the first has a row for each picture */
    int tables;
    Spec spec[COLUMN_KEYS];
} Columns;

/* One row of the first table, and the row of each other table that belongs to it; -1: none. */
typedef struct {
    int row[TABLES];
} JoinedRow;

/* Parses a spec, which c borrows. STATUS_USAGE names an unknown column and the nearest one. columns_free in every case. */
Status columns_parse(Columns *c, const Table *table, int tables, const char *spec, Error *err);
/* One template alone, for --join. */
Status columns_parse_term(Term *t, const Columns *c, const char *text, size_t size, Error *err);
void columns_free(Columns *c);
void term_put(Buffer *out, const Columns *c, const Term *t, const JoinedRow *r);
void term_free(Term *t);

/* Appends likely columns as a spec, by names in several languages and by contents. Returns what was not found ("texts"), or NULL. */
const char *columns_propose(Buffer *spec, const Table *table, int tables);
/* Whether most known cells are 0, 1 or -1 (also 1.0, true, ...). *odd: the first row whose cell is known and none of these, or -1. */
bool column_is_flags(const Table *t, int column, int *odd);
bool cell_is_unknown(const char *cell); /* "", NA, N/A, #N/A, <NA>, nan, null, None, '-', '?' in any case */
bool cell_is(const char *cell, int value); /* the number 0, 1 or -1 */

#endif
