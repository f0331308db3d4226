#include "nn/params.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

static Tensor *add(ParamSet *p, const char *name, int rank, const int *dim) {
    NN_REQUIRE(!p->block, "parameter %s added after params_seal", name);
    NN_REQUIRE(strlen(name) < PARAM_NAME, "parameter name %s: over %d characters", name, PARAM_NAME - 1);
    NN_REQUIRE(!params_find(p, name), "parameter %s added twice", name);
    NN_REQUIRE(rank >= 1 && rank <= TENSOR_RANK, "parameter %s: rank %d", name, rank);
    Tensor *x = mem_calloc(1, sizeof *x);
    if (!x || !mem_grow(&p->items, &p->capacity, p->count + 1, sizeof *p->items)) {
        mem_free(x);
        p->failed = 1;
        return NULL;
    }
    x->rank = rank;
    for (int i = 0; i < rank; i++) {
        NN_REQUIRE(dim[i] > 0, "parameter %s: dimension %d is %d", name, i, dim[i]);
        x->dim[i] = dim[i];
    }
    Param *item = &p->items[p->count++];
    *item = (Param){.tensor = x, .offset = p->size};
    memcpy(item->name, name, strlen(name) + 1);
    size_t rounded = (tensor_size(x) + PARAM_ALIGN - 1) / PARAM_ALIGN * PARAM_ALIGN;
    NN_REQUIRE(rounded <= SIZE_MAX / 64 - p->size, "parameter %s is too large", name);
    p->size += rounded;
    return x;
}

Tensor *params_add(ParamSet *p, const char *name, int rank, const int *dim) {
    Tensor *x = add(p, name, rank, dim);
    if (!x) return NULL;
    x->needs_grad = true;
    p->items[p->count - 1].decay = rank >= 2;
    return x;
}

Tensor *params_add_buffer(ParamSet *p, const char *name, int rank, const int *dim, real value) {
    Tensor *x = add(p, name, rank, dim);
    if (!x) return NULL;
    p->items[p->count - 1].buffer = true;
    p->items[p->count - 1].initial = value;
    return x;
}

Status params_seal(ParamSet *p, Error *err) {
    NN_REQUIRE(!p->block, "params_seal called twice");
    size_t bytes = 4 * p->size * sizeof(real);
    if (!p->failed) p->block = mem_calloc(1, bytes + 64);
    if (!p->block) return mem_error(err, "the weights");
    unsigned char *start = p->block;
    start += (64 - (uintptr_t)start % 64) % 64;
    p->values = (real *)(void *)start;
    p->grads = p->values + p->size;
    p->moment1 = p->grads + p->size;
    p->moment2 = p->moment1 + p->size;
    for (size_t i = 0; i < p->count; i++) {
        Param *item = &p->items[i];
        item->tensor->data = p->values + item->offset;
        if (item->buffer)
            param_init_constant(item->tensor, item->initial);
        else
            item->tensor->grad = p->grads + item->offset;
    }
    return STATUS_OK;
}

void params_free(ParamSet *p) {
    for (size_t i = 0; i < p->count; i++) mem_free(p->items[i].tensor);
    mem_free(p->items);
    mem_free(p->block);
    memset(p, 0, sizeof *p);
}

Param *params_find(const ParamSet *p, const char *name) {
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->items[i].name, name) == 0) return &p->items[i];
    return NULL;
}

static bool begins_with_one_of(const char *name, const char *const *prefixes, int n) {
    for (int i = 0; i < n; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) return true;
    return false;
}

void params_train_only(ParamSet *p, const char *const *prefixes, int n) {
    for (size_t i = 0; i < p->count; i++) {
        Param *item = &p->items[i];
        item->tensor->needs_grad = !item->buffer && begins_with_one_of(item->name, prefixes, n);
    }
}

void params_zero_grad(ParamSet *p) {
    memset(p->grads, 0, p->size * sizeof *p->grads);
}

/* ---- Initial values ---- */

/* The stream's index is the checksum of the name, so that it depends on nothing else. */
static Rng init_stream(const ParamSet *p, const Tensor *x, uint64_t seed) {
    for (size_t i = 0; i < p->count; i++) {
        const char *name = p->items[i].name;
        if (p->items[i].tensor == x) return rng_stream(seed, RNG_INIT, crc32_update(0, name, strlen(name)));
    }
    NN_REQUIRE(false, "a tensor that is not of this ParamSet");
}

void param_init_normal(ParamSet *p, const Tensor *x, uint64_t seed, double deviation) {
    Rng r = init_stream(p, x, seed);
    for (size_t i = 0; i < tensor_size(x); i++) x->data[i] = (real)(deviation * rng_normal(&r));
}

void param_init_uniform(ParamSet *p, const Tensor *x, uint64_t seed, double bound) {
    Rng r = init_stream(p, x, seed);
    for (size_t i = 0; i < tensor_size(x); i++) x->data[i] = (real)rng_range(&r, -bound, bound);
}

void param_init_constant(const Tensor *x, real value) {
    for (size_t i = 0; i < tensor_size(x); i++) x->data[i] = value;
}

static double fan_in(const Tensor *x) {
    return (double)tensor_size(x) / x->dim[0];
}

/* Outputs that an input reaches: the first dimension times the kernel's size, (out,in,kh,kw). */
static double fan_out(const Tensor *x) {
    return x->rank == 1 ? x->dim[0] : (double)tensor_size(x) / x->dim[1];
}

void param_init_he(ParamSet *p, const Tensor *x, uint64_t seed) {
    param_init_normal(p, x, seed, sqrt(2 / fan_in(x)));
}

void param_init_glorot(ParamSet *p, const Tensor *x, uint64_t seed) {
    param_init_uniform(p, x, seed, sqrt(6 / (fan_in(x) + fan_out(x))));
}
