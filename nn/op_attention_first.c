/* Attention of one query a case, per case i and head h over the first n_i tokens, e = d/heads:
 *     p = softmax(k q / sqrt(e))       y = sum of p_j v_j
 *     dv_j += p_j dy       dp_j = dy v_j        ds = p (dp - sum p dp) / sqrt(e)
 *     dq += sum of ds_j k_j                     dk_j += ds_j q
 * Saved: the lengths and p (b,heads,n). Tokens at and beyond n_i are not read and get no gradient. */
#include <math.h>
#include <string.h>

#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

typedef struct {
    int heads;
    const int *length; /* (b) or NULL */
    real *p;           /* (b,heads,n) */
} First;

static void *first_forward(Tape *t, const Tensor *q, const Tensor *kv, int heads, const int *length,
                           real *weights, Tensor *y) {
    size_t n = (size_t)kv->dim[1], d = (size_t)q->dim[1], e = d / (size_t)heads;
    First *a = arena_alloc(&t->arena, sizeof *a);
    *a = (First){heads, length, arena_calloc(&t->arena, (size_t)(q->dim[0] * heads) * n, sizeof(real))};
    memset(y->data, 0, tensor_size(y) * sizeof(real));
    for (int i = 0; i < q->dim[0]; i++)
        for (int head = 0; head < heads; head++) {
            size_t tokens = length ? (size_t)length[i] : n, at = (size_t)i * d + (size_t)head * e;
            const real *query = q->data + at, *k = kv->data + (size_t)i * n * 2 * d + (size_t)head * e,
                       *v = k + d;
            real *p = a->p + (size_t)(i * heads + head) * n, *out = y->data + at;
            double largest = -INFINITY, sum = 0;
            for (size_t j = 0; j < tokens; j++) {
                double s = 0;
                for (size_t c = 0; c < e; c++) s += (double)query[c] * (double)k[j * 2 * d + c];
                p[j] = (real)(s / sqrt((double)e));
                largest = fmax(largest, (double)p[j]);
            }
            for (size_t j = 0; j < tokens; j++) sum += exp((double)p[j] - largest);
            for (size_t j = 0; j < tokens; j++) p[j] = (real)(exp((double)p[j] - largest) / sum);
            for (size_t j = 0; j < tokens; j++)
                for (size_t c = 0; c < e; c++) out[c] += p[j] * v[j * 2 * d + c];
        }
    if (weights) memcpy(weights, a->p, (size_t)(q->dim[0] * heads) * n * sizeof(real));
    return a;
}

static void first_backward(Tape *t, const Node *node) {
    const First *a = node->saved;
    const Tensor *q = node->in[0], *kv = node->in[1];
    real *dq = tape_grad(t, node->in[0]), *dkv = tape_grad(t, node->in[1]);
    size_t n = (size_t)kv->dim[1], d = (size_t)q->dim[1], e = d / (size_t)a->heads;
    for (int i = 0; i < q->dim[0]; i++)
        for (int head = 0; head < a->heads; head++) {
            size_t tokens = a->length ? (size_t)a->length[i] : n, at = (size_t)i * d + (size_t)head * e;
            const real *p = a->p + (size_t)(i * a->heads + head) * n, *dy = node->out->grad + at;
            double sum = 0; /* sum p dp = dy y */
            for (size_t c = 0; c < e; c++) sum += (double)dy[c] * (double)node->out->data[at + c];
            for (size_t j = 0; j < tokens; j++) {
                size_t k = ((size_t)i * n + j) * 2 * d + (size_t)head * e, v = k + d;
                double dp = 0;
                for (size_t c = 0; c < e; c++) dp += (double)dy[c] * (double)kv->data[v + c];
                real ds = (real)((double)p[j] * (dp - sum) / sqrt((double)e));
                for (size_t c = 0; dq && c < e; c++) dq[at + c] += ds * kv->data[k + c];
                for (size_t c = 0; dkv && c < e; c++) {
                    dkv[k + c] += ds * q->data[at + c];
                    dkv[v + c] += p[j] * dy[c];
                }
            }
        }
}

Tensor *op_attention_first(Tape *t, Tensor *q, Tensor *kv, int heads, const int *length, real *weights) {
    char s[64], u[64];
    NN_REQUIRE(q->rank == 2 && kv->rank == 3 && kv->dim[0] == q->dim[0] && kv->dim[2] == 2 * q->dim[1] &&
                   heads > 0 && q->dim[1] % heads == 0,
               "attention_first: q %s, kv %s with %d heads", tensor_shape(q, s), tensor_shape(kv, u), heads);
    Tensor *y = tape_tensor2(t, q->dim[0], q->dim[1]);
    const int *lengths = tape_lengths(t, "attention_first", length, q->dim[0], kv->dim[1]);
    void *saved = FAST_OR(attention_first, first_forward)(t, q, kv, heads, lengths, weights, y);
    tape_record(t, "attention_first", FAST_OR(attention_first_backward, first_backward), y, 2,
                (Tensor *[]){q, kv}, saved);
    return y;
}
