/* A small pool of threads. Work items must write to disjoint memory and must not depend on which worker runs them or when; then the
 * result is the same at any number of threads. In a build without the part threads every pool is NULL. */
#ifndef NN_BASE_POOL_H
#define NN_BASE_POOL_H

#include "nn/base/error.h"

typedef struct Pool Pool;

/* item: 0..n-1; worker: 0..threads-1, to select scratch memory. */
typedef void PoolFn(void *ctx, int item, int worker);

/* threads: 1 to 256, the caller included (more count as 256); 0: one per core. Release *out, which may be NULL, with pool_free. From here
 * on, workers and the calling thread flush denormals to zero, since denormals slow matrix products up to 175 times. Errors: STATUS_IO. */
Status pool_create(Pool **out, int threads, Error *err);
void pool_free(Pool *pool);
int pool_threads(const Pool *pool); /* 1 for a NULL pool */

/* Runs fn for every item and returns when all are done. A NULL pool runs them in order in the caller.
 * Not re-entrant: fn must not call pool_for on the same pool. */
void pool_for(Pool *pool, int n, PoolFn *fn, void *ctx);

/* Starts a background job: returns at once, and workers run its items whenever no pool_for has work for them. pool_finish runs the
 * remaining items in the caller too and returns when all are done; without a job it does nothing. One job at a time. pool_for
 * may be called in between. With a NULL pool, pool_later runs all items itself. */
void pool_later(Pool *pool, int n, PoolFn *fn, void *ctx);
void pool_finish(Pool *pool);

/* Sets flush-to-zero and denormals-are-zero for the calling thread, where the processor has these modes (denormals.c). */
void pool_flush_denormals(void);

#endif
