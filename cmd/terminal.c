#include "cmd/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/terminal_progress.h"
#include "nn/base/parts.h"

atomic_int cmd_stop;

/* Threads that warn only read `drawn`: nothing draws while they run. */
void terminal_clear(Terminal *t) {
    if (t->drawn) fputs("\r\033[K", stderr), t->drawn = false;
}

static void line(void *ctx, const char *text) {
    terminal_clear(ctx);
    fprintf(stderr, "%s\n", text);
}

static void warn(void *ctx, const char *text) {
    terminal_clear(ctx);
    fprintf(stderr, "msach: warning: %s\n", text);
}

static void end_if_stopped(Terminal *t) {
    if (!t->stop || !*t->stop) return;
    terminal_clear(t);
    fputs("msach: stopped\n", stderr);
    _exit(128 + SIGINT);
}

/* A finished job's line is cleared for what is printed next. */
static void progress(void *ctx, const char *what, long done, long total) {
    Terminal *t = ctx;
    end_if_stopped(t);
    if (done >= total) terminal_clear(t);
    if (PART_TERMINAL && !t->quiet) terminal_progress(t, what, done, total);
}

Log terminal_log(Terminal *t, bool quiet) {
    *t = (Terminal){.on_terminal = isatty(STDERR_FILENO), .quiet = quiet, .stop = t->stop};
    return (Log){.ctx = t, .line = quiet ? NULL : line, .warn = warn, .progress = progress};
}

/* errno of a failed printf may be lost by now; a pipe without a reader still reports itself. */
static bool reader_gone(void) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return errno == EPIPE || (poll(&out, 1, 0) == 1 && out.revents & POLLERR);
}

Status terminal_flush(Error *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return STATUS_OK;
    if (reader_gone()) _exit(STATUS_OK);
    return error_set(err, STATUS_IO, "cannot write the result: %s",
                     errno ? strerror(errno) : "the output is broken");
}
