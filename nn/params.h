/* A named set of weights in one block of memory: values, gradients and Adam's two moments are four arrays, so that clipping and the
 * optimiser's step are each one pass. */
#ifndef NN_PARAMS_H
#define NN_PARAMS_H

#include "nn/base/error.h"
#include "nn/base/rng.h"
#include "nn/tensor.h"

enum { PARAM_NAME = 64, PARAM_ALIGN = 16 }; /* offsets are multiples of 16 reals; the gaps stay zero */

typedef struct {
    char name[PARAM_NAME]; /* as published: "image.stage1.block1.conv1.weight" */
    Tensor *tensor;        /* a stable address */
    bool decay;            /* weight decay applies (matrices, not biases and norms) */
    bool buffer;           /* running statistics: saved, never optimised */
    real initial;          /* of a buffer, set by params_seal */
    size_t offset;         /* of its first value in values, grads, moment1, moment2 */
} Param;

typedef struct {
    Param *items;
    size_t count, capacity;
    size_t size; /* reals in all */
    real *values, *grads, *moment1, *moment2;
    void *block; /* owns these four; NULL before params_seal */
    int failed;  /* 1: memory ran out while adding */
} ParamSet;

/* Adds a parameter to a ParamSet that started as {0}. Returns its tensor, whose data is NULL until params_seal; NULL where memory ran
 * out, which params_seal reports. Names are unique. needs_grad starts true; decay is true where rank >= 2. */
Tensor *params_add(ParamSet *p, const char *name, int rank, const int *dim);
Tensor *params_add_buffer(ParamSet *p, const char *name, int rank, const int *dim, real value);
/* Allocates all memory, zeroed, and sets buffers to their initial values. Nothing may be added afterwards. STATUS_IO: out of memory. */
Status params_seal(ParamSet *p, Error *err);
void params_free(ParamSet *p);

Param *params_find(const ParamSet *p, const char *name); /* NULL where absent */

/* Turns gradients on for the parameters whose name begins with one of the prefixes, off for all others. */
void params_train_only(ParamSet *p, const char *const *prefixes, int n);
void params_zero_grad(ParamSet *p);

/* Initial values. Each parameter draws from its own stream of (seed, RNG_INIT), so a new parameter changes no other. */
void param_init_normal(ParamSet *p, const Tensor *x, uint64_t seed, double deviation);
void param_init_uniform(ParamSet *p, const Tensor *x, uint64_t seed, double bound);
void param_init_constant(const Tensor *x, real value);
/* He et al. 2015 (arXiv 1502.01852): deviation sqrt(2/fan_in), fan_in = product of all but the first dimension. */
void param_init_he(ParamSet *p, const Tensor *x, uint64_t seed);
/* Glorot & Bengio 2010: uniform with bound sqrt(6/(fan_in + fan_out)). */
void param_init_glorot(ParamSet *p, const Tensor *x, uint64_t seed);

#endif
