#define _POSIX_C_SOURCE 200809L
#include "cmd/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void terminal_clear(Terminal *t) {
    if (t->drawn) fputs("\r\033[K", stderr);
    t->drawn = 0;
}

static void line(void *ctx, const char *text) {
    terminal_clear(ctx);
    fprintf(stderr, "%s\n", text);
}

static void warn(void *ctx, const char *text) {
    terminal_clear(ctx);
    fprintf(stderr, "msach: warning: %s\n", text);
}

/* At most ten times a second: the job, how far, the rate and the time left. */
static void progress(void *ctx, const char *what, long done, long total) {
    Terminal *t = ctx;
    if (!t->on_terminal) return;
    double time = log_clock();
    if (strcmp(t->what, what) != 0) {
        snprintf(t->what, sizeof t->what, "%s", what);
        t->begun = time;
        t->last = 0;
    }
    if (time - t->last < 0.1 && done < total) return;
    t->last = time;
    double rate = time > t->begun ? (double)done / (time - t->begun) : 0;
    fprintf(stderr, "\r\033[K%s: %ld/%ld", what, done, total);
    if (rate > 0 && done < total)
        fprintf(stderr, ", %.3g/s, %.0f s left", rate, (double)(total - done) / rate);
    fflush(stderr);
    t->drawn = 1;
}

Log terminal_log(Terminal *t, int quiet) {
    memset(t, 0, sizeof *t);
    t->on_terminal = isatty(STDERR_FILENO);
    return (Log){.ctx = t, .line = quiet ? NULL : line, .warn = warn, .progress = quiet ? NULL : progress};
}

Status terminal_flush(Error *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return STATUS_OK;
    if (errno == EPIPE) _exit(STATUS_OK);
    return error_set(err, STATUS_IO, "cannot write the result: %s",
                     errno ? strerror(errno) : "the output is broken");
}
