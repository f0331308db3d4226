/* Errors of the library: those of the layers below are copied to the caller; LIB_NEED reports wrong arguments. */
#ifndef CMD_LIB_ERROR_H
#define CMD_LIB_ERROR_H

#include "cmd/lib/msach.h"
#include "nn/base/error.h"

/* Copies `from` and its status to `to` (may be NULL); returns the status. */
msach_status lib_report(msach_error *to, const Error *from, Status status);
/* MSACH_USAGE with the message "function: what was expected". */
msach_status lib_usage(msach_error *to, const char *function, const char *expected);

/* Returns MSACH_USAGE from the calling function unless the condition holds. */
#define LIB_NEED(condition, expected, to)                                                                    \
    do {                                                                                                     \
        if (!(condition)) return lib_usage(to, __func__, expected);                                          \
    } while (0)

#endif
