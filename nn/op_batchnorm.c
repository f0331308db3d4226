/* y = relu?( gamma xhat + beta + add? ), xhat = (x - mean)/sqrt(var + 1e-5) per channel, over all rows (b h w)
 *     g = dy [y > 0] with relu, else dy        dadd += g        dbeta += sum g        dgamma += sum g xhat
 *     training:  dx += gamma/sqrt(var + 1e-5) (g - mean(g) - xhat mean(g xhat))
 *     otherwise: dx += gamma/sqrt(var + 1e-5) g
 * Sums go over pieces of ROWS rows in double, and over the pieces in their order.
 * saved: mean and 1/sqrt(var + 1e-5) per channel; xhat is computed again from x, the mask is y. */
#include <math.h>
#include <string.h>

#include "nn/base/error.h"
#include "nn/ops.h"

enum { ROWS = 1024 };
static const double EPSILON = 1e-5, MOMENTUM = 0.1;

typedef struct {
    size_t rows, c;
    const real *x, *add, *y, *dy, *scale, *shift; /* y = scale x + shift */
    const real *mean, *inverse;                   /* 1/sqrt(var + 1e-5) */
    real *to, *dadd;
    bool relu, fresh, fresh_add;
    const real *g_factor, *x_factor, *constant; /* dx = g_factor g + x_factor x + constant */
    double *sums;                               /* (pieces, 2, c) */
} BatchNorm;

typedef struct {
    bool relu, batch; /* batch: with this batch's statistics */
    real *mean, *inverse;
} Saved;

static int pieces(const BatchNorm *a) {
    return tape_dim((a->rows + ROWS - 1) / ROWS);
}
static size_t piece_rows(const BatchNorm *a, int item) {
    size_t left = a->rows - (size_t)item * ROWS;
    return left < ROWS ? left : ROWS;
}

/* Sum and sum of squares of (x - mean); mean: of the first row, so that squares do not cancel. */
static void moments_piece(void *ctx, int item, int worker) {
    const BatchNorm *a = ctx;
    (void)worker;
    double *sum = a->sums + 2 * a->c * (size_t)item, *squares = sum + a->c;
    memset(sum, 0, 2 * a->c * sizeof *sum);
    const real *x = a->x + (size_t)item * ROWS * a->c;
    for (size_t r = 0; r < piece_rows(a, item); r++, x += a->c)
        for (size_t j = 0; j < a->c; j++) {
            double d = (double)x[j] - (double)a->x[j];
            sum[j] += d;
            squares[j] += d * d;
        }
}

static void forward_piece(void *ctx, int item, int worker) {
    const BatchNorm *a = ctx;
    (void)worker;
    size_t from = (size_t)item * ROWS * a->c;
    for (size_t r = 0; r < piece_rows(a, item); r++)
        for (size_t j = 0; j < a->c; j++) {
            size_t at = from + r * a->c + j;
            real y = a->x[at] * a->scale[j] + a->shift[j];
            if (a->add) y += a->add[at];
            a->to[at] = a->relu && !(y > 0) ? 0 : y;
        }
}

static inline real masked(const BatchNorm *a, size_t at) {
    return a->relu && !(a->y[at] > 0) ? 0 : a->dy[at];
}

/* Sums of g and g xhat; dadd on the way. */
static void sums_piece(void *ctx, int item, int worker) {
    const BatchNorm *a = ctx;
    (void)worker;
    double *sum = a->sums + 2 * a->c * (size_t)item, *product = sum + a->c;
    memset(sum, 0, 2 * a->c * sizeof *sum);
    size_t from = (size_t)item * ROWS * a->c;
    for (size_t r = 0; r < piece_rows(a, item); r++)
        for (size_t j = 0; j < a->c; j++) {
            size_t at = from + r * a->c + j;
            real g = masked(a, at);
            sum[j] += (double)g;
            product[j] += (double)g * (double)((a->x[at] - a->mean[j]) * a->inverse[j]);
            if (a->dadd) a->dadd[at] = a->fresh_add ? g : a->dadd[at] + g;
        }
}

static void grad_x_piece(void *ctx, int item, int worker) {
    const BatchNorm *a = ctx;
    (void)worker;
    size_t from = (size_t)item * ROWS * a->c;
    for (size_t r = 0; r < piece_rows(a, item); r++)
        for (size_t j = 0; j < a->c; j++) {
            size_t at = from + r * a->c + j;
            real dx = a->g_factor[j] * masked(a, at) + a->x_factor[j] * a->x[at] + a->constant[j];
            a->to[at] = a->fresh ? dx : a->to[at] + dx;
        }
}

/* The pieces' sums in their order, into the first piece's place. */
static void add_pieces(const BatchNorm *a) {
    for (int i = 1; i < pieces(a); i++)
        for (size_t j = 0; j < 2 * a->c; j++) a->sums[j] += a->sums[2 * a->c * (size_t)i + j];
}

static void batchnorm_backward(Tape *t, const Node *node) {
    const Saved *saved = node->saved;
    Tensor *x = node->in[0], *gamma = node->in[1];
    size_t c = (size_t)tensor_last(x);
    BatchNorm a = {.rows = tensor_rows(x),
                   .c = c,
                   .x = x->data,
                   .y = node->out->data,
                   .dy = node->out->grad,
                   .mean = saved->mean,
                   .inverse = saved->inverse,
                   .relu = saved->relu};
    a.dadd = tape_grad_raw(t, node->in[3], &a.fresh_add); /* first: it is written first, also where add is x */
    a.to = tape_grad_raw(t, x, &a.fresh);
    real *dgamma = tape_grad(t, gamma), *dbeta = tape_grad(t, node->in[2]);
    ArenaMark mark = tape_mark(t);
    a.sums = arena_alloc(&t->arena, (size_t)pieces(&a) * 2 * c * sizeof(double));
    real *factors = arena_alloc(&t->arena, 3 * c * sizeof(real));
    pool_for(t->pool, pieces(&a), sums_piece, &a);
    add_pieces(&a);
    for (size_t j = 0; j < c; j++) {
        double sum = a.sums[j], product = a.sums[c + j], inverse = (double)saved->inverse[j];
        if (dbeta) dbeta[j] += (real)sum;
        if (dgamma) dgamma[j] += (real)product;
        double g_factor = (double)gamma->data[j] * inverse, n = saved->batch ? (double)a.rows : INFINITY;
        double x_factor = -g_factor * product / n * inverse;
        factors[j] = (real)g_factor;
        factors[c + j] = (real)x_factor;
        factors[2 * c + j] = (real)(-g_factor * sum / n - x_factor * (double)saved->mean[j]);
    }
    a.g_factor = factors, a.x_factor = factors + c, a.constant = factors + 2 * c;
    if (a.to) pool_for(t->pool, pieces(&a), grad_x_piece, &a);
    tape_release(t, mark);
}

/* Mean and 1/deviation of this batch; moves the running ones. */
static void batch_statistics(Tape *t, BatchNorm *a, Saved *saved, Tensor *running_mean, Tensor *running_var) {
    ArenaMark mark = tape_mark(t);
    a->sums = arena_alloc(&t->arena, (size_t)pieces(a) * 2 * a->c * sizeof(double));
    pool_for(t->pool, pieces(a), moments_piece, a);
    add_pieces(a);
    double n = (double)a->rows;
    for (size_t j = 0; j < a->c; j++) {
        double shift = a->sums[j] / n, var = a->sums[a->c + j] / n - shift * shift,
               mean = (double)a->x[j] + shift;
        if (var < 0) var = 0;
        saved->mean[j] = (real)mean;
        saved->inverse[j] = (real)(1 / sqrt(var + EPSILON));
        real *m = &running_mean->data[j], *v = &running_var->data[j];
        *m = (real)((1 - MOMENTUM) * (double)*m + MOMENTUM * mean);
        *v = (real)((1 - MOMENTUM) * (double)*v + MOMENTUM * var * (n > 1 ? n / (n - 1) : 1));
    }
    tape_release(t, mark);
}

Tensor *op_batchnorm(Tape *t, Tensor *x, Tensor *gamma, Tensor *beta, Tensor *running_mean,
                     Tensor *running_var, Tensor *add, bool relu) {
    char s[64], u[64];
    int c = tensor_last(x);
    NN_REQUIRE(gamma->rank == 1 && gamma->dim[0] == c && tensor_same_shape(gamma, beta) &&
                   tensor_same_shape(gamma, running_mean) && tensor_same_shape(gamma, running_var),
               "batchnorm: x %s, gamma %s", tensor_shape(x, s), tensor_shape(gamma, u));
    NN_REQUIRE(!add || tensor_same_shape(x, add), "batchnorm: x %s, add %s", tensor_shape(x, s),
               tensor_shape(add, u));
    Tensor *y = tape_like(t, x);
    Saved *saved = arena_alloc(&t->arena, sizeof *saved);
    real *values = arena_alloc(&t->arena, 4 * (size_t)c * sizeof(real));
    *saved = (Saved){relu, t->training, values, values + c};
    BatchNorm a = {.rows = tensor_rows(x),
                   .c = (size_t)c,
                   .x = x->data,
                   .add = add ? add->data : NULL,
                   .to = y->data,
                   .scale = values + 2 * c,
                   .shift = values + 3 * c,
                   .relu = relu};
    if (t->training)
        batch_statistics(t, &a, saved, running_mean, running_var);
    else
        for (int j = 0; j < c; j++) {
            saved->mean[j] = running_mean->data[j];
            saved->inverse[j] = (real)(1 / sqrt((double)running_var->data[j] + EPSILON));
        }
    for (int j = 0; j < c; j++) {
        values[2 * c + j] = gamma->data[j] * saved->inverse[j];
        values[3 * c + j] = beta->data[j] - saved->mean[j] * values[2 * c + j];
    }
    pool_for(t->pool, pieces(&a), forward_piece, &a);
    tape_record(t, "batchnorm", batchnorm_backward, y, 4, (Tensor *[]){x, gamma, beta, add}, saved);
    return y;
}
