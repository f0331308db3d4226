/* People's text on stderr: lines, warnings, and a progress line that is drawn on a terminal alone. */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <signal.h>

#include "nn/base/log.h"

/* A Log that writes to stderr. State of the progress line is in *t, the caller's, who sets stop alone. */
typedef struct {
    int drawn; /* a progress line stands on the terminal */
    int on_terminal, quiet;
    const volatile sig_atomic_t
        *stop;     /* set by a signal: the process ends at the next sign of progress; NULL: it does not */
    char what[96]; /* the job in progress ... */
    double begun, last; /* ... since when, and when it was last drawn, s */
} Terminal;

/* quiet: warnings only. */
Log terminal_log(Terminal *t, int quiet);
void terminal_clear(Terminal *t);

/* Sends what stands in stdout on its way. Ends the process quietly where nobody reads it any more (`msach ...
 * | head`). */
Status terminal_flush(Error *err);

#endif
