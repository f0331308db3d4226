/* Timings with their spread, and how the benches print them. */
#ifndef CMD_BENCH_REPORT_H
#define CMD_BENCH_REPORT_H

#include "cmd/args.h"

/* The median of n > 0 numbers; sorts v. */
double bench_median(double *v, size_t n);

/* Seconds of one call. */
typedef struct {
    double median, min, max;
    long calls;
    double faults; /* page faults of a call; 0 where memory is reused */
} Timing;

/* Calls work once unmeasured, then for `seconds`, at least three times (seconds 0: once); a signal ends it early. */
Status bench_repeat(Status (*work)(void *ctx, Error *err), void *ctx, double seconds, Timing *t, Error *err);

/* STATUS_CHECK after a signal: asked between two steps of long work. */
Status bench_go_on(Error *err);

typedef struct {
    const char *field, *words; /* name in JSON, name in the table */
    double median, min, max;
    bool single; /* no min and max */
} BenchNumber;

typedef struct {
    const char *bench;
    int n;
    BenchNumber number[40];
} BenchReport;

/* A rate: each call does `amount`. */
void bench_add_rate(BenchReport *r, const char *field, const char *words, const Timing *t, double amount);
void bench_add_ms(BenchReport *r, const char *field, const char *words, const Timing *t);
void bench_add_number(BenchReport *r, const char *field, const char *words, double value);

/* One JSON object (each field, with its minimum and maximum where there is a spread), or a table. Both name machine, BLAS, kernels and
 * threads. */
void bench_print(const BenchReport *r, const Pool *pool, bool json);

#endif
