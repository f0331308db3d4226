/* Messages on stderr: lines, warnings, and a progress line, which only a terminal shows. */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "nn/base/log.h"

/* Set by the first SIGINT or SIGTERM, read by any thread; a second one ends the process at once. */
extern atomic_int cmd_stop;

/* The state of a Log that writes to stderr. The caller sets stop and nothing else. */
typedef struct {
    bool drawn; /* the terminal shows a progress line */
    bool on_terminal, quiet;
    const atomic_int *stop; /* if set, the process ends at the next progress report; may be NULL */
    char what[96];          /* the job in progress ... */
    long from;              /* units that were done when it began */
    double begun, last;     /* ... since when, and when it was last drawn, s */
} Terminal;

/* quiet: warnings only. */
Log terminal_log(Terminal *t, bool quiet);
void terminal_clear(Terminal *t);
/* Flushes stdout. STATUS_IO where that fails; ends the process with 0 where no one reads stdout any more (`msach ... | head`). */
Status terminal_flush(Error *err);

#endif
