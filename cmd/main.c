/* msach: the command. Finds the verb, runs it, prints its error, exits with its status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/manual.h"
#include "cmd/terminal.h"
#include "cmd/verbs.h"
#include "hash/search/scan.h"
#include "nn/base/nearest.h"
#include "nn/blas.h"
#include "nn/fast/kernels.h"

const Verb *const VERBS[] = {&VERB_PHANTOM, &VERB_IMPORT,  &VERB_TRAIN,  &VERB_EVAL,
                             &VERB_ENCODE,  &VERB_INDEX,   &VERB_SEARCH, &VERB_BROWSE,
                             &VERB_EXPORT,  &VERB_INSPECT, &VERB_VERIFY, &VERB_DEMO,
                             &VERB_AUDIT,   &VERB_BENCH,   &VERB_TABLE,  NULL};

volatile sig_atomic_t cmd_stop;

static void on_signal(int number) {
    if (cmd_stop) _exit(128 + number);
    cmd_stop = 1;
}

static bool is_among(const Verb *v, const Verb *const *list) {
    for (; *list; list++)
        if (*list == v) return true;
    return false;
}

/* Ctrl-C: some verbs look at cmd_stop and end as they should; those that only read end at once; the others end at the next
 * sign of progress, between two files. */
static void catch_signals(const Verb *v, Terminal *terminal) {
    static const Verb *const stop_themselves[] = {&VERB_TRAIN, &VERB_IMPORT, &VERB_TABLE,   &VERB_BENCH,
                                                  &VERB_DEMO,  &VERB_BROWSE, &VERB_PHANTOM, NULL};
    static const Verb *const only_read[] = {&VERB_SEARCH, &VERB_INSPECT, &VERB_VERIFY, &VERB_AUDIT, NULL};
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    if (is_among(v, only_read)) return;
    if (!is_among(v, stop_themselves)) terminal->stop = &cmd_stop;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* What it is and the three commands that matter; full: every verb with what it does. */
static void about(FILE *to, bool full) {
    fputs(
        "msach: short binary codes for medical images and their reports, so that a report finds images and\n"
        "an image finds reports by Hamming distance. A reference implementation of MSACH. Not a medical "
        "device.\n\n"
        "  msach demo --out demo                      see all of it on synthetic ultrasound, in two minutes\n"
        "  msach train --data FILE.tsv --out RUN      learn codes from your own pictures and reports\n"
        "  msach search --model RUN --index FILE.idx --text \"a cyst\"       ask (`msach index` makes the "
        "index)\n\n"
        "verbs:",
        to);
    for (const Verb *const *v = VERBS; *v; v++) {
        if (full)
            fprintf(to, "\n  %-9s %s", (*v)->name, (*v)->summary);
        else
            fprintf(to, " %s", (*v)->name);
    }
    fputs("\n`msach --help` says what each does, `msach VERB --help` shows its options.\n", to);
}

static void version(void) {
    printf("msach %s\nbuild: %s\nmatrix products: %s\nnetwork kernels: %s\nHamming scan: %s\ncompiler: %s\n",
           MSACH_VERSION, MSACH_BUILD, blas_name(), kernels()->name, scan_kernel_name(),
#ifdef __VERSION__
           __VERSION__
#else
           "unknown"
#endif
    );
}

/* name stands where a verb was expected */
static const Verb *find_verb(const char *name, Error *err) {
    const char *names[32];
    int n = 0;
    for (; VERBS[n]; n++) {
        names[n] = VERBS[n]->name;
        if (strcmp(VERBS[n]->name, name) == 0) return VERBS[n];
    }
    if (name[0] == '-') {
        static const char *const switches[] = {"--help", "--version"};
        const char *meant = nearest_word(name, switches, 2);
        if (meant)
            error_set(err, STATUS_USAGE, "unknown option '%s'; did you mean '%s'?", name, meant);
        else
            error_set(
                err, STATUS_USAGE,
                "'%s' stands where a verb was expected, as in `msach VERB %s`; `msach --help` lists them",
                name, name);
        return NULL;
    }
    const char *near = nearest_word(name, names, n);
    error_set(err, STATUS_USAGE, "unknown verb '%s'%s%s%s; `msach --help` lists them", name,
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

static Status run(const Verb *v, int argc, char **argv, Terminal *terminal, Error *err) {
    Args a;
    Status s = args_parse(&a, v, argc, argv, err);
    if (s == STATUS_OK && args_has(&a, "help")) {
        args_help(v, stdout);
    } else if (s == STATUS_OK) {
        catch_signals(v, terminal);
        a.log = terminal_log(terminal, args_has(&a, "quiet"));
        s = v->run(&a, err);
    }
    args_free(&a);
    return s;
}

/* The words that take the place of a verb; false where argv[1] is none. */
static bool run_switch(int argc, char **argv) {
    const char *word = argc < 2 ? "--help" : argv[1];
    if (strcmp(word, "help") == 0 && argc > 2) return false;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        about(argc < 2 ? stderr : stdout, argc >= 2);
    else if (strcmp(word, "--version") == 0)
        version();
    else if (strcmp(word, "--man") == 0)
        manual_man(stdout);
    else if (strcmp(word, "--completion") == 0)
        manual_completion(stdout);
    else
        return false;
    return true;
}

int main(int argc, char **argv) {
    Error err = {0};
    Terminal terminal = {0};
    Status s = argc < 2 ? STATUS_USAGE : STATUS_OK;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error, told quietly at the end */
    if (!run_switch(argc, argv)) {
        bool help = strcmp(argv[1], "help") == 0; /* `msach help VERB` is `msach VERB --help` */
        const Verb *v = find_verb(argv[1 + help], &err);
        if (help && v)
            args_help(v, stdout);
        else
            s = v ? run(v, argc - 2, argv + 2, &terminal, &err) : STATUS_USAGE;
    }
    terminal_clear(&terminal);
    if (s == STATUS_OK) s = terminal_flush(&err);
    if (s != STATUS_OK && err.message[0])
        fprintf(stderr, "%s%s\n", strncmp(err.message, "msach ", 6) == 0 ? "" : "msach: ", err.message);
    return (int)s;
}
