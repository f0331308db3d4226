/* The workers of a pool, of the part threads: pool.h describes what each call does for a pool that is not NULL. */
#ifndef NN_BASE_POOL_WORKERS_H
#define NN_BASE_POOL_WORKERS_H

#include "nn/base/pool.h"

Status pool_workers_start(Pool **out, int threads, Error *err);
void pool_workers_stop(Pool *p);
int pool_workers_count(const Pool *p);
void pool_workers_run(Pool *p, int n, PoolFn *fn, void *ctx);
void pool_workers_later(Pool *p, int n, PoolFn *fn, void *ctx);
void pool_workers_finish(Pool *p);

#endif
