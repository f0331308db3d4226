/* The benches behind `msach bench`: one function each, listed in cmd_bench.c, and what they share. */
#ifndef CMD_BENCH_H
#define CMD_BENCH_H

#include "cmd/args.h"

Status bench_train_steps(Args *a, Error *err);
Status bench_encode(Args *a, Error *err);
Status bench_eval(Args *a, Error *err);
Status bench_search(Args *a, Error *err);
Status bench_index(Args *a, Error *err);
Status bench_page(Args *a, Error *err);

/* Sorts v (n > 0). */
double bench_median(double *v, size_t n);

#endif
