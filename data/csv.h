/* Tables with a separator: CSV as in RFC 4180 (quotes, doubled quotes, separators and line ends inside quotes; CRLF or LF), and
 * tab- or bar-separated lists without quotes. */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "data/text_read.h"
#include "nn/base/error.h"

enum { CSV_MAX_FIELDS = 256 };

/* CSV_QUOTED: commas and quotes. CSV_TABS, CSV_BARS: no quotes. CSV_DETECT: quotes, and the separator among , ; tab | that the first
 * line holds most often outside quotes, or that a first line "sep=;" names. */
typedef enum { CSV_QUOTED, CSV_TABS, CSV_BARS, CSV_DETECT } CsvKind;

typedef struct {
    char *path, *text, *at;
    char separator;
    bool quoted;                  /* fields may stand in quotes */
    int columns;                  /* of the header; 0 without one */
    char *header[CSV_MAX_FIELDS]; /* names of the columns */
    char *field[CSV_MAX_FIELDS];  /* of the current row; strings in the text */
    int n;                        /* fields of the current row */
    int line, next;               /* line where the current row starts, from 1; line of the next row */
    TextEncoding encoding;        /* of the file */
    bool converted;               /* the file was not UTF-8 */
} Csv;

/* Reads the file with text_read, and with `header` its first row as names of columns. encoding: a name as in TextEncoding, or NULL to
 * guess it, as csv_open does. An empty file is an input error where a header is expected. Call csv_close in every case. */
Status csv_open_encoded(Csv *c, const char *path, CsvKind kind, bool header, const char *encoding,
                        Error *err);
Status csv_open(Csv *c, const char *path, CsvKind kind, bool header, Error *err);

/* The next row that is not empty; *more is false at the end. An input error with its line: a quote that is not closed, more than
 * CSV_MAX_FIELDS fields or, below a header, a row with another number of fields. The next call continues behind that row. */
Status csv_next(Csv *c, bool *more, Error *err);

/* The number of a column by its name (case-insensitive), from 0. Without such a column: -1, from csv_need an input error. */
int csv_column(const Csv *c, const char *name);
Status csv_need(const Csv *c, const char *name, int *column, Error *err);
void csv_close(Csv *c);

#endif
