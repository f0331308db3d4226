/* Codes to measure searches on. */
#ifndef CMD_BENCH_CODES_H
#define CMD_BENCH_CODES_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/args.h"

typedef struct {
    const char *kind; /* "random" or "near" */
    int bits;
    size_t n, n_queries;
    uint8_t *codes, *queries; /* (n, bits/8), (n_queries, bits/8) */
} BenchCodes;

/* --bits: a multiple of 8 in the range of codes. */
Status bench_read_bits(const Args *a, int *bits, Error *err);

/* kind: "random"; or "near:FILE.npy" (uint8, rows x bits/8): random rows of the file, with every bit flipped with probability 0.05. Seed 1;
 * the same for any number of threads. bits 0: as in the file, or 64. bench_codes_free in every case. */
Status bench_codes_make(BenchCodes *c, const char *kind, size_t n, size_t n_queries, int bits, Pool *pool,
                        Error *err);
/* Writes folder/codes.npy and folder/queries.npy. */
Status bench_codes_dump(const BenchCodes *c, const char *folder, Error *err);
void bench_codes_free(BenchCodes *c);

#endif
