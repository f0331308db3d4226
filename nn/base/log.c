#include "nn/base/log.h"

#include <stdio.h>
#include <time.h>

static void emit(const Log *log, void (*to)(void *ctx, const char *text), const char *fmt, va_list args) {
    char text[2048];
    vsnprintf(text, sizeof text, fmt, args);
    to(log->ctx, text);
}

void log_line(const Log *log, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    if (log && log->line) emit(log, log->line, fmt, args);
    va_end(args);
}

void log_warn(const Log *log, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    if (log && log->warn) emit(log, log->warn, fmt, args);
    va_end(args);
}

void log_progress(const Log *log, const char *what, long done, long total) {
    if (log && log->progress) log->progress(log->ctx, what, done, total);
}

double log_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
