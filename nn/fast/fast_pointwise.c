/* Ops of op_pointwise.c on large tensors: pieces of PIECE elements over the pool. A gradient that passes through unchanged passes its
 * buffer on where possible. Random numbers are drawn PART at a time. */
#include <string.h>

#include "nn/fast/fast_ops.h"
#include "nn/fast/kernels.h"
#include "nn/tape_reuse.h"

enum { PIECE = 8192, PART = 256 }; /* PIECE is a multiple of PART */

/* The arguments of a piece: n elements from `from` on. */
typedef struct Pointwise Pointwise;
typedef void PieceFn(const Pointwise *p, size_t from, size_t n);
struct Pointwise {
    PieceFn *fn;
    size_t size, period; /* period: length of y's repetition in add_rows, of scale in noise */
    const real *x, *y, *dy;
    real *to;
    real p;       /* of dropout */
    size_t cases; /* of add_rows */
    bool fresh;   /* `to` is still empty: write, do not add */
    unsigned char *mask;
    Rng rng;
};

static void run_piece(void *ctx, int item, int worker) {
    const Pointwise *p = ctx;
    (void)worker;
    size_t from = (size_t)item * PIECE, left = p->size - from;
    p->fn(p, from, left < PIECE ? left : PIECE);
}

static void run(Tape *t, Pointwise p) {
    pool_for(t->pool, tape_dim((p.size + PIECE - 1) / PIECE), run_piece, &p);
}

/* The backward of an op of one input: p.fn adds to dx. */
static void run_backward(Tape *t, const Node *node, Tensor *x, Pointwise p) {
    p.to = tape_grad_raw(t, x, &p.fresh);
    p.size = tensor_size(node->out);
    p.dy = node->out->grad;
    if (p.to) run(t, p);
}

static void pass_piece(const Pointwise *p, size_t from, size_t n) {
    if (p->fresh)
        memcpy(p->to + from, p->dy + from, n * sizeof(real));
    else
        for (size_t i = from; i < from + n; i++) p->to[i] += p->dy[i];
}

/* dx += dy, as the last use of dy: passes the buffer on where x has no gradient yet. */
static void pass_on(Tape *t, const Node *node, Tensor *x) {
    if (!tape_grad_pass(t, node, x)) run_backward(t, node, x, (Pointwise){.fn = pass_piece});
}

/* ---- gelu, tanh ---- */

static void gelu_piece(const Pointwise *p, size_t from, size_t n) {
    kernels()->gelu(n, p->x + from, p->to + from);
}
static void gelu_back_piece(const Pointwise *p, size_t from, size_t n) {
    kernels()->gelu_gradient(n, p->x + from, p->dy + from, p->to + from, p->fresh);
}

void fast_gelu(Tape *t, const Tensor *x, Tensor *y) {
    run(t, (Pointwise){.fn = gelu_piece, .size = tensor_size(x), .x = x->data, .to = y->data});
}
void fast_gelu_backward(Tape *t, const Node *node) {
    run_backward(t, node, node->in[0], (Pointwise){.fn = gelu_back_piece, .x = node->in[0]->data});
}

void fast_tanh(size_t n, real beta, const real *x, real *y) {
    for (size_t i = 0; i < n; i++) y[i] = beta * x[i];
    kernels()->tanh(n, y, y);
}

/* ---- add, add_rows ---- */

static void add_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) p->to[i] = p->x[i] + p->y[i];
}

void fast_add(Tape *t, const Tensor *x1, const Tensor *x2, Tensor *y) {
    run(t, (Pointwise){.fn = add_piece, .size = tensor_size(y), .x = x1->data, .y = x2->data, .to = y->data});
}

void fast_add_backward(Tape *t, const Node *node) {
    run_backward(t, node, node->in[0], (Pointwise){.fn = pass_piece});
    pass_on(t, node, node->in[1]);
}

static void add_rows_piece(const Pointwise *p, size_t from, size_t n) {
    size_t k = from % p->period;
    for (size_t i = from; i < from + n; i++) {
        p->to[i] = p->x[i] + p->y[k];
        if (++k == p->period) k = 0;
    }
}

/* dy summed over the cases, in their order: to[k] += sum_i dy[i,k]. */
static void add_rows_back_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = 0; i < p->cases; i++)
        for (size_t k = from; k < from + n; k++) p->to[k] += p->dy[i * p->period + k];
}

void fast_add_rows(Tape *t, const Tensor *x, const Tensor *row, Tensor *y) {
    run(t, (Pointwise){.fn = add_rows_piece,
                       .size = tensor_size(x),
                       .period = tensor_size(row),
                       .x = x->data,
                       .y = row->data,
                       .to = y->data});
}

void fast_add_rows_backward(Tape *t, const Node *node) {
    real *drow = tape_grad(t, node->in[1]);
    size_t period = tensor_size(node->in[1]);
    if (drow)
        run(t, (Pointwise){.fn = add_rows_back_piece,
                           .size = period,
                           .period = period,
                           .dy = node->out->grad,
                           .to = drow,
                           .cases = (size_t)node->out->dim[0]});
    pass_on(t, node, node->in[0]);
}

/* ---- dropout, noise: element i draws from a place of the stream that depends on i alone ---- */

static void dropout_piece(const Pointwise *p, size_t from, size_t n) {
    uint32_t draws[PART], limit = (uint32_t)((double)p->p * 4294967296.0);
    real keep = 1 / (1 - p->p);
    for (size_t i = from; i < from + n; i++) {
        size_t k = (i - from) % PART;
        if (k == 0) rng_blocks(&p->rng, i / 4, PART / 4, draws);
        bool kept = draws[k] >= limit;
        if (p->mask) p->mask[i] = kept;
        p->to[i] = kept ? p->x[i] * keep : 0;
    }
}

static void dropout_back_piece(const Pointwise *p, size_t from, size_t n) {
    real keep = 1 / (1 - p->p);
    for (size_t i = from; i < from + n; i++) {
        real g = p->mask[i] ? p->dy[i] * keep : 0;
        p->to[i] = p->fresh ? g : p->to[i] + g;
    }
}

void fast_dropout(Tape *t, const Tensor *x, real p, Rng stream, unsigned char *mask, Tensor *y) {
    run(t, (Pointwise){.fn = dropout_piece,
                       .size = tensor_size(x),
                       .x = x->data,
                       .to = y->data,
                       .p = p,
                       .mask = mask,
                       .rng = stream});
}

void fast_dropout_backward(Tape *t, const Node *node) {
    const DropoutSaved *saved = node->saved;
    run_backward(t, node, node->in[0],
                 (Pointwise){.fn = dropout_back_piece, .p = saved->p, .mask = saved->mask});
}

/* A normal number takes one block: rng_normal's two uniform ones. */
static void normal_numbers(const Rng *r, size_t from, size_t n, real *z) {
    uint32_t draws[4 * PART];
    real u[PART], v[PART];
    rng_blocks(r, from, n, draws);
    for (size_t i = 0; i < n; i++) {
        const uint32_t *d = draws + 4 * i;
        u[i] = (real)(1.0 - (double)(((uint64_t)d[0] << 32 | d[1]) >> 11) * 0x1p-53);
        v[i] = (real)((double)(((uint64_t)d[2] << 32 | d[3]) >> 11) * 0x1p-53);
    }
    kernels()->box_muller(n, u, v, z);
}

static void noise_piece(const Pointwise *p, size_t from, size_t n) {
    real z[PART];
    size_t j = from % p->period;
    for (size_t i = from; i < from + n; i++) {
        size_t k = (i - from) % PART, left = from + n - i;
        if (k == 0) normal_numbers(&p->rng, i, left < PART ? left : PART, z);
        p->to[i] = p->x[i] + p->y[j] * z[k];
        if (++j == p->period) j = 0;
    }
}

void fast_noise(Tape *t, const Tensor *x, const real *scale, Rng stream, Tensor *y) {
    run(t, (Pointwise){.fn = noise_piece,
                       .size = tensor_size(x),
                       .period = (size_t)tensor_last(x),
                       .x = x->data,
                       .y = scale,
                       .to = y->data,
                       .rng = stream});
}

void fast_noise_backward(Tape *t, const Node *node) {
    pass_on(t, node, node->in[0]);
}
