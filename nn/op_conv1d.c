/* y[i,s,:] = relu( b + sum over tap and c of x[i, s + tap - k/2, c] w[:, c, tap] ), x zero beyond the length
 *     g = dy [y > 0]      db += sum g
 *     dw[o,c,tap] += sum over i, s of g[i,s,o] x[i, s + tap - k/2, c]
 *     dx[i,s,c]   += sum over o and tap of g[i, s - tap + k/2, o] w[o,c,tap]
 * One product: row s of x between k/2 rows of zeros, seen k rows at once, is a row of k d values. A case is a piece
 * of work; sums over cases go over chunks of cases, added in their order.        saved: shape, lengths */
#include <string.h>

#include "nn/base/error.h"
#include "nn/fast/gemm.h"
#include "nn/ops.h"
#include "nn/plain.h"

enum { CHUNKS = 8 };

void conv1d_plain(int n, int d, int out, int k, const real *x, const real *w, const real *b, real *y) {
    for (int s = 0; s < n; s++)
        for (int o = 0; o < out; o++) {
            real sum = b[o];
            for (int tap = 0; tap < k; tap++)
                for (int c = 0, from = s + tap - k / 2; c < d && from >= 0 && from < n; c++)
                    sum += x[from * d + c] * w[(o * d + c) * k + tap];
            y[s * out + o] = sum < 0 ? 0 : sum;
        }
}

typedef struct {
    int b, n, d, out, k;
    const int *length; /* (b) or NULL */
    const real *x, *bias, *y, *dy;
    real *to, *dx;
    const real *panels, *turned; /* of w as (k d, out); of w turned round as (k out, d) */
    bool fresh;
    int chunk;
    real *partial; /* (chunks, k d out + out): dw as (k d, out), and db, of each chunk */
    real *scratch; /* per worker: x and g with zeros around, g in panels */
} Conv1d;

static int length_of(const Conv1d *a, int i) {
    return a->length ? a->length[i] : a->n;
}
static size_t padded_size(const Conv1d *a, int width) {
    return (size_t)(a->n + a->k - 1) * (size_t)width;
}
static size_t partial_size(const Conv1d *a) {
    return (size_t)(a->k * a->d + 1) * (size_t)a->out;
}
static size_t scratch_size(const Conv1d *a) {
    return padded_size(a, a->d) + padded_size(a, a->out) + gemm_scratch(a->out, a->n);
}

/* Zeros before and after n rows of `width` that the caller writes at the returned place. */
static real *pad(const Conv1d *a, real *to, int n, int width) {
    size_t edge = (size_t)(a->k / 2 * width), rows = (size_t)(n * width);
    memset(to, 0, edge * sizeof(real));
    memset(to + edge + rows, 0, edge * sizeof(real));
    return to + edge;
}

static void pad_x(const Conv1d *a, int i, real *to) {
    int n = length_of(a, i);
    memcpy(pad(a, to, n, a->d), a->x + (size_t)i * (size_t)(a->n * a->d), (size_t)(n * a->d) * sizeof(real));
}

static void forward_case(void *ctx, int i, int worker) {
    const Conv1d *a = ctx;
    real *x = a->scratch + (size_t)worker * scratch_size(a), *y = a->to + (size_t)i * (size_t)(a->n * a->out);
    int n = length_of(a, i);
    pad_x(a, i, x);
    gemm_packed(n, a->out, a->k * a->d, x, a->d, a->panels, (Epilogue){.bias = a->bias, .relu = true}, y,
                a->out);
    memset(y + n * a->out, 0, (size_t)((a->n - n) * a->out) * sizeof(real));
}

/* dx of one case, from g between zeros. */
static void grad_x(const Conv1d *a, int i, int n, const real *g) {
    real *dx = a->dx + (size_t)i * (size_t)(a->n * a->d);
    gemm_packed(n, a->d, a->k * a->out, g, a->out, a->turned, (Epilogue){.add = a->fresh ? NULL : dx}, dx,
                a->d);
    if (a->fresh) memset(dx + n * a->d, 0, (size_t)((a->n - n) * a->d) * sizeof(real));
}

static void backward_case(const Conv1d *a, int i, real *dw, real *scratch) {
    int n = length_of(a, i);
    if (n == 0 && !a->fresh) return;
    size_t at = (size_t)i * (size_t)(a->n * a->out), out = (size_t)a->out;
    real *x = scratch, *padded = x + padded_size(a, a->d), *panels = padded + padded_size(a, a->out);
    real *g = pad(a, padded, n, a->out), *db = dw + (size_t)(a->k * a->d) * out;
    for (size_t k = 0; k < (size_t)n * out; k++) g[k] = a->y[at + k] > 0 ? a->dy[at + k] : 0;
    for (size_t s = 0; s < (size_t)n; s++)
        for (size_t o = 0; o < out; o++) db[o] += g[s * out + o];
    pad_x(a, i, x);
    panels_pack(false, a->out, n, g, a->out, panels);
    gemm(true, false, a->k * a->d, a->out, n, x, a->d, panels, 0, 1, dw, a->out, NULL);
    if (a->dx) grad_x(a, i, n, padded);
}

static void backward_chunk(void *ctx, int item, int worker) {
    const Conv1d *a = ctx;
    real *dw = a->partial + (size_t)item * partial_size(a);
    memset(dw, 0, partial_size(a) * sizeof(real));
    for (int i = item * a->chunk; i < a->b && i < (item + 1) * a->chunk; i++)
        backward_case(a, i, dw, a->scratch + (size_t)worker * scratch_size(a));
}

/* w (out,d,k) into to (k d, out), or turned round into (k out, d). */
static void arrange(const Conv1d *a, const real *w, bool turned, real *to) {
    for (int o = 0; o < a->out; o++)
        for (int c = 0; c < a->d; c++)
            for (int tap = 0; tap < a->k; tap++) {
                size_t at = turned ? (size_t)(((a->k - 1 - tap) * a->out + o) * a->d + c)
                                   : (size_t)((tap * a->d + c) * a->out + o);
                to[at] = w[(o * a->d + c) * a->k + tap];
            }
}

static real *arranged_panels(Tape *t, const Conv1d *a, const real *w, bool turned) {
    int rows = a->k * (turned ? a->out : a->d), columns = turned ? a->d : a->out;
    bool ready = false;
    size_t size = gemm_scratch(columns, rows);
    real *panels = turned ? arena_alloc(&t->arena, size * sizeof(real)) : tape_made(t, w, size, &ready);
    if (ready) return panels;
    real *matrix = arena_alloc(&t->arena, (size_t)rows * (size_t)columns * sizeof(real));
    arrange(a, w, turned, matrix);
    panels_pack(false, columns, rows, matrix, columns, panels);
    return panels;
}

static void add_partials(const Conv1d *a, int chunks, real *dw, real *db) {
    for (int chunk = 0; chunk < chunks; chunk++) {
        const real *part = a->partial + (size_t)chunk * partial_size(a);
        for (int o = 0; dw && o < a->out; o++)
            for (int c = 0; c < a->d; c++)
                for (int tap = 0; tap < a->k; tap++)
                    dw[(o * a->d + c) * a->k + tap] += part[(tap * a->d + c) * a->out + o];
        for (int o = 0; db && o < a->out; o++) db[o] += part[a->k * a->d * a->out + o];
    }
}

static void conv1d_backward(Tape *t, const Node *node) {
    Conv1d a = *(Conv1d *)node->saved;
    a.y = node->out->data, a.dy = node->out->grad;
    a.dx = tape_grad_raw(t, node->in[0], &a.fresh);
    real *dw = tape_grad(t, node->in[1]), *db = tape_grad(t, node->in[2]);
    ArenaMark mark = tape_mark(t);
    a.chunk = (a.b + CHUNKS - 1) / CHUNKS;
    int chunks = (a.b + a.chunk - 1) / a.chunk;
    a.partial = arena_alloc(&t->arena, (size_t)chunks * partial_size(&a) * sizeof(real));
    a.scratch = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * scratch_size(&a) * sizeof(real));
    if (a.dx) a.turned = arranged_panels(t, &a, node->in[1]->data, true);
    pool_for(t->pool, chunks, backward_chunk, &a);
    add_partials(&a, chunks, dw, db);
    tape_release(t, mark);
}

static void forward(Tape *t, Conv1d *a, const real *w, const real *b) {
    ArenaMark mark = tape_mark(t);
    real *bias = arena_calloc(&t->arena, (size_t)panels_of(a->out) * PANEL, sizeof(real));
    memcpy(bias, b, (size_t)a->out * sizeof(real));
    a->bias = bias;
    a->panels = arranged_panels(t, a, w, false);
    a->scratch = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * scratch_size(a) * sizeof(real));
    pool_for(t->pool, a->b, forward_case, a);
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
                  .to = y->data};
    if (length) {
        int *copy = arena_alloc(&t->arena, (size_t)a->b * sizeof *copy);
        memcpy(copy, length, (size_t)a->b * sizeof *copy);
        a->length = copy;
        for (int i = 0; i < a->b; i++)
            NN_REQUIRE(copy[i] >= 0 && copy[i] <= a->n, "conv1d: length %d of %d tokens", copy[i], a->n);
    }
    forward(t, a, w->data, b->data);
    tape_record(t, "conv1d", conv1d_backward, y, 3, (Tensor *[]){x, w, b}, a);
    return y;
}
