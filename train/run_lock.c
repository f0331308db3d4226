#include <stdio.h>

#include "nn/base/bytes.h"
#include "train/run.h"

Status run_lock(Lock *lock, const char *out, Error *err) {
    char busy[512];
    snprintf(busy, sizeof busy,
             "%.380s: another msach is training into this directory; wait for it or use another --out", out);
    TRY(lock_take(lock, out, "/.lock", busy, err));
    dir_sweep(out);
    return STATUS_OK;
}
