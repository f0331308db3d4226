/* y = x W' + b      x (rows,in)  w (out,in)  b (out)  y (rows,out)
 * dx += dy W        dW += dy' x              db += sum of dy over the rows */
#include <string.h>

#include "nn/base/error.h"
#include "nn/gemm.h"
#include "nn/ops.h"

enum { ROWS = 64 };

typedef struct {
    int rows, in, out;
    const real *x, *w, *b, *dy;
    real *to;
} Linear;

static int row_pieces(const Linear *l) {
    return (l->rows + ROWS - 1) / ROWS;
}
static int rows_of(const Linear *l, int item) {
    return l->rows - item * ROWS < ROWS ? l->rows - item * ROWS : ROWS;
}

static void forward_piece(void *ctx, int item, int worker) {
    const Linear *l = ctx;
    (void)worker;
    size_t from = (size_t)item * ROWS;
    real *y = l->to + from * (size_t)l->out;
    int rows = rows_of(l, item);
    gemm_plain(false, true, rows, l->out, l->in, l->x + from * (size_t)l->in, l->in, l->w, l->in, 0, y,
               l->out);
    for (int i = 0; l->b && i < rows; i++)
        for (int j = 0; j < l->out; j++) y[(size_t)i * (size_t)l->out + (size_t)j] += l->b[j];
}

static void grad_x_piece(void *ctx, int item, int worker) {
    const Linear *l = ctx;
    (void)worker;
    size_t from = (size_t)item * ROWS;
    gemm_plain(false, false, rows_of(l, item), l->in, l->out, l->dy + from * (size_t)l->out, l->out, l->w,
               l->in, 1, l->to + from * (size_t)l->in, l->in);
}

static void grad_w_piece(void *ctx, int item, int worker) {
    const Linear *l = ctx;
    (void)worker;
    gemm_plain(true, false, 1, l->in, l->rows, l->dy + item, l->out, l->x, l->in, 1,
               l->to + (size_t)item * (size_t)l->in, l->in);
}

static void backward_of(Tape *t, const Node *node, Tensor *x, Tensor *w, Tensor *b) {
    int rows = tape_dim(tensor_rows(x)), in = tensor_last(x), out = w->dim[0];
    Linear l = {rows, in, out, x->data, w->data, NULL, node->out->grad, NULL};
    if ((l.to = tape_grad(t, x))) pool_for(t->pool, row_pieces(&l), grad_x_piece, &l);
    if ((l.to = tape_grad(t, w))) pool_for(t->pool, out, grad_w_piece, &l);
    real *db = tape_grad(t, b);
    for (size_t i = 0; db && i < (size_t)rows; i++)
        for (size_t j = 0; j < (size_t)out; j++) db[j] += l.dy[i * (size_t)out + j];
}

static void linear_backward(Tape *t, const Node *node) {
    backward_of(t, node, node->in[0], node->in[1], node->n_in > 2 ? node->in[2] : NULL);
}

static void forward_of(Tape *t, Tensor *x, Tensor *w, Tensor *b, Tensor *y) {
    Linear l = {tape_dim(tensor_rows(x)), tensor_last(x), w->dim[0], x->data, w->data,
                b ? b->data : NULL,       NULL,           y->data};
    pool_for(t->pool, row_pieces(&l), forward_piece, &l);
}

Tensor *op_linear(Tape *t, Tensor *x, Tensor *w, Tensor *b) {
    char s[64], u[64];
    NN_REQUIRE(w->rank == 2 && tensor_last(x) == w->dim[1], "linear: x %s, w %s", tensor_shape(x, s),
               tensor_shape(w, u));
    NN_REQUIRE(!b || (b->rank == 1 && b->dim[0] == w->dim[0]), "linear: w %s, b %s", tensor_shape(w, s),
               tensor_shape(b, u));
    int dim[TENSOR_RANK];
    memcpy(dim, x->dim, sizeof dim);
    dim[x->rank - 1] = w->dim[0];
    Tensor *y = tape_tensor(t, x->rank, dim);
    forward_of(t, x, w, b, y);
    tape_record(t, "linear", linear_backward, y, 3, (Tensor *[]){x, w, b}, NULL);
    return y;
}

Tensor *op_matmul_nt(Tape *t, Tensor *a, Tensor *b) {
    char s[64], u[64];
    NN_REQUIRE(a->rank == 2 && b->rank == 2 && a->dim[1] == b->dim[1], "matmul_nt: %s and %s",
               tensor_shape(a, s), tensor_shape(b, u));
    Tensor *c = tape_tensor2(t, a->dim[0], b->dim[0]);
    forward_of(t, a, b, NULL, c);
    tape_record(t, "matmul_nt", linear_backward, c, 2, (Tensor *[]){a, b}, NULL);
    return c;
}
