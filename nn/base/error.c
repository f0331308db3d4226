#include "nn/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef error_set
#undef error_from_errno

Status error_set(Error *err, Status status, const char *fmt, ...) {
    if (err) {
        err->status = status;
        va_list args;
        va_start(args, fmt);
        vsnprintf(err->message, sizeof err->message, fmt, args);
        va_end(args);
    }
    return status;
}

Status error_prefix(Error *err, const char *fmt, ...) {
    if (!err) return STATUS_INTERNAL;
    char joined[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(joined, sizeof joined, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof joined) return err->status;
    snprintf(joined + n, sizeof joined - (size_t)n, ": %.*s", (int)(sizeof joined - (size_t)n - 3),
             err->message);
    memcpy(err->message, joined, sizeof joined);
    return err->status;
}

Status error_from_errno(Error *err, const char *path, const char *doing) {
    int code = errno;
    int wrong_path =
        code == ENOENT || code == ENOTDIR || code == EISDIR || code == ELOOP || code == ENAMETOOLONG;
    return error_set(err, wrong_path ? STATUS_INPUT : STATUS_IO, "%s: cannot %s: %s", path, doing,
                     strerror(code));
}

#ifdef NN_LIBRARY
/* No input can cause this call. The installed library prints nothing. */
void error_abort(const char *file, int line, const char *condition, const char *fmt, ...) {
    (void)file, (void)line, (void)condition, (void)fmt;
    abort();
}
#else
void error_abort(const char *file, int line, const char *condition, const char *fmt, ...) {
    fprintf(stderr, "%s:%d: required: %s: ", file, line, condition);
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}
#endif
