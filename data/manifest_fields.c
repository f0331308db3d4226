#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "data/manifest_rows.h"

enum { BAD_ROWS_TOLD = 10 };

const char *const field_names[FIELD_COUNT] = {"id", "image", "text", "labels", "group", "split"};

void bad_row(BadRows *bad, int line, const char *fmt, ...) {
    bad->count++;
    if (bad->told == BAD_ROWS_TOLD) return;
    char what[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    size_t room = sizeof bad->text - bad->used;
    int n =
        snprintf(bad->text + bad->used, room, "%s%s:%d: %s", bad->told ? "\n" : "", bad->path, line, what);
    bad->told++;
    bad->used += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1; /* a very long path: cut */
}

int manifest_field(const char *name) {
    for (int f = 0; f < FIELD_COUNT; f++)
        if (strcmp(name, field_names[f]) == 0) return f;
    return -1;
}
