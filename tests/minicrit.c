/* main of the replacement for Criterion: every test in its own process, one after another: unit [--filter 'suite/name']
 * [--timeout S] [--list]. A test has S seconds [300], or those that it names where they are more. The filter is a shell
 * pattern, which may begin with alternatives as in Criterion, such as '@(pool|scan)' before the rest. A filter that matches no
 * test is a failure. */
#ifdef MINICRIT
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/minicrit.h"

enum { SKIPPED = 77, FAILED = 78 };

static MiniTest *first, **last = &first;

void minicrit_add(MiniTest *test) {
    *last = test;
    last = &test->next;
}

void minicrit_fail(const char *file, int line, const char *what, const char *fmt, ...) {
    fprintf(stderr, "  %s:%d: %s", file, line, what);
    va_list args;
    va_start(args, fmt);
    if (*fmt) fputs(": ", stderr);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    fflush(NULL);
    _exit(FAILED);
}

void minicrit_skip(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fflush(NULL);
    _exit(SKIPPED);
}

void minicrit_log(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

/* 0: passed, 1: failed, 2: skipped. */
static int run_one(const MiniTest *t, double timeout) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm((unsigned)(t->timeout > timeout ? t->timeout : timeout));
        if (t->init) t->init();
        t->run();
        if (t->fini) t->fini();
        exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return 1;
    if (WIFSIGNALED(status)) return WTERMSIG(status) == t->signal ? 0 : 1;
    if (WEXITSTATUS(status) == SKIPPED) return 2;
    return t->signal == 0 && WEXITSTATUS(status) == t->exit_code ? 0 : 1;
}

/* Not all C libraries have alternatives in fnmatch, so they are expanded here. */
static int fits(const char *filter, const char *name) {
    const char *end = strncmp(filter, "@(", 2) == 0 ? strchr(filter, ')') : NULL;
    if (!end) return fnmatch(filter, name, 0) == 0;
    for (const char *at = filter + 2; at < end;) {
        char pattern[512];
        size_t n = strcspn(at, "|)");
        snprintf(pattern, sizeof pattern, "%.*s%s", (int)n, at, end + 1);
        if (fnmatch(pattern, name, 0) == 0) return 1;
        at += n + 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    const char *filter = "*";
    double timeout = 300;
    int count[3] = {0, 0, 0}, list = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) filter = argv[++i];
        if (strcmp(argv[i], "--timeout") == 0 && i + 1 < argc) timeout = atof(argv[++i]);
        if (strcmp(argv[i], "--list") == 0) list = 1;
    }
    for (const MiniTest *t = first; t; t = t->next) {
        char name[256];
        snprintf(name, sizeof name, "%s/%s", t->suite, t->name);
        if (t->disabled || !fits(filter, name)) continue;
        if (list) {
            puts(name);
            continue;
        }
        int end = run_one(t, timeout);
        count[end]++;
        if (end) printf("[%s] %s\n", end == 1 ? "FAIL" : "SKIP", name);
    }
    if (!list) printf("%d passed, %d failed, %d skipped\n", count[0], count[1], count[2]);
    if (!list && count[0] + count[1] + count[2] == 0) return 1;
    return count[1] ? 1 : 0;
}
#else
typedef int minicrit_is_not_used; /* C forbids an empty translation unit */
#endif
