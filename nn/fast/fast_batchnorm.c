/* op_batchnorm. Sums are float within a block of a few rows, double over the blocks of a piece and over the pieces in order. g
 * overwrites dy, whose buffer then becomes dadd or dx where those are still empty. */
#include <math.h>
#include <string.h>

#include "nn/fast/fast_ops.h"
#include "nn/fast/kernels.h"
#include "nn/tape_reuse.h"

enum {
    PIECE_REALS = 1 << 16, /* of a work item */
    BLOCK_REALS = 1 << 11  /* of a sum in float, in first-level cache */
};

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

void fast_batchnorm_moments(Tape *t, const Tensor *x, double *mean, double *var) {
    BatchNorm a = {.rows = tensor_rows(x), .c = (size_t)tensor_last(x), .x = x->data};
    ArenaMark mark = tape_mark(t);
    run_sums(t, &a, moments_piece);
    for (size_t j = 0; j < a.c; j++) {
        double n = (double)a.rows, shift = a.sums[j] / n;
        mean[j] = (double)a.x[j] + shift;
        var[j] = a.sums[a.c + j] / n - shift * shift;
        if (var[j] < 0) var[j] = 0; /* rounding, where all rows are equal */
    }
    tape_release(t, mark);
}

void fast_batchnorm(Tape *t, const Tensor *x, const Tensor *gamma, const Tensor *beta, const Tensor *add,
                    const BatchNormSaved *saved, Tensor *y) {
    BatchNorm a = {.rows = tensor_rows(x),
                   .c = (size_t)tensor_last(x),
                   .x = x->data,
                   .add = add ? add->data : NULL,
                   .to = y->data,
                   .relu = saved->relu};
    ArenaMark mark = tape_mark(t);
    real *scale = arena_alloc(&t->arena, 2 * a.c * sizeof(real)), *shift = scale + a.c;
    for (size_t j = 0; j < a.c; j++) {
        scale[j] = gamma->data[j] * saved->inverse[j];
        shift[j] = beta->data[j] - saved->mean[j] * scale[j];
    }
    a.scale = scale, a.shift = shift;
    pool_for(t->pool, pieces(&a), forward_piece, &a);
    tape_release(t, mark);
}

/* dgamma, dbeta, and dx as a linear function of g and x. */
static void gradient_factors(const BatchNorm *a, const BatchNormSaved *saved, const real *gamma, real *dgamma,
                             real *dbeta, real *factors) {
    double n = saved->batch ? (double)a->rows : INFINITY; /* running statistics do not depend on x */
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

void fast_batchnorm_backward(Tape *t, const Node *node) {
    const BatchNormSaved *saved = node->saved;
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
    /* g is also dadd. Its buffer is passed on to add, or else to x, where that gradient is still empty. */
    if (!tape_grad_pass(t, node, add) && tape_grad_pass(t, node, x))
        a.to = a.g, a.fresh = true;
    else
        a.to = tape_grad_raw(t, x, &a.fresh);
    ArenaMark mark = tape_mark(t);
    real *factors = arena_alloc(&t->arena, 3 * c * sizeof(real));
    run_sums(t, &a, sums_piece);
    gradient_factors(&a, saved, gamma->data, dgamma, dbeta, factors);
    a.g_factor = factors, a.x_factor = factors + c, a.constant = factors + 2 * c;
    if (a.to) pool_for(t->pool, pieces(&a), grad_x_piece, &a);
    tape_release(t, mark);
}
