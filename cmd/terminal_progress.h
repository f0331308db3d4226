/* The progress line, and durations as people say them. Of the part terminal. */
#ifndef CMD_TERMINAL_PROGRESS_H
#define CMD_TERMINAL_PROGRESS_H

#include "cmd/terminal.h"

/* At most ten times a second: job, progress, rate, time left. Where there is no terminal: a line a minute. */
void terminal_progress(Terminal *t, const char *what, long done, long total);

/* "45 s", "12 min", "3 h 20 min". */
enum { DURATION = 32 };
void duration_text(char text[DURATION], double s);

#endif
