/* Times the encoder of stage 2: forward and backward of n tokens of width 128 in a batch of 64, two layers, four heads.
 * Built as tests/bench/cnn_step.c.     ./a.out [seconds [threads [n]]] */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "nn/ops.h"
#include "nn/transformer.h"

static double now(void) {
    struct timespec t;
    clock_gettime(getenv("CPU") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 5;
    int threads = argc > 2 ? atoi(argv[2]) : 2, n = argc > 3 ? atoi(argv[3]) : 129, b = 64, d = 128;
    Error err;
    Pool *pool;
    if (pool_create(&pool, threads, &err)) return 1;
    ParamSet p = {0};
    Transformer encoder = {0};
    transformer_add(&encoder, &p, 2, 4, d);
    if (params_seal(&p, &err)) return 1;
    transformer_init(&encoder, &p, 1);
    params_train_only(&p, (const char *[]){"encoder."}, 1);
    size_t size = (size_t)(b * n * d);
    float *x = malloc(size * sizeof *x);
    Rng r = rng_stream(1, RNG_TEST, 0);
    for (size_t i = 0; i < size; i++) x[i] = (float)rng_normal(&r);
    Tape t;
    tape_init(&t, pool);
    double begin = 0;
    int steps = -1; /* the first is a warm-up */
    do {
        tape_reset(&t);
        params_zero_grad(&p);
        if (++steps == 0) begin = now();
        Tensor *in = tape_input(&t, 3, (int[]){b, n, d}, x);
        in->needs_grad = true;
        Tensor *out = transformer_first(&t, &encoder, in, NULL, 0, NULL);
        tape_backward(&t, op_sum_squares(&t, out));
        if (steps == 0) begin = now();
    } while (now() - begin < seconds);
    printf("{\"tokens\": %d, \"step_ms\": %.2f, \"arena_mb\": %.0f}\n", n, 1e3 * (now() - begin) / steps,
           (double)t.arena.peak / 1e6);
    free(x);
    tape_free(&t);
    params_free(&p);
    pool_free(pool);
    return 0;
}
