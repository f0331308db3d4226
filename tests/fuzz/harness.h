/* What the targets share: bytes as a file, and checks that end the process. */
#ifndef TESTS_FUZZ_HARNESS_H
#define TESTS_FUZZ_HARNESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The process's own temporary folder, under $TMPDIR, in memory where the system has /dev/shm, or under /tmp; removed with all in it when the process ends well. */
const char *harness_folder(void);
/* Writes the bytes to the file `name` there and returns its path, which lives until the process ends. */
const char *harness_file(const char *name, const void *data, size_t size);
/* The path alone. */
const char *harness_path(const char *name);

/* A copy at the end of a block of its exact size, so that a read beyond it is seen; the caller frees it. */
uint8_t *harness_copy(const void *data, size_t size);

/* A number below n that follows from the bytes: which of several ways this input goes, so that each costs one run. */
unsigned harness_choice(const void *data, size_t size, unsigned n);

#define FUZZ_CHECK(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                   \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#endif
