/* The golden files of tests/golden/make_golden.py: values and gradients that PyTorch computed in float64. The
 * double build must be within 1e-9 and the float build within 1e-4 of a tensor's largest entry. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "nn/tape.h"

typedef struct {
    unsigned char *data;
    size_t size;
} Golden;

/* file: "layers.bin", of tests/golden under the working directory. Fails the test where it cannot be read. */
Golden golden_read(const char *file);
void golden_free(Golden *g);

/* n numbers in [-scale, scale) that depend on the name alone, as wave() of the script makes them. */
void golden_wave(const char *name, size_t n, double scale, real *to);
/* A tensor of the tape's arena so filled, scale 1. grad: it needs a gradient. */
Tensor *golden_input(Tape *t, const char *name, bool grad, int rank, const int *dim);

/* Copies entry `name`, which must have n values, as the element type says. */
void golden_reals(const Golden *g, const char *name, size_t n, real *to);
void golden_bytes(const Golden *g, const char *name, size_t n, uint8_t *to);

/* Fails the test where x (n) differs from entry `name` by more than bound (0: the build's own) of its largest
 * value. */
void golden_check(const Golden *g, const char *name, const real *x, size_t n, double bound);

#endif
