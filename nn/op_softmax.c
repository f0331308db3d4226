/* Softmax over the last dimension.
 *     y[r,j] = exp(x[r,j] - max_r) / sum_k exp(x[r,k] - max_r)
 *     gx[r,j] += y[r,j] (gy[r,j] - sum_k gy[r,k] y[r,k])
 * Subtracting the row's maximum keeps exp finite. Saved: nothing, the output is enough. */
#include "nn/ops.h"
#include "nn/vmath.h"

enum { PIECE = 1 << 14 }; /* elements a work item takes, about */

typedef struct {
    const real *x, *y, *gy;
    real *out; /* y forward, gx backward */
    size_t rows, rows_a_piece;
    int d;
} Work;

static void backward_row(const real *y, const real *gy, real *gx, int d) {
    double dot = 0;
    for (int j = 0; j < d; j++) dot += (double)gy[j] * (double)y[j];
    for (int j = 0; j < d; j++) gx[j] += y[j] * (gy[j] - (real)dot);
}

static void forward_row(const real *x, real *y, int d) {
    real max = x[0];
    for (int j = 1; j < d; j++)
        if (x[j] > max) max = x[j];
    double sum = 0;
    for (int j = 0; j < d; j++) y[j] = x[j] - max;
    vmath_exp((size_t)d, y, y);
    for (int j = 0; j < d; j++) sum += (double)y[j];
    real factor = (real)(1 / sum);
    for (int j = 0; j < d; j++) y[j] *= factor;
}

static void rows_piece(void *ctx, int item, int worker) {
    (void)worker;
    const Work *w = ctx;
    size_t from = (size_t)item * w->rows_a_piece, to = from + w->rows_a_piece, d = (size_t)w->d;
    if (to > w->rows) to = w->rows;
    for (size_t r = from; r < to; r++) {
        if (w->gy)
            backward_row(w->y + r * d, w->gy + r * d, w->out + r * d, w->d);
        else
            forward_row(w->x + r * d, w->out + r * d, w->d);
    }
}

static void run(Tape *t, const Tensor *shape, Work w) {
    w.rows = tensor_rows(shape);
    w.d = tensor_last(shape);
    w.rows_a_piece = (size_t)(w.d < PIECE ? PIECE / w.d : 1);
    pool_for(t->pool, tape_dim((w.rows + w.rows_a_piece - 1) / w.rows_a_piece), rows_piece, &w);
}

static void softmax_backward(Tape *t, const Node *node) {
    const Tensor *y = node->out;
    run(t, y, (Work){.y = y->data, .gy = y->grad, .out = tape_grad(t, node->in[0])});
}

Tensor *op_softmax(Tape *t, Tensor *x) {
    Tensor *y = tape_like(t, x);
    run(t, x, (Work){.x = x->data, .out = y->data});
    tape_record(t, "softmax", softmax_backward, y, 1, (Tensor *[]){x}, NULL);
    return y;
}
