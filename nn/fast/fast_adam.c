/* adam_step over the flat arrays: a work item updates PIECE reals, LANES at a time (a fixed count, so that the compiler uses
 * vectors). Offsets are multiples of PARAM_ALIGN and the gaps hold zeros, which stay zero. */
#include <math.h>

#include "nn/fast/fast_ops.h"

enum { PIECE = 1 << 14, LANES = PARAM_ALIGN };

typedef struct {
    AdamStep step;
    ParamSet *p;
} Job;

static size_t padded_size(const Param *item) {
    return (tensor_size(item->tensor) + PARAM_ALIGN - 1) / PARAM_ALIGN * PARAM_ALIGN;
}

static real square_root(real x) {
#ifdef NN_DOUBLE
    return sqrt(x);
#else
    return sqrtf(x);
#endif
}

static void update_lanes(AdamStep s, real *restrict w, real *restrict m, real *restrict v,
                         const real *restrict grad) {
    for (int k = 0; k < LANES; k++) {
        real g = grad[k] + s.l2 * w[k];
        m[k] = s.beta1 * m[k] + s.rest1 * g;
        v[k] = s.beta2 * v[k] + s.rest2 * g * g;
        w[k] -= s.rate * m[k] / (s.root * square_root(v[k]) + s.eps) + s.shrink * w[k];
    }
}

/* The part of each trained parameter that lies in piece `item`. */
static void step_piece(void *ctx, int item, int worker) {
    (void)worker;
    const Job *job = ctx;
    ParamSet *p = job->p;
    size_t from = (size_t)item * PIECE, to = from + PIECE;
    for (size_t i = 0; i < p->count; i++) {
        const Param *param = &p->items[i];
        size_t begin = param->offset, end = begin + padded_size(param);
        if (begin < from) begin = from;
        if (end > to) end = to;
        if (!param->tensor->needs_grad || begin >= end) continue;
        AdamStep s = job->step;
        if (!param->decay) s.l2 = s.shrink = 0;
        for (size_t k = begin; k < end; k += LANES)
            update_lanes(s, p->values + k, p->moment1 + k, p->moment2 + k, p->grads + k);
    }
}

void fast_adam(const AdamStep *s, ParamSet *p, Pool *pool) {
    Job job = {*s, p};
    pool_for(pool, (int)((p->size + PIECE - 1) / PIECE), step_piece, &job);
}

double fast_grad_squares(const ParamSet *p) {
    double lane[LANES] = {0}, sum = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (!p->items[i].tensor->needs_grad) continue;
        const real *g = p->grads + p->items[i].offset;
        for (size_t k = 0; k < padded_size(&p->items[i]); k += LANES)
            for (int j = 0; j < LANES; j++) lane[j] += (double)g[k + (size_t)j] * (double)g[k + (size_t)j];
    }
    for (int j = 0; j < LANES; j++) sum += lane[j];
    return sum;
}
