#include "nn/optim.h"

#include <math.h>
#include <string.h>

/* A work item updates PIECE reals of the flat arrays, LANES at a time (a fixed count, so that the compiler
 * uses vectors). Offsets are multiples of PARAM_ALIGN and the gaps hold zeros, which stay zero. */
enum { PIECE = 1 << 14, LANES = PARAM_ALIGN };

static size_t padded_size(const Param *item) {
    return (tensor_size(item->tensor) + PARAM_ALIGN - 1) / PARAM_ALIGN * PARAM_ALIGN;
}

Adam adam_default(double decay) {
    return (Adam){.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .decay = decay, .decoupled = true};
}

/* One step's numbers: w -= rate m / (root sqrt(v) + eps) + shrink w, with both bias corrections in rate and
 * root. */
typedef struct {
    ParamSet *p;
    real beta1, rest1, beta2, rest2, eps, rate, root;
    real shrink, l2; /* decay decoupled from, or added to, the gradient; for parameters that decay */
} Step;

static real square_root(real x) {
#ifdef NN_DOUBLE
    return sqrt(x);
#else
    return sqrtf(x);
#endif
}

static void update_lanes(Step s, real *restrict w, real *restrict m, real *restrict v,
                         const real *restrict grad) {
    for (int k = 0; k < LANES; k++) {
        real g = grad[k] + s.l2 * w[k];
        m[k] = s.beta1 * m[k] + s.rest1 * g;
        v[k] = s.beta2 * v[k] + s.rest2 * g * g;
        w[k] -= s.rate * m[k] / (s.root * square_root(v[k]) + s.eps) + s.shrink * w[k];
    }
}

static void update(Step s, bool decay, size_t from, size_t to) {
    if (!decay) s.l2 = s.shrink = 0;
    ParamSet *p = s.p;
    for (size_t i = from; i < to; i += LANES)
        update_lanes(s, p->values + i, p->moment1 + i, p->moment2 + i, p->grads + i);
}

/* The part of each trained parameter that lies in piece `item`. */
static void step_piece(void *ctx, int item, int worker) {
    (void)worker;
    const Step *s = ctx;
    size_t from = (size_t)item * PIECE, to = from + PIECE;
    for (size_t i = 0; i < s->p->count; i++) {
        const Param *param = &s->p->items[i];
        size_t begin = param->offset, end = begin + padded_size(param);
        if (begin < from) begin = from;
        if (end > to) end = to;
        if (param->tensor->needs_grad && begin < end) update(*s, param->decay, begin, end);
    }
}

void adam_step(Adam *a, ParamSet *p, Pool *pool, double lr) {
    a->step++;
    double correction1 = 1 - pow(a->beta1, (double)a->step), correction2 = 1 - pow(a->beta2, (double)a->step);
    Step s = {p,
              (real)a->beta1,
              (real)(1 - a->beta1),
              (real)a->beta2,
              (real)(1 - a->beta2),
              (real)a->eps,
              (real)(lr / correction1),
              (real)(1 / sqrt(correction2)),
              (real)(a->decoupled ? lr * a->decay : 0),
              (real)(a->decoupled ? 0 : a->decay)};
    pool_for(pool, (int)((p->size + PIECE - 1) / PIECE), step_piece, &s);
}

void adam_reset(Adam *a, ParamSet *p) {
    a->step = 0;
    memset(p->moment1, 0, p->size * sizeof *p->moment1);
    memset(p->moment2, 0, p->size * sizeof *p->moment2);
}

double params_grad_norm(const ParamSet *p) {
    double lane[LANES] = {0}, sum = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (!p->items[i].tensor->needs_grad) continue;
        const real *g = p->grads + p->items[i].offset;
        for (size_t k = 0; k < padded_size(&p->items[i]); k += LANES)
            for (int j = 0; j < LANES; j++) lane[j] += (double)g[k + (size_t)j] * (double)g[k + (size_t)j];
    }
    for (int j = 0; j < LANES; j++) sum += lane[j];
    return sqrt(sum);
}

double params_clip(ParamSet *p, double limit) {
    double norm = params_grad_norm(p);
    if (limit <= 0 || !isfinite(norm) || norm <= limit) return norm;
    real factor = (real)(limit / norm);
    for (size_t i = 0; i < p->count; i++) {
        if (!p->items[i].tensor->needs_grad) continue;
        real *g = p->grads + p->items[i].offset;
        for (size_t k = 0; k < tensor_size(p->items[i].tensor); k++) g[k] *= factor;
    }
    return norm;
}

double schedule_one_cycle(long step, long total, double warmup, double peak) {
    const double pi = 3.14159265358979323846, floor_rate = peak / 100;
    double warm = warmup * (double)total, done = (double)(step + 1);
    if (done <= warm) return peak * done / warm;
    if (done >= (double)total) return floor_rate;
    double share = (done - warm) / ((double)total - warm);
    return floor_rate + (peak - floor_rate) * (1 + cos(pi * share)) / 2;
}
