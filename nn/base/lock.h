/* One process at a time: a lock on a file of its own, which dies with its process, so that a crash leaves no stale one. */
#ifndef NN_BASE_LOCK_H
#define NN_BASE_LOCK_H

#include "nn/base/error.h"

typedef struct {
    char *path;
    int fd;
} Lock;

/* Takes the lock file path + suffix. What another process holds is STATUS_IO with the message `busy`, as a whole. Where it
 * failed there is nothing to release. */
Status lock_take(Lock *l, const char *path, const char *suffix, const char *busy, Error *err);
/* Removes the file and lets the next one in. */
void lock_release(Lock *l);

#endif
