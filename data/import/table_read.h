/* A whole table in memory, from CSV, TSV, JSON or JSON Lines. */
#ifndef DATA_IMPORT_TABLE_READ_H
#define DATA_IMPORT_TABLE_READ_H

#include "data/import/import_case.h"

/* Cells are strings; a missing cell is "". Starts as all zeros. */
typedef struct {
    char *path;
    char separator; /* detected: ',', ';', tab or '|'; 0: JSON */
    Names columns;
    Buffer text;          /* the cells, each ended by 0 */
    size_t *cell, *start; /* start of each cell in text; first cell of each row, (rows + 1) */
    size_t cells, cell_room, start_room;
    int rows;
} Table;

/* Reads a whole table. CSV: csv.h, CSV_DETECT; columns with equal names get a number. JSON: an array of objects; or an object with
 * such arrays, whose names become the column "split"; or an object of objects, whose names become the column "key"; or one object
 * after another (JSON Lines). A nested object gives columns "outer.inner"; an array gives its values with '|' between; true and false
 * are 1 and 0. encoding: as in text_read. malformed: counts the bad rows of a CSV; NULL: they are an error. An .xlsx file is an input
 * error that says how to save it as CSV. Call table_free in every case. */
Status table_read(Table *t, const char *path, TextEncoding *encoding, Facts *malformed, Error *err);
const char *table_cell(const Table *t, int row, int column);
int table_column(const Table *t, const char *name, size_t size); /* exact, else without case; -1: none */
void table_free(Table *t);

#endif
