/* The lines of --queries: a sentence, "@image PATH", "@id ID", "@code HEX" or "@text SENTENCE". */
#ifndef CMD_QUERIES_H
#define CMD_QUERIES_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/finder.h"
#include "nn/base/bytes.h"

enum { QUERY_MAX_LINE = 1 << 20 /* bytes */ };

/* Begins as {from, path}; path is for messages. `from` belongs to the caller. queries_free in every case. */
typedef struct {
    FILE *from;
    const char *path;
    int line;    /* number of the current line, from 1 */
    Buffer text; /* the current line, ended by 0 */
} Queries;

/* Reads the next question that is not empty; *more is false at the end. q->value lives until the next call. STATUS_INPUT where a line holds
 * a NUL byte or exceeds QUERY_MAX_LINE; the next call then reads the next line. */
Status queries_next(Queries *from, Query *q, bool *more, Error *err);
void queries_free(Queries *from);

#endif
