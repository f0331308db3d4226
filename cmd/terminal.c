#include "cmd/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t cmd_stop;

void terminal_clear(Terminal *t) {
    if (t->drawn) fputs("\r\033[K", stderr);
    t->drawn = false;
}

static void line(void *ctx, const char *text) {
    terminal_clear(ctx);
    fprintf(stderr, "%s\n", text);
}

static void warn(void *ctx, const char *text) {
    terminal_clear(ctx);
    fprintf(stderr, "msach: warning: %s\n", text);
}

/* "45 s", "12 min", "3 h 20 min" */
static void print_duration(double s) {
    long minutes = (long)(s / 60 + 0.5);
    if (s < 90)
        fprintf(stderr, "%.0f s", s);
    else if (minutes < 60)
        fprintf(stderr, "%ld min", minutes);
    else
        fprintf(stderr, "%ld h %ld min", minutes / 60, minutes % 60);
}

/* "9,860", or three digits of a small number. */
static void print_rate(double rate) {
    char digits[32];
    if (rate < 1000) {
        fprintf(stderr, "%.3g/s", rate);
        return;
    }
    int n = snprintf(digits, sizeof digits, "%.0f", rate);
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) fputc(',', stderr);
        fputc(digits[i], stderr);
    }
    fputs("/s", stderr);
}

static void end_if_stopped(Terminal *t) {
    if (!t->stop || !*t->stop) return;
    terminal_clear(t);
    fputs("msach: stopped\n", stderr);
    _exit(128 + SIGINT);
}

/* At most ten times a second: job, progress, rate, time left. A finished job's line is cleared for what is printed next. Where there is no terminal:
 * a line a minute. */
static void progress(void *ctx, const char *what, long done, long total) {
    Terminal *t = ctx;
    end_if_stopped(t);
    if (t->quiet) return;
    double time = log_clock();
    if (strcmp(t->what, what) != 0) {
        snprintf(t->what, sizeof t->what, "%s", what);
        t->begun = time;
        t->from = done;
        t->last = t->on_terminal ? 0 : time;
    }
    if (done >= total) terminal_clear(t);
    if (done >= total || time - t->last < (t->on_terminal ? 0.1 : 60)) return;
    t->last = time;
    double rate = time > t->begun ? (double)(done - t->from) / (time - t->begun) : 0;
    fprintf(stderr, "%s%s: %ld/%ld", t->on_terminal ? "\r\033[K" : "", what, done, total);
    if (rate > 0) {
        fputs(", ", stderr);
        print_rate(rate);
        fputs(", ", stderr);
        print_duration((double)(total - done) / rate);
        fputs(" left", stderr);
    }
    if (!t->on_terminal) fputc('\n', stderr);
    fflush(stderr);
    t->drawn = t->on_terminal;
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
