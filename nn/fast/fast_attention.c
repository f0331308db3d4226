/* op_attention: one case and head is a piece of work. Its matrices fit in the second-level cache. */
#include <math.h>
#include <string.h>

#include "nn/fast/fast_ops.h"
#include "nn/fast/gemm.h"

typedef struct {
    int b, n, d, heads, e;
    int wide;          /* row stride of P: n rounded up to PANEL */
    const int *length; /* (b) or NULL */
    const real *qkv, *dy;
    real *y, *dqkv, *weights;
    real *p; /* (b,heads,n,wide) where a node is recorded, else (workers,n,wide) */
    bool p_saved, fresh;
    real *scratch; /* per worker */
} Attention;

/* One piece: the head's columns of one case. */
typedef struct {
    int n, stride; /* tokens that count; row stride of q, k and v */
    const real *q, *k, *v;
    size_t at, y_at; /* of q in qkv and dqkv, of y and dy */
} Head;

static Head head_of(const Attention *a, int item) {
    int i = item / a->heads, column = item % a->heads * a->e;
    Head h = {.n = a->length ? a->length[i] : a->n, .stride = 3 * a->d};
    h.at = (size_t)i * (size_t)a->n * (size_t)h.stride + (size_t)column;
    h.y_at = (size_t)i * (size_t)a->n * (size_t)a->d + (size_t)column;
    h.q = a->qkv + h.at;
    h.k = h.q + a->d;
    h.v = h.k + a->d;
    return h;
}

static real *weights_of(const Attention *a, int item, int worker) {
    return a->p + (size_t)(a->p_saved ? item : worker) * (size_t)a->n * (size_t)a->wide;
}

/* Panels of k' or of q, k, v, dy. */
static size_t panel_scratch(const Attention *a) {
    size_t keys = panels_size(a->n, a->e), values = panels_size(a->e, a->n);
    return keys > values ? keys : values;
}

/* C (rows,e) with row stride ldc is zero from row `from` on. */
static void clear_rows(const Attention *a, real *c, int from, int ldc) {
    for (int r = from; r < a->n; r++) memset(c + (size_t)r * (size_t)ldc, 0, (size_t)a->e * sizeof(real));
}

/* c = a' b for tokens, rows by rows: (n,n)' (n,e), b in panels. add: to what c holds. */
static void product_over_tokens(const Attention *a, const Head *h, const real *p, const real *panels, real *c,
                                bool add) {
    if (!add) clear_rows(a, c, 0, h->stride);
    gemm_tiled(true, false, h->n, a->e, h->n, p, a->wide, panels, 0, 1, c, h->stride, NULL);
}

static void forward_head(void *ctx, int item, int worker) {
    const Attention *a = ctx;
    Head h = head_of(a, item);
    real *p = weights_of(a, item, worker), *y = a->y + h.y_at;
    real *panels = a->scratch + (size_t)worker * panel_scratch(a);
    gemm_tiled(false, true, h.n, h.n, a->e, h.q, h.stride, h.k, h.stride, 0, p, a->wide, panels);
    for (int r = 0; r < h.n; r++)
        kernels()->softmax((size_t)h.n, (real)(1 / sqrt(a->e)), p + (size_t)r * (size_t)a->wide);
    gemm_tiled(false, false, h.n, a->e, h.n, p, a->wide, h.v, h.stride, 0, y, a->d, panels);
    clear_rows(a, y, h.n, a->d);
    if (!a->weights) return;
    real *w = a->weights + (size_t)item * (size_t)a->n;
    for (int j = 0; j < a->n; j++) w[j] = j < h.n ? p[j] : 0;
}

static size_t backward_scratch(const Attention *a) {
    return panel_scratch(a) + (size_t)a->n * (size_t)a->wide;
}

static void backward_head(void *ctx, int item, int worker) {
    const Attention *a = ctx;
    Head h = head_of(a, item);
    const real *p = weights_of(a, item, worker), *dy = a->dy + h.y_at;
    real *panels = a->scratch + (size_t)worker * backward_scratch(a), *ds = panels + panel_scratch(a);
    real *dq = a->dqkv + h.at, *dk = dq + a->d, *dv = dk + a->d;
    gemm_tiled(false, true, h.n, h.n, a->e, dy, a->d, h.v, h.stride, 0, ds, a->wide, panels);
    for (size_t r = 0; r < (size_t)h.n * (size_t)a->wide; r += (size_t)a->wide)
        kernels()->softmax_gradient((size_t)h.n, (real)(1 / sqrt(a->e)), p + r, ds + r);
    gemm_tiled(false, false, h.n, a->e, h.n, ds, a->wide, h.k, h.stride, a->fresh ? 0 : 1, dq, h.stride,
               panels);
    panels_pack(false, a->e, h.n, dy, a->d, panels);
    product_over_tokens(a, &h, p, panels, dv, !a->fresh);
    panels_pack(false, a->e, h.n, h.q, h.stride, panels);
    product_over_tokens(a, &h, ds, panels, dk, !a->fresh);
    if (a->fresh) clear_rows(a, dq, h.n, h.stride);
}

void fast_attention_backward(Tape *t, const Node *node) {
    Attention a = *(Attention *)node->saved;
    a.dy = node->out->grad;
    a.dqkv = tape_grad_raw(t, node->in[0], &a.fresh);
    if (!a.dqkv) return;
    ArenaMark mark = tape_mark(t);
    a.scratch = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * backward_scratch(&a) * sizeof(real));
    pool_for(t->pool, a.b * a.heads, backward_head, &a);
    tape_release(t, mark);
}

void *fast_attention(Tape *t, const Tensor *qkv, int heads, const int *length, real *weights, bool recorded,
                     Tensor *y) {
    Attention *a = arena_alloc(&t->arena, sizeof *a);
    *a = (Attention){.b = qkv->dim[0],
                     .n = qkv->dim[1],
                     .d = y->dim[2],
                     .heads = heads,
                     .e = y->dim[2] / heads,
                     .wide = panels_of(qkv->dim[1]) * PANEL,
                     .length = length,
                     .qkv = qkv->data,
                     .y = y->data,
                     .weights = weights,
                     .p_saved = recorded};
    size_t square = (size_t)a->n * (size_t)a->wide * sizeof(real), workers = (size_t)pool_threads(t->pool);
    if (recorded) a->p = arena_alloc(&t->arena, (size_t)(a->b * heads) * square);
    ArenaMark mark = tape_mark(t);
    if (!recorded) a->p = arena_alloc(&t->arena, workers * square);
    a->scratch = arena_alloc(&t->arena, workers * panel_scratch(a) * sizeof(real));
    pool_for(t->pool, a->b * heads, forward_head, a);
    tape_release(t, mark);
    return a;
}
