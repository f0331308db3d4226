#include "cmd/bench/bench_memory.h"

#include <stdint.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/log.h"

enum { MIB = 256, LEAST_MIB = 32, PASSES = 5, PIECES = 256 };

typedef struct {
    const uint64_t *word;
    size_t n;             /* words of a piece */
    uint64_t sum[PIECES]; /* kept, so that no compiler may leave the reading out */
} Read;

/* Four sums, so that the additions do not wait for each other. */
static void read_piece(void *ctx, int item, int worker) {
    (void)worker;
    Read *r = ctx;
    const uint64_t *w = r->word + (size_t)item * r->n;
    uint64_t sum[4] = {0};
    for (size_t i = 0; i < r->n; i += 4)
        for (size_t k = 0; k < 4; k++) sum[k] += w[i + k];
    r->sum[item] = sum[0] + sum[1] + sum[2] + sum[3];
}

Status bench_memory_speed(Pool *pool, double *bytes_per_second, Error *err) {
    size_t bytes = (size_t)MIB << 20;
    uint64_t *block = mem_aligned(bytes);
    while (!block && bytes > (size_t)LEAST_MIB << 20) block = mem_aligned(bytes /= 2);
    if (!block) return mem_error(err, "the array to read");
    memset(block, 1, bytes);
    Read r = {.word = block, .n = bytes / sizeof *block / PIECES};
    double least = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        double start = log_clock();
        pool_for(pool, PIECES, read_piece, &r);
        double spent = log_clock() - start;
        if (pass == 0 || spent < least) least = spent;
    }
    for (int i = 1; i < PIECES; i++) NN_REQUIRE(r.sum[i] == r.sum[0], "piece %d was read wrongly", i);
    mem_free(block);
    *bytes_per_second = (double)bytes / least;
    return STATUS_OK;
}
