/* Multi-head self-attention, per case i and head h over the first n_i tokens, e = d/heads:
 *     P = softmax(q k' / sqrt(e))      y = P v
 *     dv += P' dy      dP = dy v'      dS = P (dP - rowsum(dP P))
 *     dq += dS k / sqrt(e)             dk += dS' q / sqrt(e)
 * saved: the lengths and P (b,heads,n,n). Tokens at and beyond n_i are not read; their y and gradients are zero. */
#include <math.h>
#include <string.h>

#include "nn/base/error.h"
#include "nn/ops.h"

typedef struct {
    int b, n, d, heads, e;
    const int *length; /* (b) or NULL */
    const real *qkv, *dy;
    real *y, *dqkv, *weights;
    real *p; /* (b,heads,n,n) while recording, else (workers,n,n) */
    bool p_saved;
    real *scratch; /* backward: (workers,n) */
} Attention;

static int length_of(const Attention *a, int i) {
    return a->length ? a->length[i] : a->n;
}

static void softmax_rows(const Attention *a, const real *q, const real *k, int n, real *p) {
    real scale = 1 / (real)sqrt(a->e);
    size_t stride = 3 * (size_t)a->d;
    for (int i = 0; i < n; i++) {
        real *row = p + (size_t)i * (size_t)n, most = -INFINITY, sum = 0;
        for (int j = 0; j < n; j++) {
            real s = 0;
            for (int c = 0; c < a->e; c++)
                s += q[(size_t)i * stride + (size_t)c] * k[(size_t)j * stride + (size_t)c];
            row[j] = s * scale;
            if (row[j] > most) most = row[j];
        }
        for (int j = 0; j < n; j++) sum += row[j] = (real)exp(row[j] - most);
        for (int j = 0; j < n; j++) row[j] /= sum;
    }
}

static void forward_head(void *ctx, int item, int worker) {
    const Attention *a = ctx;
    int i = item / a->heads, h = item % a->heads, n = length_of(a, i);
    size_t stride = 3 * (size_t)a->d, d = (size_t)a->d, nn = (size_t)a->n;
    const real *q = a->qkv + (size_t)i * nn * stride + (size_t)(h * a->e), *k = q + d, *v = k + d;
    real *p = a->p + (size_t)(a->p_saved ? item : worker) * nn * nn;
    softmax_rows(a, q, k, n, p);
    for (int r = 0; r < a->n; r++) {
        real *y = a->y + ((size_t)i * nn + (size_t)r) * d + (size_t)(h * a->e);
        for (int c = 0; c < a->e; c++) y[c] = 0;
        for (int j = 0; r < n && j < n; j++)
            for (int c = 0; c < a->e; c++)
                y[c] += p[(size_t)r * (size_t)n + (size_t)j] * v[(size_t)j * stride + (size_t)c];
    }
    if (!a->weights) return;
    real *w = a->weights + (size_t)item * nn;
    for (int j = 0; j < a->n; j++) w[j] = j < n ? p[j] : 0;
}

static void backward_head(void *ctx, int item, int worker) {
    const Attention *a = ctx;
    int i = item / a->heads, h = item % a->heads, n = length_of(a, i);
    size_t stride = 3 * (size_t)a->d, d = (size_t)a->d, nn = (size_t)a->n;
    size_t from = (size_t)i * nn * stride + (size_t)(h * a->e);
    const real *q = a->qkv + from, *k = q + d, *v = k + d,
               *dy = a->dy + (size_t)i * nn * d + (size_t)(h * a->e);
    real *dq = a->dqkv + from, *dk = dq + d, *dv = dk + d, *ds = a->scratch + (size_t)worker * nn;
    real scale = 1 / (real)sqrt(a->e);
    for (int r = 0; r < n; r++) {
        const real *p = a->p + (size_t)item * nn * nn + (size_t)r * (size_t)n, *g = dy + (size_t)r * d;
        real sum = 0;
        for (int j = 0; j < n; j++) {
            real dp = 0;
            for (int c = 0; c < a->e; c++) {
                dp += g[c] * v[(size_t)j * stride + (size_t)c];
                dv[(size_t)j * stride + (size_t)c] += p[j] * g[c];
            }
            ds[j] = dp;
            sum += dp * p[j];
        }
        for (int j = 0; j < n; j++) {
            real s = p[j] * (ds[j] - sum) * scale;
            for (int c = 0; c < a->e; c++) {
                dq[(size_t)r * stride + (size_t)c] += s * k[(size_t)j * stride + (size_t)c];
                dk[(size_t)j * stride + (size_t)c] += s * q[(size_t)r * stride + (size_t)c];
            }
        }
    }
}

static void attention_backward(Tape *t, const Node *node) {
    Attention a = *(Attention *)node->saved;
    a.qkv = node->in[0]->data, a.dy = node->out->grad;
    a.dqkv = tape_grad(t, node->in[0]);
    if (!a.dqkv) return;
    ArenaMark mark = tape_mark(t);
    a.scratch = arena_alloc(&t->arena, (size_t)pool_threads(t->pool) * (size_t)a.n * sizeof(real));
    pool_for(t->pool, a.b * a.heads, backward_head, &a);
    tape_release(t, mark);
}

Tensor *op_attention(Tape *t, Tensor *qkv, int heads, const int *length, real *weights) {
    char s[64];
    NN_REQUIRE(qkv->rank == 3 && heads > 0 && qkv->dim[2] % (3 * heads) == 0,
               "attention: qkv %s with %d heads", tensor_shape(qkv, s), heads);
    int b = qkv->dim[0], n = qkv->dim[1], d = qkv->dim[2] / 3;
    for (int i = 0; length && i < b; i++)
        NN_REQUIRE(length[i] >= 0 && length[i] <= n, "attention: length %d of %d tokens", length[i], n);
    Tensor *y = tape_tensor3(t, b, n, d);
    Attention *a = arena_calloc(&t->arena, 1, sizeof *a);
    *a = (Attention){.b = b,
                     .n = n,
                     .d = d,
                     .heads = heads,
                     .e = d / heads,
                     .qkv = qkv->data,
                     .y = y->data,
                     .weights = weights,
                     .p_saved = tape_needs(t, 1, &qkv)};
    if (length) {
        int *copy = arena_alloc(&t->arena, (size_t)b * sizeof *copy);
        memcpy(copy, length, (size_t)b * sizeof *copy);
        a->length = copy;
    }
    size_t squares = (size_t)(a->p_saved ? b * heads : pool_threads(t->pool));
    ArenaMark mark = tape_mark(t);
    a->p = arena_alloc(&t->arena, squares * (size_t)n * (size_t)n * sizeof(real));
    pool_for(t->pool, b * heads, forward_head, a);
    if (!a->p_saved) tape_release(t, mark);
    tape_record(t, "attention", attention_backward, y, 1, &qkv, a);
    return y;
}
