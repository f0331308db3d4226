/* Text and labels of ids, gathered from one file before another file is read. */
#ifndef DATA_IMPORT_TABLE_H
#define DATA_IMPORT_TABLE_H

#include "data/names.h"
#include "nn/base/bytes.h"

enum { IMPORT_COLUMNS = 6 };

/* column[k] of id i; starts as all zeros. */
typedef struct {
    Buffer column[IMPORT_COLUMNS];
} ImportEntry;

typedef struct {
    Names ids;
    ImportEntry *entry;
    size_t room;
} ImportTable;

/* The entry of an id, new or old; NULL where memory ran out. Valid until the next call. */
ImportEntry *import_table_at(ImportTable *t, const char *id);
ImportEntry *import_table_find(const ImportTable *t, const char *id); /* NULL where there is none */
void import_table_free(ImportTable *t);

#endif
