/* Ops element by element. y = f(x), dx += dy f'(x); the work is split into pieces of PIECE elements.
 *     relu     y = max(x,0)                   dx = dy [y > 0]                                     saved: nothing
 *     gelu     y = x/2 (1 + erf(x/sqrt 2))    dx = dy (Phi(x) + x phi(x)), phi = e^(-x^2/2)/sqrt(2 pi)   nothing
 *     tanh     y = tanh(beta x)               dx = dy beta (1 - y^2)                                     nothing
 *     dropout  y = x m/(1-p)                  dx = dy m/(1-p)                                     m as bytes */
#include <math.h>
#include <string.h>

#include "nn/base/error.h"
#include "nn/fast/kernels.h"
#include "nn/ops.h"
#include "nn/plain.h"
#include "nn/vmath.h"

enum { PIECE = 8192 };

/* What one piece sees: n elements from `from` on. */
typedef struct Pointwise Pointwise;
typedef void PieceFn(const Pointwise *p, size_t from, size_t n);
struct Pointwise {
    PieceFn *fn;
    size_t size, period; /* period: length of y's repetition in add_rows, of scale in noise */
    const real *x, *y, *dy;
    real *to;
    real factor;
    bool fresh; /* to holds nothing yet: write, do not add */
    unsigned char *mask;
    Rng rng;
};

static void run_piece(void *ctx, int item, int worker) {
    const Pointwise *p = ctx;
    (void)worker;
    size_t from = (size_t)item * PIECE, left = p->size - from;
    p->fn(p, from, left < PIECE ? left : PIECE);
}

static void run(Tape *t, Pointwise p) {
    pool_for(t->pool, tape_dim((p.size + PIECE - 1) / PIECE), run_piece, &p);
}

/* to += or = value at i */
static inline void put(const Pointwise *p, size_t i, real value) {
    p->to[i] = p->fresh ? value : p->to[i] + value;
}

/* The backward of every one-input op here: dx from dy, x and y. */
static void back(Tape *t, const Node *node, PieceFn *fn, real factor) {
    bool fresh;
    real *dx = tape_grad_raw(t, node->in[0], &fresh);
    if (!dx) return;
    run(t, (Pointwise){.fn = fn,
                       .size = tensor_size(node->out),
                       .x = node->in[0]->data,
                       .y = node->out->data,
                       .dy = node->out->grad,
                       .to = dx,
                       .factor = factor,
                       .fresh = fresh,
                       .mask = node->saved});
}

/* ---- relu ---- */
static void relu_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) p->to[i] = p->x[i] < 0 ? 0 : p->x[i]; /* a NaN stays */
}

static void relu_back_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) put(p, i, p->y[i] > 0 ? p->dy[i] : 0);
}

static void relu_backward(Tape *t, const Node *node) {
    back(t, node, relu_back_piece, 0);
}

Tensor *op_relu(Tape *t, Tensor *x) {
    Tensor *y = tape_like(t, x);
    run(t, (Pointwise){.fn = relu_piece, .size = tensor_size(x), .x = x->data, .to = y->data});
    tape_record(t, "relu", relu_backward, y, 1, &x, NULL);
    return y;
}

/* ---- gelu ---- */
/* EQ(gelu)  with the error function, not its tanh approximation */
void gelu_plain(size_t n, const real *x, real *y) {
    for (size_t i = 0; i < n; i++) y[i] = (real)((double)x[i] / 2 * (1 + erf((double)x[i] / sqrt(2))));
}

static void gelu_piece(const Pointwise *p, size_t from, size_t n) {
    kernels()->gelu(n, p->x + from, p->to + from);
}

static void gelu_back_piece(const Pointwise *p, size_t from, size_t n) {
    kernels()->gelu_gradient(n, p->x + from, p->dy + from, p->to + from, p->fresh);
}

static void gelu_backward(Tape *t, const Node *node) {
    back(t, node, gelu_back_piece, 0);
}

Tensor *op_gelu(Tape *t, Tensor *x) {
    Tensor *y = tape_like(t, x);
    run(t, (Pointwise){.fn = gelu_piece, .size = tensor_size(x), .x = x->data, .to = y->data});
    tape_record(t, "gelu", gelu_backward, y, 1, &x, NULL);
    return y;
}

/* ---- tanh ---- */
static void tanh_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) p->to[i] = p->factor * p->x[i];
    vmath_tanh(n, p->to + from, p->to + from);
}

static void tanh_back_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) put(p, i, p->dy[i] * p->factor * (1 - p->y[i] * p->y[i]));
}

static void tanh_backward(Tape *t, const Node *node) {
    back(t, node, tanh_back_piece, *(real *)node->saved);
}

Tensor *op_tanh(Tape *t, Tensor *x, real beta) {
    Tensor *y = tape_like(t, x);
    run(t,
        (Pointwise){.fn = tanh_piece, .size = tensor_size(x), .x = x->data, .to = y->data, .factor = beta});
    real *saved = arena_alloc(&t->arena, sizeof *saved);
    *saved = beta;
    tape_record(t, "tanh", tanh_backward, y, 1, &x, saved);
    return y;
}

/* ---- add ---- */
static void add_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) p->to[i] = p->x[i] + p->y[i];
}

static void pass_piece(const Pointwise *p, size_t from, size_t n) {
    if (p->fresh)
        memcpy(p->to + from, p->dy + from, n * sizeof(real));
    else
        for (size_t i = from; i < from + n; i++) p->to[i] += p->dy[i];
}

static void pass_gradient(Tape *t, const Node *node, Tensor *x) {
    bool fresh;
    real *dx = tape_grad_raw(t, x, &fresh);
    if (dx)
        run(t, (Pointwise){.fn = pass_piece,
                           .size = tensor_size(node->out),
                           .dy = node->out->grad,
                           .to = dx,
                           .fresh = fresh});
}

static void add_backward(Tape *t, const Node *node) {
    pass_gradient(t, node, node->in[0]);
    if (!tape_grad_pass(t, node, node->in[1])) pass_gradient(t, node, node->in[1]);
}

Tensor *op_add(Tape *t, Tensor *x, Tensor *y) {
    char a[64], b[64];
    NN_REQUIRE(tensor_same_shape(x, y), "add: %s and %s", tensor_shape(x, a), tensor_shape(y, b));
    Tensor *out = tape_like(t, x);
    run(t, (Pointwise){.fn = add_piece, .size = tensor_size(x), .x = x->data, .y = y->data, .to = out->data});
    tape_record(t, "add", add_backward, out, 2, (Tensor *[]){x, y}, NULL);
    return out;
}

/* ---- scale ---- */
static void scale_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) p->to[i] = p->factor * p->x[i];
}

static void scale_back_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) put(p, i, p->factor * p->dy[i]);
}

static void scale_backward(Tape *t, const Node *node) {
    back(t, node, scale_back_piece, *(real *)node->saved);
}

Tensor *op_scale(Tape *t, Tensor *x, real factor) {
    Tensor *y = tape_like(t, x);
    run(t, (Pointwise){
               .fn = scale_piece, .size = tensor_size(x), .x = x->data, .to = y->data, .factor = factor});
    real *saved = arena_alloc(&t->arena, sizeof *saved);
    *saved = factor;
    tape_record(t, "scale", scale_backward, y, 1, &x, saved);
    return y;
}

/* ---- mul ---- */
static void mul_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) p->to[i] = p->x[i] * p->y[i];
}

static void mul_back_piece(const Pointwise *p, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) put(p, i, p->dy[i] * p->y[i]);
}

static void mul_backward(Tape *t, const Node *node) {
    for (int side = 0; side < 2; side++) {
        bool fresh;
        real *dx = tape_grad_raw(t, node->in[side], &fresh);
        if (dx)
            run(t, (Pointwise){.fn = mul_back_piece,
                               .size = tensor_size(node->out),
                               .y = node->in[1 - side]->data,
                               .dy = node->out->grad,
                               .to = dx,
                               .fresh = fresh});
    }
}

Tensor *op_mul(Tape *t, Tensor *x, Tensor *y) {
    char a[64], b[64];
    NN_REQUIRE(tensor_same_shape(x, y), "mul: %s and %s", tensor_shape(x, a), tensor_shape(y, b));
    Tensor *out = tape_like(t, x);
    run(t, (Pointwise){.fn = mul_piece, .size = tensor_size(x), .x = x->data, .y = y->data, .to = out->data});
    tape_record(t, "mul", mul_backward, out, 2, (Tensor *[]){x, y}, NULL);
    return out;
}

/* ---- add_rows: out[i,:] = x[i,:] + y ---- */
static void add_rows_piece(const Pointwise *p, size_t from, size_t n) {
    size_t k = from % p->period;
    for (size_t i = from; i < from + n; i++) {
        p->to[i] = p->x[i] + p->y[k];
        if (++k == p->period) k = 0;
    }
}

/* dy summed over the cases, in their order: to[k] += sum_i dy[i,k]. size is y's, period is y's too, factor
 * the cases. */
static void add_rows_back_piece(const Pointwise *p, size_t from, size_t n) {
    size_t cases = (size_t)p->factor;
    for (size_t i = 0; i < cases; i++)
        for (size_t k = from; k < from + n; k++) p->to[k] += p->dy[i * p->period + k];
}

static void add_rows_backward(Tape *t, const Node *node) {
    real *dy = tape_grad(t, node->in[1]);
    size_t period = tensor_size(node->in[1]);
    if (dy)
        run(t, (Pointwise){.fn = add_rows_back_piece,
                           .size = period,
                           .period = period,
                           .dy = node->out->grad,
                           .to = dy,
                           .factor = (real)node->out->dim[0]});
    if (!tape_grad_pass(t, node, node->in[0])) pass_gradient(t, node, node->in[0]);
}

Tensor *op_add_rows(Tape *t, Tensor *x, Tensor *y) {
    char a[64], b[64];
    bool fits = x->rank == y->rank + 1;
    for (int i = 0; fits && i < y->rank; i++) fits = x->dim[i + 1] == y->dim[i];
    NN_REQUIRE(fits, "add_rows: %s and %s", tensor_shape(x, a), tensor_shape(y, b));
    Tensor *out = tape_like(t, x);
    run(t, (Pointwise){.fn = add_rows_piece,
                       .size = tensor_size(x),
                       .period = tensor_size(y),
                       .x = x->data,
                       .y = y->data,
                       .to = out->data});
    tape_record(t, "add_rows", add_rows_backward, out, 2, (Tensor *[]){x, y}, NULL);
    return out;
}

/* ---- dropout and noise: element i draws from a place of the stream that depends on i alone ---- */

enum { PART = 256 }; /* elements drawn at once; PIECE is a multiple */

static void dropout_piece(const Pointwise *p, size_t from, size_t n) {
    uint32_t draws[PART], limit = (uint32_t)((double)p->factor * 4294967296.0);
    real keep = 1 / (1 - p->factor);
    for (size_t i = from; i < from + n; i++) {
        size_t k = (i - from) % PART;
        if (k == 0) rng_blocks(&p->rng, i / 4, PART / 4, draws);
        bool kept = draws[k] >= limit;
        if (p->mask) p->mask[i] = kept;
        p->to[i] = kept ? p->x[i] * keep : 0;
    }
}

static void dropout_back_piece(const Pointwise *p, size_t from, size_t n) {
    real keep = 1 / (1 - p->factor);
    for (size_t i = from; i < from + n; i++) put(p, i, p->mask[i] ? p->dy[i] * keep : 0);
}

typedef struct {
    real p;
    unsigned char *mask;
} DropoutSaved;

static void dropout_backward(Tape *t, const Node *node) {
    const DropoutSaved *saved = node->saved;
    bool fresh;
    real *dx = tape_grad_raw(t, node->in[0], &fresh);
    if (dx)
        run(t, (Pointwise){.fn = dropout_back_piece,
                           .size = tensor_size(node->out),
                           .dy = node->out->grad,
                           .to = dx,
                           .factor = saved->p,
                           .fresh = fresh,
                           .mask = saved->mask});
}

Tensor *op_dropout(Tape *t, Tensor *x, real p) {
    NN_REQUIRE(p >= 0 && p < 1, "dropout: a probability of %g", (double)p);
    if (!t->training || p == 0) return x;
    Tensor *y = tape_like(t, x);
    DropoutSaved *saved = NULL;
    if (tape_needs(t, 1, &x)) {
        saved = arena_alloc(&t->arena, sizeof *saved);
        *saved = (DropoutSaved){p, arena_alloc(&t->arena, tensor_size(x))};
    }
    run(t, (Pointwise){.fn = dropout_piece,
                       .size = tensor_size(x),
                       .x = x->data,
                       .to = y->data,
                       .factor = p,
                       .mask = saved ? saved->mask : NULL,
                       .rng = tape_rng(t)});
    tape_record(t, "dropout", dropout_backward, y, 1, &x, saved);
    return y;
}

/* A normal number takes one block: rng_normal's two uniform ones. */
static void normal_numbers(const Rng *r, size_t from, size_t n, real *z) {
    uint32_t draws[4 * PART];
    real u[PART], v[PART];
    rng_blocks(r, from, n, draws);
    for (size_t i = 0; i < n; i++) {
        const uint32_t *d = draws + 4 * i;
        u[i] = (real)(1.0 - (double)(((uint64_t)d[0] << 32 | d[1]) >> 11) * 0x1p-53);
        v[i] = (real)((double)(((uint64_t)d[2] << 32 | d[3]) >> 11) * 0x1p-53);
    }
    kernels()->box_muller(n, u, v, z);
}

static void noise_piece(const Pointwise *p, size_t from, size_t n) {
    real z[PART];
    size_t j = from % p->period;
    for (size_t i = from; i < from + n; i++) {
        size_t k = (i - from) % PART, left = from + n - i;
        if (k == 0) normal_numbers(&p->rng, i, left < PART ? left : PART, z);
        p->to[i] = p->x[i] + p->y[j] * z[k];
        if (++j == p->period) j = 0;
    }
}

static void noise_backward(Tape *t, const Node *node) {
    if (!tape_grad_pass(t, node, node->in[0])) pass_gradient(t, node, node->in[0]);
}

Tensor *op_noise(Tape *t, Tensor *x, const real *scale) {
    if (!t->training) return x;
    Tensor *y = tape_like(t, x);
    run(t, (Pointwise){.fn = noise_piece,
                       .size = tensor_size(x),
                       .period = (size_t)tensor_last(x),
                       .x = x->data,
                       .y = scale,
                       .to = y->data,
                       .rng = tape_rng(t)});
    tape_record(t, "noise", noise_backward, y, 1, &x, NULL);
    return y;
}
