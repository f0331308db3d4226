#include "data/import/import_table.h"

#include <string.h>

#include "nn/base/alloc.h"

ImportEntry *import_table_at(ImportTable *t, const char *id) {
    int before = t->ids.n;
    if (!mem_grow(&t->entry, &t->room, (size_t)before + 1, sizeof *t->entry)) return NULL;
    int i = names_add(&t->ids, id, strlen(id));
    if (i < 0) return NULL;
    if (i == before) memset(&t->entry[i], 0, sizeof *t->entry);
    return &t->entry[i];
}

ImportEntry *import_table_find(const ImportTable *t, const char *id) {
    int i = names_find(&t->ids, id, strlen(id));
    return i < 0 ? NULL : &t->entry[i];
}

void import_table_free(ImportTable *t) {
    for (int i = 0; i < t->ids.n; i++)
        for (int k = 0; k < IMPORT_COLUMNS; k++) buffer_free(&t->entry[i].column[k]);
    mem_free(t->entry);
    names_free(&t->ids);
    memset(t, 0, sizeof *t);
}
