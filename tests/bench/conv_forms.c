/* Times the two forms of a 3x3 convolution of stride 1, direct and Winograd's F(4x4,3x3), for every pass and several shapes, on one
 * thread, and prints their errors against a sum in double. The choice in nn/fast/conv_winograd.c follows these figures.
 * cc -O2 -I. tests/bench/conv_forms.c build/release/nn/ *.o build/release/nn/base/ *.o build/release/nn/fast/ *.o -ljansson -lz -lm -lpthread
 *     ./a.out [rounds [batch]]
 * Prints the least processor time of all rounds, in milliseconds. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "nn/fast/conv.h"

enum { FORWARD, GRAD_W, GRAD_X, PASSES };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static real *numbers(size_t n, uint32_t stream, double scale, bool relu) {
    Rng r = rng_stream(1, RNG_TEST, stream);
    real *x = malloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (real)(scale * rng_normal(&r));
    for (size_t i = 0; relu && i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
    return x;
}

static double exact(const ConvShape *s, const real *x, const real *w, int row, int column, int o) {
    double sum = 0;
    for (int k = 0; k < 9 * s->ci; k++) {
        int i = row + k / 3 % 3 - 1, j = column + k % 3 - 1, c = k / 9;
        if (i >= 0 && i < s->h && j >= 0 && j < s->w)
            sum += (double)x[(i * s->w + j) * s->ci + c] * (double)w[(o * s->ci + c) * 9 + k % 9];
    }
    return sum;
}

/* The root of the mean squared error over that of the outputs: all outputs of the first image's first rows. */
static double error_of(const ConvShape *s, const real *x, const real *w, const real *y) {
    double error = 0, squares = 0;
    for (int k = 0; k < 2 * s->ow * s->co; k++) {
        double is = exact(s, x, w, k / s->co / s->ow, k / s->co % s->ow, k % s->co), e = (double)y[k] - is;
        error += e * e, squares += is * is;
    }
    return sqrt(error / squares);
}

static void run(Tape *t, const ConvShape *s, bool winograd, int pass, real *x, real *w, real *y, real *to) {
    tape_reset(t);
    if (pass == FORWARD)
        (winograd ? conv_winograd_forward : conv_direct_forward)(t, s, x, w, (ConvEnd){0}, y);
    else if (pass == GRAD_W)
        (winograd ? conv_winograd_grad_w : conv_direct_grad_w)(t, s, x, y, to);
    else
        (winograd ? conv_winograd_grad_x : conv_direct_grad_x)(t, s, y, w, to, true);
}

static void compare(Tape *t, int rounds, int b, int side, int c) {
    ConvShape s = {b, side, side, c, c, 3, 3, 1, 1, side, side};
    size_t n = (size_t)(b * side * side * c), weights = (size_t)(9 * c * c);
    real *x = numbers(n, 1, 1, true), *w = numbers(weights, 2, sqrt(2.0 / (9 * c)), false);
    real *y = numbers(n, 3, 1, false), *to = numbers(n > weights ? n : weights, 4, 1, false);
    printf("%2d x %2d x %3d", side, side, c);
    for (int form = 0; form < 2; form++) {
        double least[PASSES] = {1e9, 1e9, 1e9}, error = 0;
        for (int k = 0; k < rounds * PASSES; k++) {
            double start = now();
            run(t, &s, form == 1, k % PASSES, x, w, y, to);
            least[k % PASSES] = fmin(least[k % PASSES], now() - start);
            if (k == 0) error = error_of(&s, x, w, y);
        }
        printf("   %s %6.2f %6.2f %6.2f, error %.1e", form ? "F(4x4)" : "direct", 1e3 * least[FORWARD],
               1e3 * least[GRAD_W], 1e3 * least[GRAD_X], error);
    }
    printf("   chosen: %s\n", conv_winograd_fits(&s) ? "F(4x4)" : "direct");
    free(x), free(w), free(y), free(to);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 10, b = argc > 2 ? atoi(argv[2]) : 16;
    const int shape[][2] = {{64, 32}, {32, 64}, {16, 128}, {8, 256}, {6, 256},
                            {4, 256}, {2, 256}, {32, 16},  {32, 8}};
    Tape t;
    tape_init(&t, NULL);
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        compare(&t, rounds, b, shape[i][0], shape[i][1]);
    tape_free(&t);
    return 0;
}
