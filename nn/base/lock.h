/* A lock file that lets one process in at a time. The system drops the lock when its process ends, so a crash leaves no stale lock. */
#ifndef NN_BASE_LOCK_H
#define NN_BASE_LOCK_H

#include "nn/base/error.h"

typedef struct {
    char *path;
    int fd;
} Lock;

/* Takes the lock file path + suffix. Where another process holds the lock: STATUS_IO with `busy` as the whole message. After a failure
 * there is nothing to release. */
Status lock_take(Lock *l, const char *path, const char *suffix, const char *busy, Error *err);
/* Removes the file and drops the lock. */
void lock_release(Lock *l);

#endif
