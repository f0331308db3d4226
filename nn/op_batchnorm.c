/* EQ(batchnorm)  y = relu?( gamma xhat + beta + add? ), xhat = (x - mean)/sqrt(var + 1e-5) per channel, over all rows (b h w)
 *     g = dy [y > 0] with relu, else dy        dadd += g        dbeta += sum g        dgamma += sum g xhat
 *     training:  dx += gamma/sqrt(var + 1e-5) (g - mean(g) - xhat mean(g xhat))
 *     otherwise: dx += gamma/sqrt(var + 1e-5) g
 * Sums go in float over blocks of a few rows, in double over the blocks of a piece and over the pieces in order.
 * saved: mean and 1/sqrt(var + 1e-5) per channel; xhat is computed again from x, the mask is y. g takes the place
 * of dy, which then serves as dadd or dx where nobody has added to those yet. */
#include <math.h>
#include <string.h>

#include "nn/base/error.h"
#include "nn/fast/kernels.h"
#include "nn/ops.h"
#include "nn/plain.h"

enum {
    PIECE_REALS = 1 << 16,
    BLOCK_REALS = 1 << 11
}; /* of a work item; of a sum in float, in first-level cache */
static const double EPSILON = 1e-5, MOMENTUM = 0.1;

typedef struct {
    size_t rows, c;
    const real *x, *add, *y;
    const real *scale, *shift;                  /* y = scale x + shift */
    const real *mean, *inverse;                 /* inverse: 1/sqrt(var + 1e-5) */
    real *to, *g, *more;                        /* more: dadd where it is added to */
    const real *g_factor, *x_factor, *constant; /* dx = g_factor g + x_factor x + constant */
    bool relu, fresh;
    double *sums; /* (pieces, 2, c) */
    real *part;   /* (workers, 2, c) */
} BatchNorm;

typedef struct {
    bool relu, batch; /* batch: with this batch's statistics */
    real *mean, *inverse;
} Saved;

/* ---- Plain ---- */

void batchnorm_plain(size_t rows, size_t c, const real *x, const real *add, const real *gamma,
                     const real *beta, const real *mean, const real *var, bool relu, real *y) {
    for (size_t i = 0; i < rows * c; i++) {
        size_t j = i % c;
        double value = ((double)x[i] - (double)mean[j]) / sqrt((double)var[j] + EPSILON);
        value = (double)gamma[j] * value + (double)beta[j] + (add ? (double)add[i] : 0);
        y[i] = (real)(relu && value < 0 ? 0 : value);
    }
}

/* ---- Pieces ---- */

static size_t rows_of(size_t reals, size_t c) {
    return reals > c ? reals / c : 1;
}
static int pieces(const BatchNorm *a) {
    size_t rows = rows_of(PIECE_REALS, a->c);
    return tape_dim((a->rows + rows - 1) / rows);
}

/* The next block at row *r of piece `item`; false at its end. */
static bool next_block(const BatchNorm *a, int item, size_t *r, Rows *block) {
    size_t piece = rows_of(PIECE_REALS, a->c), end = ((size_t)item + 1) * piece,
           step = rows_of(BLOCK_REALS, a->c);
    if (end > a->rows) end = a->rows;
    *r = block->c ? *r + block->rows : (size_t)item * piece;
    *block = (Rows){end - *r < step ? end - *r : step, a->c};
    return *r < end;
}

static double *piece_sums(const BatchNorm *a, int item) {
    double *sums = a->sums + 2 * a->c * (size_t)item;
    memset(sums, 0, 2 * a->c * sizeof *sums);
    return sums;
}

/* Sum and sum of squares of x less the first row, so that squares do not cancel. */
static void moments_piece(void *ctx, int item, int worker) {
    const BatchNorm *a = ctx;
    double *sums = piece_sums(a, item);
    real *part = a->part + 2 * a->c * (size_t)worker;
    Rows block = {0};
    for (size_t r = 0; next_block(a, item, &r, &block);) {
        kernels()->moments(&block, a->x + r * a->c, a->x, part, part + a->c);
        for (size_t j = 0; j < 2 * a->c; j++) sums[j] += (double)part[j];
    }
}

static void forward_piece(void *ctx, int item, int worker) {
    const BatchNorm *a = ctx;
    (void)worker;
    Rows block = {0};
    for (size_t r = 0; next_block(a, item, &r, &block);) {
        size_t at = r * a->c;
        kernels()->normalise(&block, a->x + at, a->add ? a->add + at : NULL, a->scale, a->shift, a->relu,
                             a->to + at);
    }
}

/* g in dy's place, and its sums. */
static void sums_piece(void *ctx, int item, int worker) {
    const BatchNorm *a = ctx;
    double *sums = piece_sums(a, item);
    real *part = a->part + 2 * a->c * (size_t)worker;
    Rows block = {0};
    for (size_t r = 0; next_block(a, item, &r, &block);) {
        size_t at = r * a->c;
        kernels()->normalise_sums(&block, a->x + at, a->relu ? a->y + at : NULL, a->mean, a->inverse,
                                  a->g + at, a->more ? a->more + at : NULL, part, part + a->c);
        for (size_t j = 0; j < 2 * a->c; j++) sums[j] += (double)part[j];
    }
}

static void grad_x_piece(void *ctx, int item, int worker) {
    const BatchNorm *a = ctx;
    (void)worker;
    Rows block = {0};
    for (size_t r = 0; next_block(a, item, &r, &block);) {
        size_t at = r * a->c;
        kernels()->normalise_gradient(&block, a->x + at, a->g + at, a->g_factor, a->x_factor, a->constant,
                                      a->to + at, a->fresh);
    }
}

/* Runs fn over the pieces and adds their sums, in their order, into sums[0 .. 2c). */
static void run_sums(Tape *t, BatchNorm *a, PoolFn *fn) {
    a->sums = arena_alloc(&t->arena, (size_t)pieces(a) * 2 * a->c * sizeof(double));
    a->part = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * 2 * a->c * sizeof(real));
    pool_for(t->pool, pieces(a), fn, a);
    for (int i = 1; i < pieces(a); i++)
        for (size_t j = 0; j < 2 * a->c; j++) a->sums[j] += a->sums[2 * a->c * (size_t)i + j];
}

/* ---- Backward ---- */

/* dgamma, dbeta, and dx as a linear function of g and x. */
static void gradient_factors(const BatchNorm *a, const Saved *saved, const real *gamma, real *dgamma,
                             real *dbeta, real *factors) {
    double n = saved->batch ? (double)a->rows : INFINITY; /* running statistics do not move with x */
    for (size_t j = 0; j < a->c; j++) {
        double sum = a->sums[j], product = a->sums[a->c + j], inverse = (double)saved->inverse[j];
        if (dbeta) dbeta[j] += (real)sum;
        if (dgamma) dgamma[j] += (real)product;
        double g_factor = (double)gamma[j] * inverse, x_factor = -g_factor * product / n * inverse;
        factors[j] = (real)g_factor;
        factors[a->c + j] = (real)x_factor;
        factors[2 * a->c + j] = (real)(-g_factor * sum / n - x_factor * (double)saved->mean[j]);
    }
}

/* g is dadd too: hands its buffer on where that is all there is, and tells where dx goes. */
static void place_gradients(Tape *t, const Node *node, BatchNorm *a) {
    Tensor *x = node->in[0], *add = node->in[3];
    bool passed = tape_grad_pass(t, node, add);
    if (!passed && tape_grad_pass(t, node, x)) {
        a->to = a->g;
        a->fresh = true;
    } else
        a->to = tape_grad_raw(t, x, &a->fresh);
}

static void batchnorm_backward(Tape *t, const Node *node) {
    const Saved *saved = node->saved;
    Tensor *x = node->in[0], *gamma = node->in[1], *add = node->in[3];
    size_t c = (size_t)tensor_last(x);
    BatchNorm a = {.rows = tensor_rows(x),
                   .c = c,
                   .x = x->data,
                   .y = node->out->data,
                   .g = node->out->grad,
                   .mean = saved->mean,
                   .inverse = saved->inverse,
                   .relu = saved->relu};
    if (add && add->needs_grad && add->grad) a.more = add->grad;
    real *dgamma = tape_grad(t, gamma), *dbeta = tape_grad(t, node->in[2]);
    place_gradients(t, node, &a);
    ArenaMark mark = tape_mark(t);
    real *factors = arena_alloc(&t->arena, 3 * c * sizeof(real));
    run_sums(t, &a, sums_piece);
    gradient_factors(&a, saved, gamma->data, dgamma, dbeta, factors);
    a.g_factor = factors, a.x_factor = factors + c, a.constant = factors + 2 * c;
    if (a.to) pool_for(t->pool, pieces(&a), grad_x_piece, &a);
    tape_release(t, mark);
}

/* ---- Forward ---- */

/* Mean and 1/deviation of this batch; moves the running ones. */
static void batch_statistics(Tape *t, BatchNorm *a, Saved *saved, Tensor *running_mean, Tensor *running_var) {
    ArenaMark mark = tape_mark(t);
    run_sums(t, a, moments_piece);
    double n = (double)a->rows;
    for (size_t j = 0; j < a->c; j++) {
        double shift = a->sums[j] / n, var = a->sums[a->c + j] / n - shift * shift,
               mean = (double)a->x[j] + shift;
        if (var < 0) var = 0; /* rounding, where all rows are equal */
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
