/* Runs the real binary, MSACH_BIN or build/release/msach. */
#ifndef TESTS_RUN_COMMAND_H
#define TESTS_RUN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "nn/base/error.h"

/* code: exit status, or 128 + the signal that ended it. Both texts end in 0. */
typedef struct {
    int code;
    char *out, *err;
    size_t out_size;
} Ran;

/* Runs a command line without the leading "msach": words are separated by blanks and quoted by '...'. Skips the test with a
 * message where there is no binary. Release with ran_free. */
Ran run_msach(const char *fmt, ...) NN_PRINTF(1, 2);
/* The same with `input` as standard input. */
Ran run_msach_input(const char *input, const char *fmt, ...) NN_PRINTF(2, 3);
/* The same with a fault: an environment variable of tests/faults/plant.c and its value. */
Ran run_faulty(const char *name, const char *value, const char *fmt, ...) NN_PRINTF(3, 4);
void ran_free(Ran *r);

/* Starts the command without waiting; its output goes to /dev/null. finish_msach waits and returns its code, as above. */
pid_t start_msach(const char *fmt, ...) NN_PRINTF(1, 2);
int finish_msach(pid_t pid);
/* Waits, 10 s at most, until the started command has a handler for the signal: read in /proc, which Linux has. */
void wait_until_caught(pid_t pid, int signal);
/* Whether the process ended by itself, and its code; finish_msach must not be called then. */
bool msach_ended(pid_t pid, int *code);
/* The same as start_msach with both outputs in a file; then with a fault of run_faulty. */
pid_t start_msach_into(const char *path, const char *fmt, ...) NN_PRINTF(2, 3);
pid_t start_faulty_into(const char *path, const char *name, const char *value, const char *fmt, ...)
    NN_PRINTF(4, 5);

/* Runs the command; fails the test where the exit code differs or where neither output holds `part` (NULL: not checked). */
void expect_msach(int code, const char *part, const char *fmt, ...) NN_PRINTF(3, 4);

/* A phantom archive and a run of a tiny model, in this process's folder (fixture_dir). */
typedef struct {
    char manifest[512], run[512], images[512];
} TinyRun;
TinyRun tiny_run(const char *name);
/* The settings of such a model, for --set. */
extern const char tiny_settings[];

#endif
