/* The golden files of tests/golden/make_golden.py: values and gradients that PyTorch computed in float64. The
 * double build must be within 1e-9 and the float build within 1e-4 of a tensor's largest entry. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "hash/model.h"

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

/* ---- The two steps ---- */

enum {
    STEP_D = 8,
    STEP_N_T = 5,
    STEP_Q = 16,
    STEP_C = 3,
    STEP1_B = 4, /* batch and n-grams a word */
    STEP1_G = 2,
    STEP2_B = 6, /* batch and training cases */
    STEP2_N = 12
};
extern const int32_t STEP1_WORDS[STEP1_B * STEP_N_T], STEP1_GRAMS[STEP1_B * STEP_N_T * STEP1_G];
extern const int STEP1_LENGTHS[STEP1_B], STEP1_LABELS[STEP1_B], STEP1_GROUPS[STEP1_B];
extern const int STEP2_BATCH[STEP2_B], STEP2_LENGTHS[STEP2_B], STEP2_GROUPS[STEP2_N], STEP2_TEXTS[STEP2_N];

/* The model of the steps with its weights by name; gradients for the parameters with these prefixes. */
void golden_model(Model *m, const char *const *prefixes, int n);
/* Fails the test unless the gradients of `count` trained parameters are the stage's. */
void golden_check_gradients(const Golden *g, const Model *m, const char *stage, int count);
/* The running statistics after the step. */
void golden_check_statistics(const Golden *g, const Model *m, const char *stage);

#endif
