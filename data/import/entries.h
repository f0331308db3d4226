/* Texts and labels by id, collected from one file before another file is read. */
#ifndef DATA_IMPORT_ENTRIES_H
#define DATA_IMPORT_ENTRIES_H

#include "data/names.h"
#include "nn/base/bytes.h"

enum { ENTRY_COLUMNS = 6 };

/* The columns of one id; their meaning is the importer's. Starts as all zeros. */
typedef struct {
    Buffer column[ENTRY_COLUMNS];
} Entry;

typedef struct {
    Names ids;
    Entry *entry;
    size_t room;
} Entries;

/* The entry of an id, added where it is new; NULL where memory ran out. Valid until the next call. */
Entry *entries_at(Entries *t, const char *id);
Entry *entries_find(const Entries *t, const char *id); /* NULL where there is none */
void entries_free(Entries *t);

#endif
