/* op_attention_first: a case is a piece of work. */
#include <math.h>
#include <string.h>

#include "nn/fast/fast_ops.h"
#include "nn/fast/kernels.h"

typedef struct {
    int n, d, heads;
    const int *length; /* (b) or NULL */
    const real *q, *kv, *dy;
    real *y, *p, *dq, *dkv; /* p (b,heads,n) */
    real *scratch;          /* per worker: ds (n) and dq (d) of a case */
    bool fresh;             /* dkv is written, not added to */
} First;

static size_t length_of(const First *a, int i) {
    return (size_t)(a->length ? a->length[i] : a->n);
}

static void forward_case(void *ctx, int i, int worker) {
    const First *a = ctx;
    (void)worker;
    const Kernels *kernel = kernels();
    size_t n = length_of(a, i), d = (size_t)a->d, e = (size_t)(a->d / a->heads);
    const real *q = a->q + (size_t)i * d, *kv = a->kv + (size_t)(i * a->n) * 2 * d;
    real *y = a->y + (size_t)i * d;
    memset(y, 0, d * sizeof(real));
    for (size_t h = 0; h < (size_t)a->heads; h++) {
        real *p = a->p + ((size_t)(i * a->heads) + h) * (size_t)a->n;
        for (size_t j = 0; j < n; j++) p[j] = kernel->dot(e, q + h * e, kv + j * 2 * d + h * e);
        if (n) kernel->softmax(n, (real)(1 / sqrt((double)e)), p);
        for (size_t j = 0; j < n; j++) kernel->axpy(e, p[j], kv + j * 2 * d + d + h * e, y + h * e);
        memset(p + n, 0, ((size_t)a->n - n) * sizeof(real));
    }
}

static void backward_case(void *ctx, int i, int worker) {
    const First *a = ctx;
    const Kernels *kernel = kernels();
    size_t n = length_of(a, i), d = (size_t)a->d, e = (size_t)(a->d / a->heads), tokens = (size_t)(i * a->n);
    const real *kv = a->kv + tokens * 2 * d;
    real *ds = a->scratch + (size_t)worker * ((size_t)a->n + d), *dq = ds + a->n;
    real *dkv = a->dkv ? a->dkv + tokens * 2 * d : NULL;
    if (dkv && a->fresh) memset(dkv, 0, (size_t)a->n * 2 * d * sizeof(real));
    memset(dq, 0, d * sizeof(real));
    for (size_t h = 0; h < (size_t)a->heads && n; h++) {
        const real *p = a->p + ((size_t)(i * a->heads) + h) * (size_t)a->n, *q = a->q + (size_t)i * d + h * e;
        const real *dy = a->dy + (size_t)i * d + h * e;
        for (size_t j = 0; j < n; j++) ds[j] = kernel->dot(e, dy, kv + j * 2 * d + d + h * e);
        kernel->softmax_gradient(n, (real)(1 / sqrt((double)e)), p, ds);
        for (size_t j = 0; j < n; j++) {
            size_t at = j * 2 * d + h * e;
            kernel->axpy(e, ds[j], kv + at, dq + h * e);
            if (dkv) kernel->axpy(e, ds[j], q, dkv + at), kernel->axpy(e, p[j], dy, dkv + at + d);
        }
    }
    if (a->dq) kernel->axpy(d, 1, dq, a->dq + (size_t)i * d);
}

void fast_attention_first_backward(Tape *t, const Node *node) {
    First a = *(First *)node->saved;
    a.dy = node->out->grad;
    a.dq = tape_grad(t, node->in[0]);
    a.dkv = tape_grad_raw(t, node->in[1], &a.fresh);
    ArenaMark mark = tape_mark(t);
    a.scratch = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * (size_t)(a.n + a.d) * sizeof(real));
    pool_for(t->pool, node->out->dim[0], backward_case, &a);
    tape_release(t, mark);
}

void *fast_attention_first(Tape *t, const Tensor *q, const Tensor *kv, int heads, const int *length,
                           real *weights, Tensor *y) {
    size_t probabilities = (size_t)(q->dim[0] * heads) * (size_t)kv->dim[1];
    First *a = arena_alloc(&t->arena, sizeof *a);
    *a = (First){.n = kv->dim[1],
                 .d = q->dim[1],
                 .heads = heads,
                 .length = length,
                 .q = q->data,
                 .kv = kv->data,
                 .y = y->data,
                 .p = arena_alloc(&t->arena, probabilities * sizeof(real))};
    pool_for(t->pool, q->dim[0], forward_case, a);
    if (weights) memcpy(weights, a->p, probabilities * sizeof(real));
    return a;
}
