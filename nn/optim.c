#include "nn/optim.h"

#include <math.h>
#include <string.h>

#include "nn/fast.h"

Adam adam_default(double decay) {
    return (Adam){.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .decay = decay, .decoupled = true};
}

/* w -= rate m / (root sqrt(v) + eps) + shrink w, parameter by parameter. */
static void adam_plain(const AdamStep *s, ParamSet *p, Pool *pool) {
    (void)pool;
    for (size_t i = 0; i < p->count; i++) {
        const Param *param = &p->items[i];
        if (!param->tensor->needs_grad) continue;
        real l2 = param->decay ? s->l2 : 0, shrink = param->decay ? s->shrink : 0;
        size_t end = param->offset + tensor_size(param->tensor);
        for (size_t k = param->offset; k < end; k++) {
            real *w = &p->values[k], *m = &p->moment1[k], *v = &p->moment2[k], g = p->grads[k] + l2 * *w;
            *m = s->beta1 * *m + s->rest1 * g;
            *v = s->beta2 * *v + s->rest2 * g * g;
            *w -= s->rate * *m / (s->root * (real)sqrt((double)*v) + s->eps) + shrink * *w;
        }
    }
}

void adam_step(Adam *a, ParamSet *p, Pool *pool, double lr) {
    a->step++;
    double correction1 = 1 - pow(a->beta1, (double)a->step), correction2 = 1 - pow(a->beta2, (double)a->step);
    AdamStep s = {(real)a->beta1,
                  (real)(1 - a->beta1),
                  (real)a->beta2,
                  (real)(1 - a->beta2),
                  (real)a->eps,
                  (real)(lr / correction1),
                  (real)(1 / sqrt(correction2)),
                  (real)(a->decoupled ? lr * a->decay : 0),
                  (real)(a->decoupled ? 0 : a->decay)};
    FAST_OR(adam, adam_plain)(&s, p, pool);
}

void adam_reset(Adam *a, ParamSet *p) {
    a->step = 0;
    memset(p->moment1, 0, p->size * sizeof *p->moment1);
    memset(p->moment2, 0, p->size * sizeof *p->moment2);
}

static double grad_squares(const ParamSet *p) {
    double sum = 0;
    for (size_t i = 0; i < p->count; i++) {
        const Tensor *x = p->items[i].tensor;
        for (size_t k = 0; x->needs_grad && k < tensor_size(x); k++)
            sum += (double)x->grad[k] * (double)x->grad[k];
    }
    return sum;
}

double params_grad_norm(const ParamSet *p) {
    return sqrt(FAST_OR(grad_squares, grad_squares)(p));
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
