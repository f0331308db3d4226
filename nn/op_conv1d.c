/* y[i,s,:] = relu( b + sum over tap and c of x[i, s + tap - k/2, c] w[:, c, tap] ), x zero outside its case's length
 *     g = dy [y > 0]      db += sum g
 *     dw[o,c,tap] += sum over i, s of g[i,s,o] x[i, s + tap - k/2, c]
 *     dx[i,s,c]   += sum over o and tap of g[i, s - tap + k/2, o] w[o,c,tap] */
#include <string.h>

#include "nn/base/error.h"
#include "nn/ops.h"

typedef struct {
    int b, n, d, out, k;
    const int *length;
    const real *x, *w, *bias;
    real *y, *g, *dx, *dw;
} Conv1d;

static int length_of(const Conv1d *a, int i) {
    return a->length ? a->length[i] : a->n;
}

static void forward_case(void *ctx, int i, int worker) {
    const Conv1d *a = ctx;
    (void)worker;
    int n = length_of(a, i);
    for (int s = 0; s < a->n; s++)
        for (int o = 0; o < a->out; o++) {
            real sum = a->bias[o];
            for (int tap = 0; tap < a->k; tap++) {
                int from = s + tap - a->k / 2;
                if (from < 0 || from >= n) continue;
                for (int c = 0; c < a->d; c++)
                    sum += a->x[((size_t)i * (size_t)a->n + (size_t)from) * (size_t)a->d + (size_t)c] *
                           a->w[((size_t)o * (size_t)a->d + (size_t)c) * (size_t)a->k + (size_t)tap];
            }
            real y = sum > 0 ? sum : 0;
            a->y[((size_t)i * (size_t)a->n + (size_t)s) * (size_t)a->out + (size_t)o] = s < n ? y : 0;
        }
}

static void grad_x_case(void *ctx, int i, int worker) {
    const Conv1d *a = ctx;
    (void)worker;
    int n = length_of(a, i);
    for (int s = 0; s < n; s++)
        for (int tap = 0; tap < a->k; tap++) {
            int to = s - tap + a->k / 2;
            if (to < 0 || to >= n) continue;
            for (int o = 0; o < a->out; o++) {
                real g = a->g[((size_t)i * (size_t)a->n + (size_t)to) * (size_t)a->out + (size_t)o];
                for (int c = 0; c < a->d; c++)
                    a->dx[((size_t)i * (size_t)a->n + (size_t)s) * (size_t)a->d + (size_t)c] +=
                        g * a->w[((size_t)o * (size_t)a->d + (size_t)c) * (size_t)a->k + (size_t)tap];
            }
        }
}

static void grad_w_channel(void *ctx, int o, int worker) {
    const Conv1d *a = ctx;
    (void)worker;
    for (int i = 0; i < a->b; i++)
        for (int s = 0; s < length_of(a, i); s++) {
            real g = a->g[((size_t)i * (size_t)a->n + (size_t)s) * (size_t)a->out + (size_t)o];
            for (int tap = 0; tap < a->k; tap++) {
                int from = s + tap - a->k / 2;
                if (from < 0 || from >= length_of(a, i)) continue;
                for (int c = 0; c < a->d; c++)
                    a->dw[((size_t)o * (size_t)a->d + (size_t)c) * (size_t)a->k + (size_t)tap] +=
                        g * a->x[((size_t)i * (size_t)a->n + (size_t)from) * (size_t)a->d + (size_t)c];
            }
        }
}

static void conv1d_backward(Tape *t, const Node *node) {
    Conv1d a = *(Conv1d *)node->saved;
    real *db = tape_grad(t, node->in[2]);
    a.dx = tape_grad(t, node->in[0]), a.dw = tape_grad(t, node->in[1]);
    ArenaMark mark = tape_mark(t);
    size_t rows = tensor_rows(node->out), out = (size_t)a.out;
    a.g = arena_calloc(&t->arena, rows * out, sizeof(real));
    for (size_t r = 0; r < rows; r++) {
        if ((int)(r % (size_t)a.n) >= length_of(&a, (int)(r / (size_t)a.n))) continue;
        for (size_t o = 0; o < out; o++) {
            if (node->out->data[r * out + o] > 0) a.g[r * out + o] = node->out->grad[r * out + o];
            if (db) db[o] += a.g[r * out + o];
        }
    }
    if (a.dx) pool_for(t->pool, a.b, grad_x_case, &a);
    if (a.dw) pool_for(t->pool, a.out, grad_w_channel, &a);
    tape_release(t, mark);
}

Tensor *op_conv1d(Tape *t, Tensor *x, Tensor *w, Tensor *b, const int *length) {
    char s[64], u[64];
    NN_REQUIRE(x->rank == 3 && w->rank == 3 && w->dim[1] == x->dim[2] && w->dim[2] % 2 == 1,
               "conv1d: x %s, w %s", tensor_shape(x, s), tensor_shape(w, u));
    NN_REQUIRE(b->rank == 1 && b->dim[0] == w->dim[0], "conv1d: w %s, b %s", tensor_shape(w, s),
               tensor_shape(b, u));
    Tensor *y = tape_tensor3(t, x->dim[0], x->dim[1], w->dim[0]);
    Conv1d *a = arena_calloc(&t->arena, 1, sizeof *a);
    *a = (Conv1d){.b = x->dim[0],
                  .n = x->dim[1],
                  .d = x->dim[2],
                  .out = w->dim[0],
                  .k = w->dim[2],
                  .x = x->data,
                  .w = w->data,
                  .bias = b->data,
                  .y = y->data};
    if (length) {
        for (int i = 0; i < a->b; i++)
            NN_REQUIRE(length[i] >= 0 && length[i] <= a->n, "conv1d: length %d of %d tokens", length[i], a->n);
        int *copy = arena_alloc(&t->arena, (size_t)a->b * sizeof *copy);
        memcpy(copy, length, (size_t)a->b * sizeof *copy);
        a->length = copy;
    }
    pool_for(t->pool, a->b, forward_case, a);
    tape_record(t, "conv1d", conv1d_backward, y, 3, (Tensor *[]){x, w, b}, a);
    return y;
}
