/* The benches of `msach bench`: one function each; cmd_bench.c lists them. a->pool is set for all but bench_page. */
#ifndef CMD_BENCH_H
#define CMD_BENCH_H

#include "cmd/args.h"

Status bench_train_steps(Args *a, Error *err);
Status bench_encode(Args *a, Error *err);
Status bench_eval(Args *a, Error *err);
Status bench_search(Args *a, Error *err);
Status bench_index(Args *a, Error *err);
Status bench_phases(Args *a, Error *err);
Status bench_page(Args *a, Error *err);

#endif
