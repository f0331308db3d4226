/* EQ(attention)  Multi-head self-attention, per case i and head h over the first n_i tokens, e = d/heads:
 *     P = softmax(q k' / sqrt(e))      y = P v
 *     dv += P' dy      dP = dy v'      dS = P (dP - rowsum(dP P)) / sqrt(e)
 *     dq += dS k       dk += dS' q
 * Saved: the lengths and P. Tokens at and beyond n_i are not read; their y and gradients are zero. */
#include <math.h>
#include <string.h>

#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

typedef struct {
    int heads;
    const int *length; /* (b) or NULL */
    real *p;           /* (b,heads,n,n) */
} Attention;

/* Sizes, and offsets of one case and head in qkv (b,n,3d), y (b,n,d) and P. */
typedef struct {
    size_t tokens, d, e, n;
    size_t q, k, v, y, p;
} Head;

static Head head_of(const Tensor *qkv, const Attention *a, int i, int head) {
    Head h = {.n = (size_t)qkv->dim[1], .d = (size_t)qkv->dim[2] / 3};
    h.e = h.d / (size_t)a->heads;
    h.tokens = a->length ? (size_t)a->length[i] : h.n;
    h.q = (size_t)i * h.n * 3 * h.d + (size_t)head * h.e;
    h.k = h.q + h.d;
    h.v = h.k + h.d;
    h.y = (size_t)i * h.n * h.d + (size_t)head * h.e;
    h.p = (size_t)(i * a->heads + head) * h.n * h.n;
    return h;
}

static void *attention_forward(Tape *t, const Tensor *qkv, int heads, const int *length, real *weights,
                               bool recorded, Tensor *y) {
    (void)recorded;
    Attention *a = arena_alloc(&t->arena, sizeof *a);
    size_t n = (size_t)qkv->dim[1];
    *a = (Attention){heads, length,
                     arena_calloc(&t->arena, (size_t)(qkv->dim[0] * heads) * n * n, sizeof(real))};
    memset(y->data, 0, tensor_size(y) * sizeof(real));
    for (int i = 0; i < qkv->dim[0]; i++)
        for (int head = 0; head < heads; head++) {
            Head h = head_of(qkv, a, i, head);
            size_t row = 3 * h.d;
            for (size_t r = 0; r < h.tokens; r++) {
                const real *q = qkv->data + h.q + r * row;
                real *p = a->p + h.p + r * n, *out = y->data + h.y + r * h.d;
                double largest = -INFINITY, sum = 0;
                for (size_t j = 0; j < h.tokens; j++) {
                    const real *k = qkv->data + h.k + j * row;
                    double s = 0;
                    for (size_t c = 0; c < h.e; c++) s += (double)q[c] * (double)k[c];
                    p[j] = (real)(s / sqrt((double)h.e));
                    largest = fmax(largest, (double)p[j]);
                }
                for (size_t j = 0; j < h.tokens; j++) sum += exp((double)p[j] - largest);
                for (size_t j = 0; j < h.tokens; j++) p[j] = (real)(exp((double)p[j] - largest) / sum);
                for (size_t j = 0; j < h.tokens; j++)
                    for (size_t c = 0; c < h.e; c++) out[c] += p[j] * qkv->data[h.v + j * row + c];
            }
            if (weights) memcpy(weights + (size_t)(i * heads + head) * n, a->p + h.p, n * sizeof(real));
        }
    return a;
}

static void attention_backward(Tape *t, const Node *node) {
    const Attention *a = node->saved;
    const Tensor *qkv = node->in[0];
    const real *x = qkv->data;
    real *g = tape_grad(t, node->in[0]);
    for (int i = 0; i < qkv->dim[0]; i++)
        for (int head = 0; head < a->heads; head++) {
            Head h = head_of(qkv, a, i, head);
            size_t row = 3 * h.d;
            double scale = 1 / sqrt((double)h.e);
            for (size_t r = 0; r < h.tokens; r++) {
                const real *p = a->p + h.p + r * h.n, *dy = node->out->grad + h.y + r * h.d;
                double sum = 0; /* rowsum(dP P) = dy y */
                for (size_t c = 0; c < h.e; c++)
                    sum += (double)dy[c] * (double)node->out->data[h.y + r * h.d + c];
                for (size_t j = 0; j < h.tokens; j++) {
                    double dp = 0;
                    for (size_t c = 0; c < h.e; c++) dp += (double)dy[c] * (double)x[h.v + j * row + c];
                    real ds = (real)((double)p[j] * (dp - sum) * scale);
                    for (size_t c = 0; c < h.e; c++) {
                        g[h.q + r * row + c] += ds * x[h.k + j * row + c];
                        g[h.k + j * row + c] += ds * x[h.q + r * row + c];
                        g[h.v + j * row + c] += p[j] * dy[c];
                    }
                }
            }
        }
}

Tensor *op_attention(Tape *t, Tensor *qkv, int heads, const int *length, real *weights) {
    char s[64];
    NN_REQUIRE(qkv->rank == 3 && heads > 0 && qkv->dim[2] % (3 * heads) == 0,
               "attention: qkv %s with %d heads", tensor_shape(qkv, s), heads);
    int b = qkv->dim[0], n = qkv->dim[1];
    Tensor *y = tape_tensor3(t, b, n, qkv->dim[2] / 3);
    const int *lengths = tape_lengths(t, "attention", length, b, n);
    void *saved =
        FAST_OR(attention, attention_forward)(t, qkv, heads, lengths, weights, tape_needs(t, 1, &qkv), y);
    tape_record(t, "attention", FAST_OR(attention_backward, attention_backward), y, 1, &qkv, saved);
    return y;
}
