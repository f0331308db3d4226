#include "data/import/entries.h"

#include <string.h>

#include "nn/base/alloc.h"

Entry *entries_at(Entries *t, const char *id) {
    int before = t->ids.n;
    if (!mem_grow(&t->entry, &t->room, (size_t)before + 1, sizeof *t->entry)) return NULL;
    int i = names_add(&t->ids, id, strlen(id));
    if (i < 0) return NULL;
    if (i == before) memset(&t->entry[i], 0, sizeof *t->entry);
    return &t->entry[i];
}

Entry *entries_find(const Entries *t, const char *id) {
    int i = names_find(&t->ids, id, strlen(id));
    return i < 0 ? NULL : &t->entry[i];
}

void entries_free(Entries *t) {
    for (int i = 0; i < t->ids.n; i++)
        for (int k = 0; k < ENTRY_COLUMNS; k++) buffer_free(&t->entry[i].column[k]);
    mem_free(t->entry);
    names_free(&t->ids);
    memset(t, 0, sizeof *t);
}
