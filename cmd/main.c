/* The command: finds the verb, runs it, prints its error, exits with its Status. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cut.h"
#include "cmd/manual.h"
#include "cmd/outputs.h"
#include "cmd/terminal.h"
#include "cmd/verbs.h"
#include "hash/search/scan.h"
#include "nn/base/parts.h"
#include "nn/blas.h"
#include "nn/fast.h"

static void on_signal(int number) {
    if (cmd_stop) _exit(128 + number);
    cmd_stop = 1;
}

static void catch_signals(const Verb *v, Terminal *terminal) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    if (v->on_stop == STOP_AT_ONCE) return;
    if (v->on_stop == STOP_AT_PROGRESS) terminal->stop = &cmd_stop;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* What msach is, and its three main commands. full: each verb with its summary. */
static void about(FILE *to, bool full) {
    fputs(
        "msach: short binary codes for medical images and their reports, so that a report finds images and\n"
        "an image finds reports by Hamming distance. A reference implementation of MSACH. Not a medical "
        "device.\n\n",
        to);
    if (PART_PHANTOM)
        fputs("  msach demo --out demo                      see all of it on synthetic ultrasound, in two "
              "minutes\n",
              to);
    fputs("  msach train --data FILE.tsv --out RUN      learn codes from your own pictures and reports\n"
          "  msach search --model RUN --index FILE.idx --text \"a cyst\"       ask (`msach index` makes the "
          "index)\n\n"
          "verbs:",
          to);
    for (const VerbRow *row = VERBS; row->name; row++) {
        if (row->verb && full)
            fprintf(to, "\n  %-9s %s", row->name, row->verb->summary);
        else if (row->verb)
            fprintf(to, " %s", row->name);
    }
    fputs("\n`msach --help` describes the verbs, `msach VERB --help` shows the options of one.\n", to);
}

static void version(void) {
    printf("msach %s\nbuild: %s\nmatrix products: %s\nnetwork kernels: %s\nHamming scan: %s\ncompiler: %s\n",
           MSACH_VERSION, MSACH_BUILD, blas_name(), fast_name(), scan_kernel_name(),
#ifdef __VERSION__
           __VERSION__
#else
           "unknown"
#endif
    );
}

static const Verb *find_verb(const char *name, Error *err) {
    const char *names[32];
    int n = 0;
    for (; VERBS[n].name; n++) {
        names[n] = VERBS[n].name;
        if (strcmp(VERBS[n].name, name) != 0) continue;
        if (!VERBS[n].verb) error_set(err, STATUS_USAGE, "%s", VERBS[n].absent);
        return VERBS[n].verb;
    }
    if (name[0] == '-') {
        static const char *const switches[] = {"--help", "--version"};
        error_set(err, STATUS_USAGE,
                  "'%s' is no verb; put options behind the verb, as in `msach VERB %s`; `msach --help` lists "
                  "the verbs",
                  name, name);
        args_suggest(err, name, switches, 2, "");
        return NULL;
    }
    error_set(err, STATUS_USAGE, "unknown verb '%s'; `msach --help` lists the verbs", name);
    args_suggest(err, name, names, n, "");
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
        if (PART_VERIFY) s = outputs_check(&a, err);
        if (s == STATUS_OK) s = v->run(&a, err);
    }
    args_free(&a);
    return s;
}

/* Runs a word that takes the place of a verb, such as --help; false where argv[1] is none. */
static bool run_switch(int argc, char **argv) {
    const char *word = argc < 2 ? "--help" : argv[1];
    if (strcmp(word, "help") == 0 && argc > 2) return false;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        about(argc < 2 ? stderr : stdout, argc >= 2);
    else if (strcmp(word, "--version") == 0)
        version();
#if PART_MANUAL
    else if (strcmp(word, "--man") == 0)
        manual_man(stdout);
    else if (strcmp(word, "--completion") == 0)
        return manual_completion(stdout, argc > 2 ? argv[2] : NULL);
#endif
    else
        return false;
    return true;
}

int main(int argc, char **argv) {
    Error err = {0};
    Terminal terminal = {0};
    Status s = argc < 2 ? STATUS_USAGE : STATUS_OK;
    if (PART_VERIFY) cut_watch();
    signal(SIGPIPE, SIG_IGN); /* terminal_flush handles a closed pipe */
    signal(SIGXFSZ, SIG_IGN); /* beyond `ulimit -f` a write fails with "File too large" */
    /* Before OpenBLAS is loaded: a thread of its own would wait forever for a buffer where `ulimit -v` is low. */
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
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
    return cmd_stop ? 128 + SIGINT : (int)s;
}
