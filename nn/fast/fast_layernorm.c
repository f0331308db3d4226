/* op_layernorm: a piece of work is ROWS rows; dgamma and dbeta are sums over the pieces in order. */
#include "nn/fast/fast_ops.h"
#include "nn/fast/kernels.h"

enum { ROWS = 64 };

typedef struct {
    size_t rows, d;
    const real *x, *gamma, *beta, *dy;
    real *y, *dx, *stats; /* stats: (rows,2) or NULL */
    real *sums;           /* (pieces, 2, d): dgamma and dbeta of each piece */
    bool fresh;
} LayerNorm;

static int pieces(size_t rows) {
    return tape_dim((rows + ROWS - 1) / ROWS);
}
static size_t last_row(const LayerNorm *l, int item) {
    size_t to = ((size_t)item + 1) * ROWS;
    return to < l->rows ? to : l->rows;
}

static void forward_piece(void *ctx, int item, int worker) {
    const LayerNorm *l = ctx;
    (void)worker;
    for (size_t i = (size_t)item * ROWS; i < last_row(l, item); i++) {
        real stats[2];
        kernels()->layernorm(l->d, l->x + i * l->d, l->gamma, l->beta, l->y + i * l->d,
                             l->stats ? l->stats + 2 * i : stats);
    }
}

static void backward_piece(void *ctx, int item, int worker) {
    const LayerNorm *l = ctx;
    (void)worker;
    real *dgamma = l->sums + 2 * l->d * (size_t)item, *dbeta = dgamma + l->d;
    for (size_t j = 0; j < 2 * l->d; j++) dgamma[j] = 0;
    for (size_t i = (size_t)item * ROWS; i < last_row(l, item); i++)
        kernels()->layernorm_gradient(l->d, l->x + i * l->d, l->dy + i * l->d, l->gamma, l->stats + 2 * i,
                                      dgamma, dbeta, l->dx ? l->dx + i * l->d : NULL, l->fresh);
}

void fast_layernorm_backward(Tape *t, const Node *node) {
    Tensor *x = node->in[0];
    LayerNorm l = {.rows = tensor_rows(x),
                   .d = (size_t)tensor_last(x),
                   .x = x->data,
                   .gamma = node->in[1]->data,
                   .dy = node->out->grad,
                   .stats = node->saved};
    l.dx = tape_grad_raw(t, x, &l.fresh);
    real *dgamma = tape_grad(t, node->in[1]), *dbeta = tape_grad(t, node->in[2]);
    int n = pieces(l.rows);
    ArenaMark mark = tape_mark(t);
    l.sums = arena_alloc(&t->arena, (size_t)n * 2 * l.d * sizeof(real));
    pool_for(t->pool, n, backward_piece, &l);
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = 0; j < l.d; j++) {
            if (dgamma) dgamma[j] += l.sums[2 * l.d * i + j];
            if (dbeta) dbeta[j] += l.sums[2 * l.d * i + l.d + j];
        }
    tape_release(t, mark);
}

void fast_layernorm(Tape *t, const Tensor *x, const Tensor *gamma, const Tensor *beta, real *stats,
                    Tensor *y) {
    LayerNorm l = {.rows = tensor_rows(x),
                   .d = (size_t)tensor_last(x),
                   .x = x->data,
                   .gamma = gamma->data,
                   .beta = beta->data,
                   .y = y->data,
                   .stats = stats};
    pool_for(t->pool, pieces(l.rows), forward_piece, &l);
}
