/* How fast this machine reads memory, measured in the same run: the limit of searching, evaluating and writing. */
#ifndef CMD_BENCH_MEMORY_H
#define CMD_BENCH_MEMORY_H

#include "nn/base/pool.h"

/* Bytes a second of a sum over an array of 256 MiB, which no cache holds, by all threads of the pool; the fastest of several passes, which
 * other load on the machine affects least. Where memory is short, a smaller array, of 32 MiB at least; else an error of memory. As the read
 * half of STREAM (McCalpin 1995). */
Status bench_memory_speed(Pool *pool, double *bytes_per_second, Error *err);

#endif
