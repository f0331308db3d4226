/* The command line. One table of options a verb serves parsing, --help, the man page and completion, so that they cannot disagree. */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include <stdbool.h>
#include <stdio.h>

#include "data/manifest.h"
#include "nn/base/bytes.h"
#include "nn/base/error.h"
#include "nn/base/log.h"
#include "nn/base/parts.h"
#include "nn/base/pool.h"
#include "train/config.h"

typedef enum {
    PLAIN = 0,
    MANY = 1,   /* may be given more than once, and takes all words up to the next option */
    NEEDED = 2, /* the verb requires the option, ... */
    ALONE = 4,  /* ... unless a switch of this kind is given, such as --help */
    ABSENT = 8, /* this build lacks the option's part: refused, and not part of --help */
    WRITES = 16 /* the verb writes this file, of the kind that the argument's ending names: outputs.h */
} OptionKind;
/* The kind of an option that belongs to a part, for example OF(PART_JSON). */
#define OF(part) ((part) ? PLAIN : ABSENT)

/* name: without dashes. letter: 'k' for -k, or 0. argument: "FILE", or NULL for a switch. standard: the default as --help shows it, or
 * NULL. */
typedef struct {
    const char *name;
    char letter;
    const char *argument, *standard, *meaning;
    OptionKind kind;
} Option;

typedef struct Args Args;

/* The effect of SIGINT and SIGTERM while a verb runs. */
typedef enum {
    STOP_AT_PROGRESS = 0, /* the process ends at the next progress report, between two files */
    STOP_ITSELF = 1,      /* the verb reads cmd_stop and ends in order */
    STOP_AT_ONCE = 2      /* the process ends: the verb writes nothing */
} OnStop;

/* operands: "LAYOUT SRC...", or NULL. options: ends with OPTION_LAST. notes: text after the options, or NULL. */
typedef struct {
    const char *name, *summary, *example, *operands;
    const Option *options;
    Status (*run)(Args *a, Error *err);
    const char *notes;
    OnStop on_stop;
} Verb;

struct Args {
    const Verb *verb;
    const char **option, **value; /* (n_options) in the order given; value NULL for a switch */
    int n_options;
    const char **operand; /* (n_operands) */
    int n_operands;
    const char **words; /* the memory of option, value and operand */
    Log log;            /* --quiet silences its lines, not its warnings */
    Pool *pool;         /* NULL before args_pool */
};

/* Parses the words after the verb. STATUS_USAGE with the nearest known word for a mistake. args_free in every case. */
Status args_parse(Args *a, const Verb *v, int argc, char **argv, Error *err);
void args_free(Args *a);
void args_help(const Verb *v, FILE *to);

/* The last value of an option, or its default, or NULL. Aborts where the verb has no such option. */
const char *args_get(const Args *a, const char *name);
bool args_has(const Args *a, const char *name);
/* All values of an option: *list (*n), ended by NULL; mem_free the list, not the strings. */
Status args_list(const Args *a, const char *name, const char ***list, int *n, Error *err);
Status args_int(const Args *a, const char *name, long low, long high, long *value, Error *err);
/* Index of the option's value, or of its default, in words (NULL-terminated). *choice is unchanged where there is neither. */
Status args_choice(const Args *a, const char *name, const char *const *words, int *choice, Error *err);
/* The same for any word; what: "--set", "layout". */
Status args_word(const Args *a, const char *what, const char *word, const char *const *words, int *choice,
                 Error *err);
/* STATUS_USAGE unless exactly one of the named options (NULL-terminated) is given. */
Status args_one_of(const Args *a, const char *const *names, Error *err);

/* args_command.c, of the part pages. Writes the command as typed to b, quoted for a shell, without the options that change no result (--quiet, --threads,
 * --resume). Returns it; NULL where memory ran out. */
const char *args_command(const Args *a, Buffer *b);

/* STATUS_USAGE, "msach VERB: ...". args_incomplete adds the verb's example. */
Status args_wrong(const Args *a, Error *err, const char *fmt, ...) NN_PRINTF(3, 4);
Status args_incomplete(const Args *a, Error *err, const char *fmt, ...) NN_PRINTF(3, 4);
/* Appends "; did you mean '--word'?" to err where one of n words is near; dashes: "--" or "". */
void args_suggest(Error *err, const char *word, const char *const *words, int n, const char *dashes);

/* a->pool with the threads of --threads (default: all cores). args_free frees the pool. */
Status args_pool(Args *a, Error *err);
/* Settings: defaults, then --config, then the options in `same` (NULL-terminated; --split-seed is the setting split_seed), then each --set
 * in order. */
Status args_config(const Args *a, Config *c, const char *const *same, Error *err);
/* --skip-bad, --allow-outside, --mask-words, --image-features and --text-features, each where the verb has the option. need_labels stays false. */
ManifestOptions args_manifest(const Args *a);

#define OPTION_CONFIG                                                                                        \
    { "config", 'c', "FILE", NULL, "settings, for example the config.txt of a run", OF(PART_VARIANTS) }
#define OPTION_SKIP_BAD                                                                                      \
    {                                                                                                        \
        "skip-bad", 0, NULL, NULL, "leave out bad rows of the manifest and damaged pictures, and continue",  \
            PLAIN                                                                                            \
    }
#define OPTION_ALLOW_OUTSIDE                                                                                 \
    { "allow-outside", 0, NULL, NULL, "allow images outside the folder of the manifest", PLAIN }
#define OPTION_MASK_WORDS                                                                                    \
    {                                                                                                        \
        "mask-words", 0, "FILE", NULL, "remove these words or phrases, one a line, from the texts",          \
            OF(PART_MASK)                                                                                    \
    }
#define OPTION_IMAGE_FEATURES                                                                                \
    {                                                                                                        \
        "image-features", 0, "F.npy", NULL,                                                                  \
            "features of your own encoder in place of pictures, a row a case", OF(PART_ARRAYS)               \
    }
#define OPTION_TEXT_FEATURES                                                                                 \
    { "text-features", 0, "G.npy", NULL, "the same in place of texts", OF(PART_ARRAYS) }
#define OPTION_THREADS                                                                                       \
    {                                                                                                        \
        "threads", 0, "N", "all cores", "number of threads; the result is the same for any number",          \
            OF(PART_THREADS)                                                                                 \
    }
#define OPTION_QUIET                                                                                         \
    { "quiet", 'q', NULL, NULL, "print warnings and errors only, no progress", PLAIN }
#define OPTION_HELP                                                                                          \
    { "help", 'h', NULL, NULL, "show this help", ALONE }
#define OPTION_END                                                                                           \
    { NULL, 0, NULL, NULL, NULL, PLAIN }
/* The last rows of a table. */
#define OPTION_LAST OPTION_QUIET, OPTION_HELP, OPTION_END

#endif
