#include <stdio.h>
#include <string.h>

#include "cmd/terminal_progress.h"

void duration_text(char text[DURATION], double s) {
    long minutes = (long)(s / 60 + 0.5);
    if (s < 90)
        snprintf(text, DURATION, "%.0f s", s);
    else if (minutes < 60)
        snprintf(text, DURATION, "%ld min", minutes);
    else
        snprintf(text, DURATION, "%ld h %ld min", minutes / 60, minutes % 60);
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

void terminal_progress(Terminal *t, const char *what, long done, long total) {
    double time = log_clock();
    if (strcmp(t->what, what) != 0) {
        snprintf(t->what, sizeof t->what, "%s", what);
        t->begun = time;
        t->from = done;
        t->last = t->on_terminal ? 0 : time;
    }
    if (done >= total || time - t->last < (t->on_terminal ? 0.1 : 60)) return;
    t->last = time;
    double rate = time > t->begun ? (double)(done - t->from) / (time - t->begun) : 0;
    fprintf(stderr, "%s%s: %ld/%ld", t->on_terminal ? "\r\033[K" : "", what, done, total);
    if (rate > 0) {
        fputs(", ", stderr);
        print_rate(rate);
        char left[DURATION];
        duration_text(left, (double)(total - done) / rate);
        fprintf(stderr, ", %s left", left);
    }
    if (!t->on_terminal) fputc('\n', stderr);
    fflush(stderr);
    t->drawn = t->on_terminal;
}
