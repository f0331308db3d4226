/* How fast this machine reads memory, measured in the same run: the limit of searching, evaluating and writing. */
#ifndef CMD_BENCH_MEMORY_H
#define CMD_BENCH_MEMORY_H

#include "nn/base/pool.h"

/* Bytes a second of a sum over an array that no cache holds, by all threads of the pool; the fastest of several passes, which other load on the
 * machine affects least. As the read half of STREAM (McCalpin 1995). */
Status bench_memory_speed(Pool *pool, double *bytes_per_second, Error *err);

#endif
