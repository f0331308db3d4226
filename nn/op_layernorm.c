/* EQ(layernorm)  y = gamma xhat + beta, xhat = (x - mean)/sqrt(var + 1e-5) over the last dimension (d), var biased
 * dgamma += sum dy xhat      dbeta += sum dy
 * dx += (g - mean(g) - xhat mean(g xhat)) / sqrt(var + 1e-5), g = dy gamma
 * saved: mean and 1/sqrt(var + 1e-5) of every row; xhat is computed again */
#include <math.h>

#include "nn/base/error.h"
#include "nn/fast/kernels.h"
#include "nn/ops.h"
#include "nn/plain.h"

enum { ROWS = 64 };

void layernorm_plain(size_t rows, size_t d, const real *x, const real *gamma, const real *beta, real *y) {
    for (size_t i = 0; i < rows; i++, x += d, y += d) {
        double mean = 0, var = 0;
        for (size_t j = 0; j < d; j++) mean += (double)x[j] / (double)d;
        for (size_t j = 0; j < d; j++) var += ((double)x[j] - mean) * ((double)x[j] - mean) / (double)d;
        for (size_t j = 0; j < d; j++)
            y[j] = (real)((double)gamma[j] * ((double)x[j] - mean) / sqrt(var + 1e-5) + (double)beta[j]);
    }
}

typedef struct {
    size_t rows, d;
    const real *x, *gamma, *beta, *dy;
    real *y, *dx, *stats; /* stats: mean and 1/deviation per row, or NULL */
    real *sums;           /* (pieces, 2, d): dgamma and dbeta of each piece */
    bool fresh;
} LayerNorm;

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

static int pieces(size_t rows) {
    return tape_dim((rows + ROWS - 1) / ROWS);
}

static void layernorm_backward(Tape *t, const Node *node) {
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

Tensor *op_layernorm(Tape *t, Tensor *x, Tensor *gamma, Tensor *beta) {
    char s[64], u[64];
    int d = tensor_last(x);
    NN_REQUIRE(gamma->rank == 1 && gamma->dim[0] == d && tensor_same_shape(gamma, beta),
               "layernorm: x %s, gamma %s", tensor_shape(x, s), tensor_shape(gamma, u));
    Tensor *in[] = {x, gamma, beta}, *y = tape_like(t, x);
    LayerNorm l = {.rows = tensor_rows(x),
                   .d = (size_t)d,
                   .x = x->data,
                   .gamma = gamma->data,
                   .beta = beta->data,
                   .y = y->data};
    if (tape_needs(t, 3, in)) l.stats = arena_alloc(&t->arena, 2 * l.rows * sizeof(real));
    pool_for(t->pool, pieces(l.rows), forward_piece, &l);
    tape_record(t, "layernorm", layernorm_backward, y, 3, in, l.stats);
    return y;
}
