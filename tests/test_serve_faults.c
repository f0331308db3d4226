/* `msach serve` while its memory or its system calls fail: it does not start and says why with exit 4, or each question gets its answer
 * or an error of the server, and once the fault has passed every answer is the old one. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/faulty.h"
#include "tests/fixtures.h"
#include "tests/serving.h"

enum { FEW = 4, QUESTIONS = 6 };

typedef struct {
    Serving serving;
    Answered good[QUESTIONS]; /* of an undisturbed server */
    char thumb[128];
    long memory, system; /* how often it asks in one round of questions */
    int started, refused, runs, wrong;
} Disturbed;

static void complain(Disturbed *d, const char *fault, const char *what, const char *text) {
    if (d->wrong++ < 10) cr_log_warn("serve, %s: %s: %s", fault, what, text);
}

/* The answer to question i of a round; an index is read again before the fifth. */
static Answered ask(Disturbed *d, int i) {
    const char *target[QUESTIONS] = {
        "/",      "/api/search?text=anechoic+cyst&words=cyst", "/api/case?id=case0007",
        d->thumb, "/api/search?id=case0003&find=text",         "/api/about"};
    if (i == 4) kill(d->serving.pid, SIGHUP);
    return serving_get(&d->serving, target[i]);
}

static bool answers_alike(const Answered *a, const Answered *b) {
    return a->code == b->code && a->size == b->size && memcmp(a->body, b->body, a->size) == 0;
}

/* One round; `passed`: the fault lies behind. */
static void ask_all(Disturbed *d, const char *fault, bool passed) {
    for (int i = 0; i < QUESTIONS; i++) {
        Answered a = ask(d, i);
        if (a.code >= 500 && !passed) {
            d->refused++;
            if (!strstr(a.body, "error")) complain(d, fault, "an error without its reason", a.body);
        } else if (!answers_alike(&a, &d->good[i])) {
            complain(d, fault, "another answer", a.code ? a.body : "none");
        }
        answered_free(&a);
    }
}

static void check_refusal(Disturbed *d, const char *fault, int code, bool must_start) {
    char *log = serving_log(&d->serving);
    bool told = strstr(log, "msach: ") && !strstr(log, "Success");
    if (must_start || code != 4 || !told) complain(d, fault, "it did not start", log);
    free(log);
}

static void check_end(Disturbed *d, const char *fault) {
    kill(d->serving.pid, SIGTERM);
    int code = finish_msach(d->serving.pid);
    char *log = serving_log(&d->serving);
    if (code != 0 && code != 4) complain(d, fault, "its end", log);
    free(log);
}

static void try_fault(Disturbed *d, const char *fault, bool once, bool must_start) {
    int code = 0;
    d->runs++;
    if (!serving_try(&d->serving, "MSACH_FAULT", fault, &code)) {
        check_refusal(d, fault, code, must_start);
        return;
    }
    d->started++;
    ask_all(d, fault, false);
    if (once) ask_all(d, fault, true);
    check_end(d, fault);
}

/* The answers and the counts of an undisturbed server. */
static Disturbed disturbed_begin(void) {
    Disturbed d = {.serving = serving_start("")};
    Answered a = serving_get(&d.serving, "/api/search?text=cyst");
    const char *picture = strstr(a.body, "/picture/");
    cr_assert_not_null(picture, "%s", a.body);
    snprintf(d.thumb, sizeof d.thumb, "/thumb/%.*s", (int)strcspn(picture + 9, "\""), picture + 9);
    answered_free(&a);
    serving_stop(&d.serving, SIGTERM, 0);
    const char *count = fixture_path("count");
    int code;
    cr_assert(serving_try(&d.serving, "MSACH_FAULT_COUNT", count, &code));
    for (int i = 0; i < QUESTIONS; i++) {
        d.good[i] = ask(&d, i);
        cr_assert_eq(d.good[i].code, 200, "%s", d.good[i].body);
    }
    serving_stop(&d.serving, SIGTERM, 0);
    FILE *from = fopen(count, "r");
    cr_assert_not_null(from);
    cr_assert_eq(fscanf(from, "%ld %ld", &d.memory, &d.system), 2);
    fclose(from);
    cr_assert(d.memory > 100 && d.system > 5, "%ld, %ld", d.memory, d.system);
    return d;
}

static void disturbed_end(Disturbed *d) {
    cr_log_info("serve: %ld requests, %ld calls, %d runs, %d started, %d answers refused", d->memory,
                d->system, d->runs, d->started, d->refused);
    for (int i = 0; i < QUESTIONS; i++) answered_free(&d->good[i]);
    cr_assert_eq(d->wrong, 0);
    cr_assert(d->runs >= 8 && d->started >= 2 && d->refused >= 1, "%d, %d, %d", d->runs, d->started,
              d->refused);
}

Test(faults, serve_without_memory) {
    Disturbed d = disturbed_begin();
    char fault[64];
    for (int always = 0; always < 2; always++)
        for (long n = faulty_next(0, d.memory, 2 * FEW); n <= d.memory;
             n = faulty_next(n, d.memory, 2 * FEW)) {
            snprintf(fault, sizeof fault, "memory %ld %s", n, always ? "always" : "once");
            try_fault(&d, fault, !always, false);
        }
    disturbed_end(&d);
}

Test(faults, serve_with_failing_calls) {
    static const int codes[] = {EIO, EINTR, 0};
    Disturbed d = disturbed_begin();
    char fault[64];
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++)
        for (long n = faulty_next(0, d.system, 2 * FEW); n <= d.system;
             n = faulty_next(n, d.system, 2 * FEW)) {
            snprintf(fault, sizeof fault, "system %ld %d once", n, codes[c]);
            try_fault(&d, fault, true, codes[c] != EIO);
        }
    disturbed_end(&d);
}
