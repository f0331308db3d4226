/* op_linear: the rows are cut into pieces; dW and db are sums over chunks of rows, added in the order of the chunks. */
#include <string.h>

#include "nn/base/ints.h"
#include "nn/fast/fast_ops.h"
#include "nn/fast/gemm.h"
#include "nn/tape_reuse.h"

enum { ROWS = 48, CHUNKS = 8, CHUNK_ROWS = 256, BLOCK = 128 /* rows of a chunk in panels at once */ };

typedef struct {
    int rows, in, out;
    const real *x, *b, *dy;
    real *to;
    const real *panels; /* of the product's second matrix */
    const real *add;
    int chunk, chunks;
    real *partial; /* (chunks, out in + out): dW and db of each chunk */
    real *scratch; /* per worker: BLOCK rows of dy and of x in panels */
    real *dw, *db;
} Linear;

static void forward_piece(void *ctx, int item, int worker) {
    const Linear *l = ctx;
    (void)worker;
    size_t from = (size_t)item * ROWS;
    gemm_packed(int_min(ROWS, l->rows - item * ROWS), l->out, l->in, l->x + from * (size_t)l->in, l->in,
                l->panels, (Epilogue){.bias = l->b}, l->to + from * (size_t)l->out, l->out);
}

static void grad_x_piece(void *ctx, int item, int worker) {
    const Linear *l = ctx;
    (void)worker;
    size_t from = (size_t)item * ROWS, to = from * (size_t)l->in;
    gemm_packed(int_min(ROWS, l->rows - item * ROWS), l->in, l->out, l->dy + from * (size_t)l->out, l->out,
                l->panels, (Epilogue){.add = l->add ? l->add + to : NULL}, l->to + to, l->in);
}

static size_t partial_size(const Linear *l) {
    return (size_t)l->out * (size_t)l->in + (size_t)l->out;
}
static size_t block_size(int n) {
    return (size_t)panels_of(n) * PANEL * BLOCK;
}

static void grad_w_chunk(void *ctx, int item, int worker) {
    const Linear *l = ctx;
    real *dw = l->partial + (size_t)item * partial_size(l), *db = dw + (size_t)l->out * (size_t)l->in;
    real *dy_panels = l->scratch + (size_t)worker * (block_size(l->out) + block_size(l->in));
    real *x_panels = dy_panels + block_size(l->out);
    memset(dw, 0, partial_size(l) * sizeof(real));
    int end = int_min(l->rows, (item + 1) * l->chunk);
    for (int r = item * l->chunk; r < end; r += BLOCK) {
        int rows = int_min(BLOCK, end - r);
        const real *dy = l->dy + (size_t)r * (size_t)l->out;
        panels_pack(false, l->out, rows, dy, l->out, dy_panels);
        panels_pack(false, l->in, rows, l->x + (size_t)r * (size_t)l->in, l->in, x_panels);
        gemm_outer_panels(l->out, l->in, rows, rows, dy_panels, x_panels, dw, l->in);
        for (size_t i = 0; i < (size_t)rows; i++)
            kernels()->axpy((size_t)l->out, 1, dy + i * (size_t)l->out, db);
    }
}

/* dw and db += the chunks' sums, for output o. */
static void grad_w_sum(void *ctx, int o, int worker) {
    const Linear *l = ctx;
    (void)worker;
    size_t in = (size_t)l->in, row = (size_t)o * in, bias = (size_t)l->out * in + (size_t)o;
    for (int chunk = 0; chunk < l->chunks; chunk++) {
        const real *partial = l->partial + (size_t)chunk * partial_size(l);
        if (l->dw) kernels()->axpy(in, 1, partial + row, l->dw + row);
        if (l->db) l->db[o] += partial[bias];
    }
}

static void grad_w(Tape *t, Linear *l) {
    l->chunk = int_max(CHUNK_ROWS, int_divide_up(l->rows, CHUNKS));
    l->chunks = int_divide_up(l->rows, l->chunk);
    size_t scratch = (size_t)pool_threads(t->pool) * (block_size(l->out) + block_size(l->in));
    l->partial = arena_alloc(&t->arena, (size_t)l->chunks * partial_size(l) * sizeof(real));
    l->scratch = arena_alloc(&t->arena, scratch * sizeof(real));
    pool_for(t->pool, l->chunks, grad_w_chunk, l);
    pool_for(t->pool, l->out, grad_w_sum, l);
}

void fast_linear_backward(Tape *t, const Node *node) {
    Tensor *x = node->in[0], *w = node->in[1];
    Linear l = {.rows = tape_dim(tensor_rows(x)),
                .in = tensor_last(x),
                .out = w->dim[0],
                .x = x->data,
                .dy = node->out->grad,
                .dw = tape_grad(t, w),
                .db = tape_grad(t, node->in[2])};
    bool fresh;
    l.to = tape_grad_raw(t, x, &fresh);
    l.add = fresh ? NULL : l.to;
    ArenaMark mark = tape_mark(t);
    if (l.to) {
        real *panels = arena_alloc(&t->arena, panels_size(l.in, l.out) * sizeof(real));
        panels_pack(false, l.in, l.out, w->data, l.in, panels);
        l.panels = panels;
        pool_for(t->pool, int_divide_up(l.rows, ROWS), grad_x_piece, &l);
    }
    if (l.dw || l.db) grad_w(t, &l);
    tape_release(t, mark);
}

void fast_linear(Tape *t, const Tensor *x, const Tensor *w, const Tensor *b, Tensor *y) {
    Linear l = {.rows = tape_dim(tensor_rows(x)),
                .in = tensor_last(x),
                .out = w->dim[0],
                .x = x->data,
                .to = y->data};
    ArenaMark mark = tape_mark(t);
    bool ready;
    real *panels = tape_cache(t, w->data, panels_size(l.out, l.in), &ready);
    if (!ready) panels_pack(true, l.out, l.in, w->data, l.in, panels);
    l.panels = panels;
    if (b) l.b = panels_bias(t, b);
    pool_for(t->pool, int_divide_up(l.rows, ROWS), forward_piece, &l);
    tape_release(t, mark);
}
