#include "train/loop.h"

#include <math.h>
#include <string.h>

int loop_steps(int n, int batch) {
    return n / batch > 0 ? n / batch : 1;
}

void loop_order(const Session *s, int stage, int epoch, const int *index, int n, int *order) {
    Rng rng = rng_stream((uint64_t)s->config.seed, RNG_ORDER, (uint32_t)stage << 24 | (uint32_t)epoch);
    memmove(order, index, (size_t)n * sizeof *order); /* order may be index itself */
    rng_shuffle(&rng, order, (size_t)n);
}

/* Names the first op whose value is not finite, or else the first parameter whose gradient is not. */
static Status not_finite(const Tape *t, const Model *m, const Progress *p, Error *err) {
    const Node *bad = tape_first_bad(t);
    const char *where = bad ? bad->op : NULL, *kind = "the value of op";
    for (size_t i = 0; !where && i < m->params.count; i++) {
        const Param *q = &m->params.items[i];
        for (size_t k = 0; q->tensor->needs_grad && !where && k < tensor_size(q->tensor); k++)
            if (!isfinite(q->tensor->grad[k])) where = q->name, kind = "the gradient of";
    }
    return error_set(
        err, STATUS_CHECK,
        "stage %d, epoch %d, step %d: %s '%s' is not finite; training stopped and the last checkpoint is "
        "kept; try a smaller stage%d_lr",
        p->stage, p->epoch + 1, p->step + 1, kind, where ? where : "loss", p->stage);
}

Status loop_step(const Session *s, Model *m, Tape *t, const Loss *loss, Progress *p, double rate,
                 Error *err) {
    if (!isfinite(loss->total->data[0])) return not_finite(t, m, p, err);
    params_zero_grad(&m->params);
    tape_backward(t, loss->total);
    double norm = params_clip(&m->params, s->config.clip);
    if (!isfinite(norm)) return not_finite(t, m, p, err);
    adam_step(&p->adam, &m->params, s->pool, rate);
    p->sums[0] += (double)loss->total->data[0];
    for (int i = 0; i < TERM_COUNT; i++)
        if (loss->term[i]) p->sums[1 + i] += (double)loss->term[i]->data[0];
    return STATUS_OK;
}

MetricsRow loop_row(Progress *p, int steps, double rate) {
    MetricsRow row = {.stage = p->stage, .epoch = p->epoch + 1, .rate = rate, .loss = p->sums[0] / steps};
    for (int i = 0; i < TERM_COUNT; i++) row.term[i] = p->sums[1 + i] / steps;
    memset(p->sums, 0, sizeof p->sums);
    return row;
}
