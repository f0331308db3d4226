/* Timings with their spread, and how `bench train`, `encode` and `eval` print them. */
#ifndef CMD_BENCH_REPORT_H
#define CMD_BENCH_REPORT_H

#include "cmd/args.h"

/* Seconds of one call: median, least, most. */
typedef struct {
    double median, min, max;
    long calls;
    double faults; /* page faults a call: 0 where memory is reused */
} Timing;

/* Calls work once unmeasured, then for so many seconds, at least three times; a signal ends it early. */
Status bench_repeat(Status (*work)(void *ctx, Error *err), void *ctx, double seconds, Timing *t, Error *err);

typedef struct {
    const char *field, *words; /* of JSON, of the table */
    double median, min, max;
    bool single; /* a number without spread */
} BenchNumber;

typedef struct {
    const char *bench;
    int n;
    BenchNumber number[24];
} BenchReport;

/* amount a second, of calls that do `amount` each. */
void bench_add_rate(BenchReport *r, const char *field, const char *words, const Timing *t, double amount);
void bench_add_ms(BenchReport *r, const char *field, const char *words, const Timing *t);
void bench_add_number(BenchReport *r, const char *field, const char *words, double value);

/* One JSON object (each field, with its minimum and maximum where there is a spread), or a table; the machine, the
 * products, the kernels and the threads either way. */
void bench_print(const BenchReport *r, const Pool *pool, bool json);

#endif
