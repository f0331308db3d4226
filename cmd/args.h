/* One table a verb: it drives parsing, --help, the man page and bash completion, so that they cannot
 * disagree. */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include <stdbool.h>
#include <stdio.h>

#include "nn/base/bytes.h"
#include "nn/base/error.h"
#include "nn/base/log.h"
#include "nn/base/pool.h"

typedef enum {
    PLAIN = 0,
    MANY = 1,   /* may be given more than once, and takes every following word that is no option */
    NEEDED = 2, /* the verb does not run without it ... */
    ALONE = 4   /* ... unless this switch is given, which asks for something else, as --help does */
} OptionKind;

/* argument: "FILE", or NULL for a switch. standard: the default as shown, or NULL. */
typedef struct {
    const char *name; /* without dashes */
    char letter;      /* 'k' for -k, 0 for none */
    const char *argument, *standard, *meaning;
    OptionKind kind;
} Option;

typedef struct Args Args;

/* What SIGINT and SIGTERM do while a verb runs. */
typedef enum {
    STOP_AT_PROGRESS = 0, /* the process ends at the next progress report, between two files */
    STOP_ITSELF = 1,      /* the verb reads cmd_stop and ends in order */
    STOP_AT_ONCE = 2      /* the process ends: the verb writes nothing */
} OnStop;

typedef struct {
    const char *name, *summary, *example, *operands; /* operands: "LAYOUT SRC..." or NULL */
    const Option *options;                           /* ends with a NULL name */
    Status (*run)(Args *a, Error *err);
    const char *notes; /* shown after the options, or NULL */
    OnStop on_stop;
} Verb;

struct Args {
    const Verb *verb;
    const char **option, **value; /* (n_options) in the order given; value NULL for a switch */
    int n_options;
    const char **operand; /* (n_operands) */
    int n_operands;
    const char **words; /* owns the three */
    Log log;            /* of this run: --quiet silences its lines, not its warnings */
    Pool *pool;         /* made by args_pool */
};

/* Parses the words after the verb. Mistakes name the nearest right word (STATUS_USAGE). args_free in every
 * case. */
Status args_parse(Args *a, const Verb *v, int argc, char **argv, Error *err);
void args_free(Args *a);

/* The last value of an option, or its default (NULL without one). */
const char *args_get(const Args *a, const char *name);
bool args_has(const Args *a, const char *name);
/* The i-th value of an option that may be given many times; NULL beyond the last. */
const char *args_many(const Args *a, const char *name, int i);
int args_count(const Args *a, const char *name);
Status args_int(const Args *a, const char *name, long low, long high, long *value, Error *err);
/* The place of the option's value in words (NULL-terminated); without a value of its own: of the default. */
Status args_choice(const Args *a, const char *name, const char *const *words, int *choice, Error *err);
/* STATUS_USAGE unless exactly one of the named options (NULL-terminated) is given. */
Status args_one_of(const Args *a, const char *const *names, Error *err);

/* Writes the command as typed to b, quoted for a shell, without the options that change no result (--quiet, --threads,
 * --resume). Returns it; NULL where memory ran out. */
const char *args_command(const Args *a, Buffer *b);

/* The pool of --threads (default: all cores). Freed by the command at the end. */
Status args_pool(Args *a, Error *err);

void args_help(const Verb *v, FILE *to);

#define OPTION_THREADS                                                                                       \
    { "threads", 0, "N", "all cores", "threads to use; the result is the same at any number", PLAIN }
#define OPTION_QUIET                                                                                         \
    { "quiet", 'q', NULL, NULL, "no progress, warnings and errors only", PLAIN }
#define OPTION_HELP                                                                                          \
    { "help", 'h', NULL, NULL, "show this", ALONE }
#define OPTION_END                                                                                           \
    { NULL, 0, NULL, NULL, NULL, PLAIN }

#endif
