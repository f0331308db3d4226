/* A small pthread pool. Work items must write to disjoint places and must not depend on which
 * worker takes them or when: then the result is the same at any number of threads. */
#ifndef NN_BASE_POOL_H
#define NN_BASE_POOL_H

#include "nn/base/error.h"

typedef struct Pool Pool;

/* item: 0..n-1, worker: 0..threads-1 (for scratch memory of its own). */
typedef void PoolFn(void *ctx, int item, int worker);

/* threads >= 1, the caller included; 0 = one a core. The caller owns *pool. Workers flush denormals to zero,
 * and so does the calling thread from here on (they cost up to 175x in matrix products). */
Status pool_create(Pool **out, int threads, Error *err);
void pool_free(Pool *pool);
int pool_threads(const Pool *pool); /* 1 for a NULL pool */

/* Runs fn for every item and returns when all are done. A NULL pool runs them in order in the caller.
 * Not re-entrant: fn must not call pool_for on the same pool. */
void pool_for(Pool *pool, int n, PoolFn *fn, void *ctx);

/* The same for later: returns at once, and workers take items whenever pool_for has nothing for them. pool_finish does
 * the rest in the caller too and returns when all are done; without such a job it does nothing. One at a time; between
 * the two, pool_for goes on as ever. Without a pool, the items are done at once. */
void pool_later(Pool *pool, int n, PoolFn *fn, void *ctx);
void pool_finish(Pool *pool);

/* Sets flush-to-zero and denormals-are-zero for the calling thread, where the processor has it. */
void pool_flush_denormals(void);

#endif
