/* How the library's functions tell errors: those of the layers below, copied to the caller's; wrong arguments by LIB_NEED. */
#ifndef CMD_LIB_ERROR_H
#define CMD_LIB_ERROR_H

#include "cmd/lib/msach.h"
#include "nn/base/error.h"

/* Tells `to` (may be NULL) what `from` holds, MSACH_OK included; returns its status. */
msach_status lib_tell(msach_error *to, const Error *from, Status status);
/* MSACH_USAGE: "function: what was expected". */
msach_status lib_usage(msach_error *to, const char *function, const char *expected);

/* Returns from the calling function unless its arguments are as they must be. */
#define LIB_NEED(condition, expected, to)                                                                    \
    do {                                                                                                     \
        if (!(condition)) return lib_usage(to, __func__, expected);                                          \
    } while (0)

#endif
