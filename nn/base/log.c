#include "nn/base/log.h"

#include <stdio.h>
#include <time.h>

void log_line(const Log *log, const char *fmt, ...) {
    if (!log || !log->line) return;
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    log->line(log->ctx, text);
}

void log_warn(const Log *log, const char *fmt, ...) {
    if (!log || !log->warn) return;
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    log->warn(log->ctx, text);
}

void log_progress(const Log *log, const char *what, long done, long total) {
    if (log && log->progress) log->progress(log->ctx, what, done, total);
}

double log_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
