/* Messages of long jobs. The library never prints: it calls the functions of a Log that the caller passes. A NULL Log, or a NULL
 * function in it, discards the message. A line is cut at 2047 bytes. */
#ifndef NN_BASE_LOG_H
#define NN_BASE_LOG_H

#include "nn/base/error.h"

typedef struct Log {
    void *ctx;
    /* One finished line, without newline. */
    void (*line)(void *ctx, const char *text);
    /* A warning: as line, but shown with --quiet too. */
    void (*warn)(void *ctx, const char *text);
    /* done of total units of `what` (e.g. "stage 1 epoch 3/20", in steps). Called often; the function limits how often it draws. */
    void (*progress)(void *ctx, const char *what, long done, long total);
} Log;

void log_line(const Log *log, const char *fmt, ...) NN_PRINTF(2, 3);
void log_warn(const Log *log, const char *fmt, ...) NN_PRINTF(2, 3);
void log_progress(const Log *log, const char *what, long done, long total);

/* Seconds of a monotonic clock with an arbitrary start. */
double log_clock(void);

#endif
