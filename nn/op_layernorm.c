/* y = gamma xhat + beta, xhat = (x - mean)/sqrt(var + 1e-5) over the last dimension (d), var biased
 * dgamma += sum dy xhat      dbeta += sum dy
 * dx += (g - mean(g) - xhat mean(g xhat)) / sqrt(var + 1e-5), g = dy gamma
 * saved: mean and 1/sqrt(var + 1e-5) of every row; xhat is computed again */
#include <math.h>

#include "nn/base/error.h"
#include "nn/ops.h"

enum { ROWS = 64 };
static const real EPSILON = (real)1e-5;

typedef struct {
    size_t rows, d;
    const real *x, *gamma, *beta, *dy;
    real *y, *dx, *stats; /* stats: mean and 1/deviation per row */
    real *sums;           /* (pieces, 2, d): dgamma and dbeta of each piece, or NULL */
    bool fresh;
} LayerNorm;

static void row_stats(const real *x, size_t d, real stats[2]) {
    real sum = 0, squares = 0;
    for (size_t j = 0; j < d; j++) sum += x[j];
    real mean = sum / (real)d;
    for (size_t j = 0; j < d; j++) squares += (x[j] - mean) * (x[j] - mean);
    stats[0] = mean;
    stats[1] = 1 / (real)sqrt(squares / (real)d + EPSILON);
}

static void forward_piece(void *ctx, int item, int worker) {
    const LayerNorm *l = ctx;
    (void)worker;
    size_t from = (size_t)item * ROWS, to = from + ROWS < l->rows ? from + ROWS : l->rows;
    for (size_t i = from; i < to; i++) {
        const real *x = l->x + i * l->d;
        real *y = l->y + i * l->d, stats[2];
        row_stats(x, l->d, stats);
        if (l->stats) l->stats[2 * i] = stats[0], l->stats[2 * i + 1] = stats[1];
        for (size_t j = 0; j < l->d; j++) y[j] = (x[j] - stats[0]) * stats[1] * l->gamma[j] + l->beta[j];
    }
}

static void backward_row(const LayerNorm *l, size_t i, real *dgamma, real *dbeta) {
    const real *x = l->x + i * l->d, *dy = l->dy + i * l->d;
    real mean = l->stats[2 * i], inverse = l->stats[2 * i + 1], sum = 0, product = 0;
    for (size_t j = 0; j < l->d; j++) {
        real xhat = (x[j] - mean) * inverse;
        dgamma[j] += dy[j] * xhat;
        dbeta[j] += dy[j];
        sum += dy[j] * l->gamma[j];
        product += dy[j] * l->gamma[j] * xhat;
    }
    if (!l->dx) return;
    sum /= (real)l->d, product /= (real)l->d;
    real *dx = l->dx + i * l->d;
    for (size_t j = 0; j < l->d; j++) {
        real xhat = (x[j] - mean) * inverse, g = (dy[j] * l->gamma[j] - sum - xhat * product) * inverse;
        dx[j] = l->fresh ? g : dx[j] + g;
    }
}

static void backward_piece(void *ctx, int item, int worker) {
    const LayerNorm *l = ctx;
    (void)worker;
    size_t from = (size_t)item * ROWS, to = from + ROWS < l->rows ? from + ROWS : l->rows;
    real *dgamma = l->sums + 2 * l->d * (size_t)item, *dbeta = dgamma + l->d;
    for (size_t j = 0; j < 2 * l->d; j++) dgamma[j] = 0;
    for (size_t i = from; i < to; i++) backward_row(l, i, dgamma, dbeta);
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
