#include <stddef.h>

#include "nn/base/parts.h"
#include "nn/base/pool_workers.h"

Status pool_create(Pool **out, int threads, Error *err) {
    *out = NULL;
    pool_flush_denormals();
    return PART_THREADS ? pool_workers_start(out, threads, err) : STATUS_OK;
}

void pool_free(Pool *p) {
    if (PART_THREADS && p) pool_workers_stop(p);
}

int pool_threads(const Pool *p) {
    return PART_THREADS && p ? pool_workers_count(p) : 1;
}

void pool_for(Pool *p, int n, PoolFn *fn, void *ctx) {
    if (PART_THREADS && n > 1 && pool_threads(p) > 1)
        pool_workers_run(p, n, fn, ctx);
    else
        for (int i = 0; i < n; i++) fn(ctx, i, 0);
}

void pool_later(Pool *p, int n, PoolFn *fn, void *ctx) {
    if (PART_THREADS && p)
        pool_workers_later(p, n, fn, ctx);
    else
        pool_for(NULL, n, fn, ctx);
}

void pool_finish(Pool *p) {
    if (PART_THREADS && p) pool_workers_finish(p);
}
