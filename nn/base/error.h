/* Errors. Two kinds, never mixed:
 *   the world (files, sizes, formats, memory for data): a function returns Status and fills an Error;
 *   a programmer's mistake (shape, NULL, order of calls): NN_REQUIRE prints what and where, and aborts.
 * Status values are the exit codes of the command. The lowest layer that knows path and offset writes
 * the message: "path:line: what; what was expected; how to fix". */
#ifndef NN_BASE_ERROR_H
#define NN_BASE_ERROR_H

#include <stdarg.h>

typedef enum {
    STATUS_OK = 0,
    STATUS_CHECK = 1,    /* a check or verification failed */
    STATUS_USAGE = 2,    /* the command line is wrong */
    STATUS_INPUT = 3,    /* an input file is missing, malformed or damaged */
    STATUS_IO = 4,       /* the system refused: permission, disk, memory */
    STATUS_INTERNAL = 5, /* a state that should not occur */
} Status;

/* status: STATUS_OK until something failed. message: one or more lines without a trailing newline. */
typedef struct {
    Status status;
    char message[2048];
} Error;

#if defined(__GNUC__)
#define NN_PRINTF(fmt_index, first) __attribute__((format(printf, fmt_index, first)))
#define NN_NORETURN __attribute__((noreturn))
#else
#define NN_PRINTF(fmt_index, first)
#define NN_NORETURN
#endif

/* Fills err (may be NULL; a longer message is cut) and returns status, for `return error_set(err, ...)`. */
Status error_set(Error *err, Status status, const char *fmt, ...) NN_PRINTF(3, 4);

/* Puts "prefix: " before the message that err holds and returns its status; STATUS_INTERNAL where err is NULL. */
Status error_prefix(Error *err, const char *fmt, ...) NN_PRINTF(2, 3);

/* Fills err from errno. Returns STATUS_INPUT where the path is wrong (ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG), else STATUS_IO. */
Status error_from_errno(Error *err, const char *path, const char *doing);

/* For a static analyser that sees one file at a time: these never return STATUS_OK. */
#ifdef __clang_analyzer__
#define error_set(err, status, ...) ((error_set)(err, status, __VA_ARGS__), (status))
#define error_from_errno(err, path, doing) ((error_from_errno)(err, path, doing), STATUS_IO)
#endif

NN_NORETURN void error_abort(const char *file, int line, const char *condition, const char *fmt, ...)
    NN_PRINTF(4, 5);

#define NN_REQUIRE(condition, ...)                                                                           \
    do {                                                                                                     \
        if (!(condition)) error_abort(__FILE__, __LINE__, #condition, __VA_ARGS__);                          \
    } while (0)

/* Returns from the calling function where a call failed. */
#define TRY(call)                                                                                            \
    do {                                                                                                     \
        Status try_status_ = (call);                                                                         \
        if (try_status_ != STATUS_OK) return try_status_;                                                    \
    } while (0)

#endif
