/* Times the image network of stage 1 as tests/peers time PyTorch: forward and backward at batch b, side S,
 * width W. cc -O2 -I. tests/bench/cnn_step.c build/release/nn/ *.o build/release/nn/base/ *.o
 * build/release/nn/fast/ *.o -ljansson -lz -lm -lpthread
 *     ./a.out [seconds [threads [batch [side [width]]]]]
 * Prints images a second and the arena's peak; then the share of every op, forward and backward. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "nn/cnn.h"
#include "nn/ops.h"
#include "nn/transformer.h"

static double now(void) {
    struct timespec t;
    clock_gettime(getenv("CPU") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct {
    char name[64];
    double seconds;
} row[200];
static size_t n_rows;

/* tape_backward with a clock around every node. */
static void timed_backward(Tape *t, Tensor *loss, double *total) {
    loss->grad = NULL;
    tape_grad(t, loss)[0] = 1;
    n_rows = t->n_nodes;
    for (size_t i = t->n_nodes; i-- > 0;) {
        Node *node = &t->nodes[i];
        double start = now();
        char shape[64];
        snprintf(row[i].name, sizeof row[i].name, "%s %s", node->op, tensor_shape(node->out, shape));
        if (node->out->grad) node->backward(t, node);
        row[i].seconds += now() - start;
        *total += now() - start;
    }
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 5;
    int threads = argc > 2 ? atoi(argv[2]) : 2, b = argc > 3 ? atoi(argv[3]) : 64,
        side = argc > 4 ? atoi(argv[4]) : 128;
    int width = argc > 5 ? atoi(argv[5]) : 32;
    Error err;
    Pool *pool;
    if (pool_create(&pool, threads, &err)) return 1;
    ParamSet p = {0};
    Cnn cnn = {0};
    cnn_add(&cnn, &p, side, width, 1, 128);
    if (params_seal(&p, &err)) return 1;
    cnn_init(&cnn, &p, 1);
    params_train_only(&p, (const char *[]){"image."}, 1);
    size_t n = (size_t)b * (size_t)side * (size_t)side;
    float *x = malloc(n * sizeof *x);
    Rng r = rng_stream(1, RNG_TEST, 0);
    for (size_t i = 0; i < n; i++) x[i] = (float)rng_normal(&r);
    Tape t;
    tape_init(&t, pool);
    t.reuse = true;
    double forward = 0, backward = 0, timed = 0, begin = 0;
    int steps = -1; /* the first is a warm-up */
    do {
        tape_reset(&t);
        params_zero_grad(&p);
        if (++steps == 0) begin = now();
        double start = now();
        Tensor *z = cnn_forward(&t, &cnn, tape_input(&t, 4, (int[]){b, side, side, 1}, x));
        Tensor *loss = op_sum_squares(&t, z);
        double middle = now();
        if (getenv("ROWS"))
            timed_backward(&t, loss, &timed);
        else
            tape_backward(&t, loss);
        if (steps == 0)
            begin = now(), forward = backward = 0, memset(row, 0, sizeof row);
        else
            forward += middle - start, backward += now() - middle;
    } while (now() - begin < seconds);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"images_per_s\": %.1f, \"forward_ms\": %.1f, \"backward_ms\": %.1f, \"arena_mb\": %.0f, "
           "\"peak_rss_mb\": %.0f}\n",
           b * steps / (now() - begin), 1e3 * forward / steps, 1e3 * backward / steps,
           (double)t.arena.peak / 1e6, (double)usage.ru_maxrss / 1e3);
    for (size_t i = 0; getenv("ROWS") && i < n_rows; i++)
        printf("%8.2f ms  %s\n", 1e3 * row[i].seconds / steps, row[i].name);
    free(x);
    tape_free(&t);
    params_free(&p);
    pool_free(pool);
    return 0;
}
