#include "cmd/lib/lib_error.h"

#include <string.h>

msach_status lib_report(msach_error *to, const Error *from, Status status) {
    if (to) {
        to->status = (msach_status)status;
        to->message[0] = 0;
        if (status != STATUS_OK) memcpy(to->message, from->message, sizeof to->message);
    }
    return (msach_status)status;
}

msach_status lib_usage(msach_error *to, const char *function, const char *expected) {
    Error err;
    return lib_report(to, &err, error_set(&err, STATUS_USAGE, "%s: %s was expected", function, expected));
}

const char *msach_version(void) {
    return MSACH_VERSION;
}

const char *msach_status_text(msach_status status) {
    switch (status) {
    case MSACH_OK:
        return "success";
    case MSACH_CHECK:
        return "a check failed, or a file is damaged";
    case MSACH_USAGE:
        return "an argument is wrong";
    case MSACH_INPUT:
        return "an input file is missing, malformed or damaged";
    case MSACH_IO:
        return "the system refused: permission, disk, memory";
    case MSACH_INTERNAL:
        return "an internal error";
    }
    return "not a status of msach";
}
