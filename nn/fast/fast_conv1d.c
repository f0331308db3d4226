/* op_conv1d as one product: row s of x between k/2 rows of zeros, seen k rows at once, is a row of k d values. A case is a piece of
 * work; sums over cases go over chunks of cases, added in their order. */
#include <string.h>

#include "nn/base/ints.h"
#include "nn/fast/fast_ops.h"
#include "nn/fast/gemm.h"
#include "nn/tape_reuse.h"

enum { CHUNKS = 8 };

typedef struct {
    int b, n, d, out, k;
    const int *length; /* (b) or NULL */
    const real *x, *bias, *y, *dy;
    real *to, *dx;
    const real *panels, *turned; /* of w as (k d, out); of w turned round as (k out, d) */
    bool fresh;
    int chunk;
    real *partial; /* (chunks, k d out + out): dw as (k d, out), and db, of each chunk */
    real *scratch; /* per worker: x and g with zeros around, g in panels */
} Conv1d;

static int length_of(const Conv1d *a, int i) {
    return a->length ? a->length[i] : a->n;
}
static size_t padded_size(const Conv1d *a, int width) {
    return (size_t)(a->n + a->k - 1) * (size_t)width;
}
static size_t partial_size(const Conv1d *a) {
    return (size_t)(a->k * a->d + 1) * (size_t)a->out;
}
static size_t scratch_size(const Conv1d *a) {
    return padded_size(a, a->d) + padded_size(a, a->out) + panels_size(a->out, a->n);
}

/* Zeros before and after n rows of `width` that the caller writes at the returned place. */
static real *pad(const Conv1d *a, real *to, int n, int width) {
    size_t edge = (size_t)(a->k / 2 * width), rows = (size_t)(n * width);
    memset(to, 0, edge * sizeof(real));
    memset(to + edge + rows, 0, edge * sizeof(real));
    return to + edge;
}

static void pad_x(const Conv1d *a, int i, real *to) {
    int n = length_of(a, i);
    memcpy(pad(a, to, n, a->d), a->x + (size_t)i * (size_t)(a->n * a->d), (size_t)(n * a->d) * sizeof(real));
}

static void forward_case(void *ctx, int i, int worker) {
    const Conv1d *a = ctx;
    real *x = a->scratch + (size_t)worker * scratch_size(a), *y = a->to + (size_t)i * (size_t)(a->n * a->out);
    int n = length_of(a, i);
    pad_x(a, i, x);
    gemm_packed(n, a->out, a->k * a->d, x, a->d, a->panels, (Epilogue){.bias = a->bias, .relu = true}, y,
                a->out);
    memset(y + n * a->out, 0, (size_t)((a->n - n) * a->out) * sizeof(real));
}

/* dx of one case, from g between zeros. */
static void grad_x(const Conv1d *a, int i, int n, const real *g) {
    real *dx = a->dx + (size_t)i * (size_t)(a->n * a->d);
    gemm_packed(n, a->d, a->k * a->out, g, a->out, a->turned, (Epilogue){.add = a->fresh ? NULL : dx}, dx,
                a->d);
    if (a->fresh) memset(dx + n * a->d, 0, (size_t)((a->n - n) * a->d) * sizeof(real));
}

static void backward_case(const Conv1d *a, int i, real *dw, real *scratch) {
    int n = length_of(a, i);
    if (n == 0 && !a->fresh) return;
    size_t at = (size_t)i * (size_t)(a->n * a->out), out = (size_t)a->out;
    real *x = scratch, *padded = x + padded_size(a, a->d), *panels = padded + padded_size(a, a->out);
    real *g = pad(a, padded, n, a->out), *db = dw + (size_t)(a->k * a->d) * out;
    for (size_t k = 0; k < (size_t)n * out; k++) g[k] = a->y[at + k] > 0 ? a->dy[at + k] : 0;
    for (size_t s = 0; s < (size_t)n; s++)
        for (size_t o = 0; o < out; o++) db[o] += g[s * out + o];
    pad_x(a, i, x);
    panels_pack(false, a->out, n, g, a->out, panels);
    gemm_tiled(true, false, a->k * a->d, a->out, n, x, a->d, panels, 0, 1, dw, a->out, NULL);
    if (a->dx) grad_x(a, i, n, padded);
}

static void backward_chunk(void *ctx, int item, int worker) {
    const Conv1d *a = ctx;
    real *dw = a->partial + (size_t)item * partial_size(a);
    memset(dw, 0, partial_size(a) * sizeof(real));
    for (int i = item * a->chunk; i < a->b && i < (item + 1) * a->chunk; i++)
        backward_case(a, i, dw, a->scratch + (size_t)worker * scratch_size(a));
}

/* w (out,d,k) as (k d, out), or turned round as (k out, d), in panels. */
static real *arranged_panels(Tape *t, const Conv1d *a, const real *w, bool turned) {
    int rows = a->k * (turned ? a->out : a->d), columns = turned ? a->d : a->out;
    bool ready = false;
    size_t size = panels_size(columns, rows);
    real *panels = turned ? arena_alloc(&t->arena, size * sizeof(real)) : tape_cache(t, w, size, &ready);
    if (ready) return panels;
    real *matrix = arena_alloc(&t->arena, (size_t)rows * (size_t)columns * sizeof(real));
    for (int o = 0; o < a->out; o++)
        for (int c = 0; c < a->d; c++)
            for (int tap = 0; tap < a->k; tap++) {
                size_t at = turned ? (size_t)(((a->k - 1 - tap) * a->out + o) * a->d + c)
                                   : (size_t)((tap * a->d + c) * a->out + o);
                matrix[at] = w[(o * a->d + c) * a->k + tap];
            }
    panels_pack(false, columns, rows, matrix, columns, panels);
    return panels;
}

static void add_partials(const Conv1d *a, int chunks, real *dw, real *db) {
    for (int chunk = 0; chunk < chunks; chunk++) {
        const real *part = a->partial + (size_t)chunk * partial_size(a);
        for (int o = 0; dw && o < a->out; o++)
            for (int c = 0; c < a->d; c++)
                for (int tap = 0; tap < a->k; tap++)
                    dw[(o * a->d + c) * a->k + tap] += part[(tap * a->d + c) * a->out + o];
        for (int o = 0; db && o < a->out; o++) db[o] += part[a->k * a->d * a->out + o];
    }
}

static Conv1d conv1d_of(const Tensor *x, const Tensor *w, const int *length) {
    return (Conv1d){.b = x->dim[0],
                    .n = x->dim[1],
                    .d = x->dim[2],
                    .out = w->dim[0],
                    .k = w->dim[2],
                    .length = length,
                    .x = x->data};
}

void fast_conv1d_backward(Tape *t, const Node *node) {
    Conv1d a = conv1d_of(node->in[0], node->in[1], node->saved);
    a.y = node->out->data, a.dy = node->out->grad;
    a.dx = tape_grad_raw(t, node->in[0], &a.fresh);
    real *dw = tape_grad(t, node->in[1]), *db = tape_grad(t, node->in[2]);
    ArenaMark mark = tape_mark(t);
    a.chunk = int_divide_up(a.b, CHUNKS);
    int chunks = int_divide_up(a.b, a.chunk);
    a.partial = arena_alloc(&t->arena, (size_t)chunks * partial_size(&a) * sizeof(real));
    a.scratch = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * scratch_size(&a) * sizeof(real));
    if (a.dx) a.turned = arranged_panels(t, &a, node->in[1]->data, true);
    pool_for(t->pool, chunks, backward_chunk, &a);
    add_partials(&a, chunks, dw, db);
    tape_release(t, mark);
}

void fast_conv1d(Tape *t, const Tensor *x, const Tensor *w, const Tensor *b, const int *length, Tensor *y) {
    Conv1d a = conv1d_of(x, w, length);
    ArenaMark mark = tape_mark(t);
    a.to = y->data;
    a.bias = panels_bias(t, b);
    a.panels = arranged_panels(t, &a, w->data, false);
    a.scratch = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * scratch_size(&a) * sizeof(real));
    pool_for(t->pool, a.b, forward_case, &a);
    tape_release(t, mark);
}
