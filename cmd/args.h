/* One table a verb: it drives parsing, --help, the man page and bash completion, so that they cannot
 * disagree. */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include <stdbool.h>
#include <stdio.h>

#include "nn/base/error.h"
#include "nn/base/log.h"
#include "nn/base/pool.h"

/* argument: "FILE", or NULL for a switch. standard: the default as shown, or NULL. many: may be given more
 * than once, and takes every following word that is no option. */
typedef struct {
    const char *name; /* without dashes */
    char letter;      /* 'k' for -k, 0 for none */
    const char *argument, *standard, *meaning;
    bool many, required;
} Option;

typedef struct Args Args;

typedef struct {
    const char *name, *summary, *example, *operands; /* operands: "LAYOUT SRC..." or NULL */
    const Option *options;                           /* ends with a NULL name */
    Status (*run)(Args *a, Error *err);
    const char *notes; /* shown after the options, or NULL */
} Verb;

extern const Verb *const VERBS[]; /* NULL-terminated, in the order of --help */

enum { ARGS_MOST = 4096 };

struct Args {
    const Verb *verb;
    const char *option[ARGS_MOST], *value[ARGS_MOST]; /* in the order given; value NULL for a switch */
    int n_options;
    const char *operand[ARGS_MOST];
    int n_operands;
    Log log;    /* of this run: --quiet silences its lines, not its warnings */
    Pool *pool; /* made by args_pool */
};

/* Parses the words after the verb. Mistakes name the nearest right word (STATUS_USAGE). */
Status args_parse(Args *a, const Verb *v, int argc, char **argv, Error *err);

/* The last value of an option, or its default (NULL without one). */
const char *args_get(const Args *a, const char *name);
bool args_has(const Args *a, const char *name);
/* The i-th value of an option that may be given many times; NULL beyond the last. */
const char *args_many(const Args *a, const char *name, int i);
Status args_int(const Args *a, const char *name, long low, long high, long *value, Error *err);

/* The pool of --threads (default: all cores). Freed by the command at the end. */
Status args_pool(Args *a, Error *err);

void args_help(const Verb *v, FILE *to);

#define OPTION_THREADS                                                                                       \
    { "threads", 0, "N", "all cores", "threads to use; the result is the same at any number", false, false }
#define OPTION_QUIET                                                                                         \
    { "quiet", 'q', NULL, NULL, "no progress, warnings and errors only", false, false }
#define OPTION_HELP                                                                                          \
    { "help", 'h', NULL, NULL, "show this", false, false }
#define OPTION_END                                                                                           \
    { NULL, 0, NULL, NULL, NULL, false, false }

#endif
