/* The rows of a manifest file as strings, from TSV, JSON Lines or a JSON array; and the list of their errors. */
#ifndef DATA_MANIFEST_ROWS_H
#define DATA_MANIFEST_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/base/error.h"
#include "nn/base/log.h"

enum { MANIFEST_MAX_LINE = 1 << 20 /* bytes */ };

enum { FIELD_ID, FIELD_IMAGE, FIELD_TEXT, FIELD_LABELS, FIELD_GROUP, FIELD_SPLIT, FIELD_COUNT };
extern const char *const field_names[FIELD_COUNT]; /* this, manifest_field and bad_row: manifest_fields.c */
/* The field of this name, or -1. */
int manifest_field(const char *name);

/* Bad rows of one file: their number, and the messages of the first ten (`told`). Starts as {path}. */
typedef struct {
    const char *path;
    int count, told;
    size_t used;
    char text[1500];
} BadRows;

void bad_row(BadRows *bad, int line, const char *fmt, ...) NN_PRINTF(3, 4);

/* field: "" where the row has none. Strings live in the file's bytes. */
typedef struct {
    char *field[FIELD_COUNT];
    int line;
} Row;

typedef struct {
    const char *path;
    char *at, *end;            /* the unread rest */
    int line;                  /* read so far */
    bool json, array, closed;  /* JSON Lines; a JSON array; the end of the array was read */
    int elements;              /* of the JSON array, read so far */
    int columns;               /* of a TSV file */
    int column[FIELD_COUNT];   /* number of each field's column, -1 where there is none */
    bool present[FIELD_COUNT]; /* TSV: the column is there; JSON: some row had the key */
    bool warned[FIELD_COUNT];  /* a JSON key similar to the field was reported */
    bool bare;                 /* columns image and text may both be missing */
    bool no_memory;            /* memory ran out, so the rows ended early */
    BadRows *bad;
    const Log *log;
} RowReader;

/* data: the file's bytes followed by one 0; overwritten. Reads the header of a TSV file. `needed`: columns that must exist (ignored
 * for JSON). bare: columns image and text may both be missing. */
Status rows_open(RowReader *r, const char *path, char *data, size_t size, const bool needed[FIELD_COUNT],
                 bool bare, BadRows *bad, const Log *log, Error *err);

/* The next good row; false at the end, and where memory ran out (r->no_memory). Bad rows are reported to r->bad and skipped. */
bool rows_next(RowReader *r, Row *row);

/* ---- manifest_json.c, of the part json ---- */

/* One line of JSON Lines: an object. False where it is bad (reported to r->bad) or memory ran out (r->no_memory). */
bool rows_parse_json(RowReader *r, char *line, size_t size, Row *row);
/* The next good object of an array; false at the end, at text that is not JSON (reported to r->bad), and where memory ran out. */
bool rows_next_in_array(RowReader *r, Row *row);

#endif
