/* The questions of --queries, one a line: a sentence, "@image PATH", "@id ID" or "@text SENTENCE". */
#ifndef CMD_QUERIES_H
#define CMD_QUERIES_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/finder.h"
#include "nn/base/bytes.h"

enum { QUERY_MAX_LINE = 1 << 20 /* bytes */ };

/* Starts as {from, path}; path: for messages. queries_free in every case; `from` stays the caller's. */
typedef struct {
    FILE *from;
    const char *path;
    int line;    /* of the current question, from 1 */
    Buffer text; /* the line as it was given */
} Queries;

/* The next question that is not empty; *more is false at the end. q->value and q.text live until the next call. A line that holds
 * a NUL byte or is too long is an input error. */
Status queries_next(Queries *from, Query *q, bool *more, Error *err);
void queries_free(Queries *from);

#endif
