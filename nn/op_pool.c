/* Pooling: over windows of a map, over the tokens of a case, over all elements.
 *     maxpool2d    y[i,r,s,c] = max of x over the window          the gradient goes to the first maximum in row-major order
 *     avgpool2d    y[i,r,s,c] = mean of x over the window         gx += gy / k^2
 *     mean_tokens  y[i,:] = 1/length[i] sum_{j < length[i]} x[i,j,:]      gx[i,j,:] += gy[i,:] / length[i]
 *     mean         y = 1/size sum x                               gx += gy / size
 *     sum_squares  y = sum x^2                                    gx += 2 gy x
 * Saved: window and stride, or the lengths. */
#include <string.h>

#include "nn/ops.h"

/* ---- Windows ---- */

typedef struct {
    int k, stride;
} Window;

typedef struct {
    const real *x, *gy;
    real *y, *gx;
    int h, w, c, oh, ow; /* x (b,h,w,c), y (b,oh,ow,c) */
    Window window;
} Pooling;

static Pooling pooling(const Tensor *x, const Tensor *y, Window window) {
    return (Pooling){
        .h = x->dim[1], .w = x->dim[2], .c = x->dim[3], .oh = y->dim[1], .ow = y->dim[2], .window = window};
}

static size_t case_x(const Pooling *p, int item) {
    return (size_t)item * (size_t)(p->h * p->w) * (size_t)p->c;
}
static size_t case_y(const Pooling *p, int item) {
    return (size_t)item * (size_t)(p->oh * p->ow) * (size_t)p->c;
}
static size_t cell_x(const Pooling *p, int r, int s) {
    return ((size_t)r * (size_t)p->w + (size_t)s) * (size_t)p->c;
}
static size_t cell_y(const Pooling *p, int r, int s) {
    return ((size_t)r * (size_t)p->ow + (size_t)s) * (size_t)p->c;
}

/* Where the first maximum of channel `ch` lies in the window whose corner is x. */
static size_t first_maximum(const Pooling *p, const real *x, int ch) {
    size_t best = (size_t)ch;
    for (int u = 0; u < p->window.k; u++)
        for (int v = 0; v < p->window.k; v++) {
            size_t at = cell_x(p, u, v) + (size_t)ch;
            if (x[at] > x[best]) best = at;
        }
    return best;
}

static void max_forward_case(void *ctx, int item, int worker) {
    (void)worker;
    const Pooling *p = ctx;
    const real *x = p->x + case_x(p, item);
    real *y = p->y + case_y(p, item);
    for (int r = 0; r < p->oh; r++)
        for (int s = 0; s < p->ow; s++) {
            const real *corner = x + cell_x(p, r * p->window.stride, s * p->window.stride);
            for (int ch = 0; ch < p->c; ch++)
                y[cell_y(p, r, s) + (size_t)ch] = corner[first_maximum(p, corner, ch)];
        }
}

static void max_backward_case(void *ctx, int item, int worker) {
    (void)worker;
    const Pooling *p = ctx;
    const real *x = p->x + case_x(p, item), *gy = p->gy + case_y(p, item);
    real *gx = p->gx + case_x(p, item);
    for (int r = 0; r < p->oh; r++)
        for (int s = 0; s < p->ow; s++) {
            size_t corner = cell_x(p, r * p->window.stride, s * p->window.stride);
            for (int ch = 0; ch < p->c; ch++)
                gx[corner + first_maximum(p, x + corner, ch)] += gy[cell_y(p, r, s) + (size_t)ch];
        }
}

static void avg_forward_case(void *ctx, int item, int worker) {
    (void)worker;
    const Pooling *p = ctx;
    const real *x = p->x + case_x(p, item);
    real *y = p->y + case_y(p, item), share = 1 / (real)(p->window.k * p->window.k);
    for (int r = 0; r < p->oh; r++)
        for (int s = 0; s < p->ow; s++) {
            real *cell = y + cell_y(p, r, s);
            memset(cell, 0, (size_t)p->c * sizeof *cell);
            for (int u = 0; u < p->window.k; u++)
                for (int v = 0; v < p->window.k; v++) {
                    const real *from = x + cell_x(p, r * p->window.stride + u, s * p->window.stride + v);
                    for (int ch = 0; ch < p->c; ch++) cell[ch] += from[ch];
                }
            for (int ch = 0; ch < p->c; ch++) cell[ch] *= share;
        }
}

static void avg_backward_case(void *ctx, int item, int worker) {
    (void)worker;
    const Pooling *p = ctx;
    const real *gy = p->gy + case_y(p, item);
    real *gx = p->gx + case_x(p, item), share = 1 / (real)(p->window.k * p->window.k);
    for (int r = 0; r < p->oh; r++)
        for (int s = 0; s < p->ow; s++)
            for (int u = 0; u < p->window.k; u++)
                for (int v = 0; v < p->window.k; v++) {
                    real *to = gx + cell_x(p, r * p->window.stride + u, s * p->window.stride + v);
                    for (int ch = 0; ch < p->c; ch++) to[ch] += share * gy[cell_y(p, r, s) + (size_t)ch];
                }
}

static void windows_backward(Tape *t, const Node *node, PoolFn *fn) {
    const Tensor *x = node->in[0];
    Pooling p = pooling(x, node->out, *(const Window *)node->saved);
    p.x = x->data;
    p.gy = node->out->grad;
    p.gx = tape_grad(t, node->in[0]);
    pool_for(t->pool, x->dim[0], fn, &p);
}

static void maxpool2d_backward(Tape *t, const Node *node) {
    windows_backward(t, node, max_backward_case);
}
static void avgpool2d_backward(Tape *t, const Node *node) {
    windows_backward(t, node, avg_backward_case);
}

static Tensor *windows_forward(Tape *t, const char *op, Tensor *x, int k, int stride, PoolFn *fn,
                               BackwardFn *backward) {
    char shape[64];
    NN_REQUIRE(x->rank == 4, "%s: x %s must be (b,h,w,c)", op, tensor_shape(x, shape));
    NN_REQUIRE(k > 0 && stride > 0 && k <= x->dim[1] && k <= x->dim[2], "%s: window %d, stride %d on x %s",
               op, k, stride, tensor_shape(x, shape));
    Tensor *y =
        tape_tensor4(t, x->dim[0], (x->dim[1] - k) / stride + 1, (x->dim[2] - k) / stride + 1, x->dim[3]);
    Window window = {k, stride};
    Pooling p = pooling(x, y, window);
    p.x = x->data;
    p.y = y->data;
    pool_for(t->pool, x->dim[0], fn, &p);
    Node *node = tape_record(t, op, backward, y, 1, (Tensor *[]){x}, NULL);
    if (node) node->saved = memcpy(arena_alloc(&t->arena, sizeof window), &window, sizeof window);
    return y;
}

Tensor *op_maxpool2d(Tape *t, Tensor *x, int k, int stride) {
    return windows_forward(t, "maxpool2d", x, k, stride, max_forward_case, maxpool2d_backward);
}

Tensor *op_avgpool2d(Tape *t, Tensor *x, int k, int stride) {
    return windows_forward(t, "avgpool2d", x, k, stride, avg_forward_case, avgpool2d_backward);
}

/* ---- Tokens ---- */

static void mean_tokens_backward(Tape *t, const Node *node) {
    const Tensor *x = node->in[0];
    const int *length = node->saved;
    int n = x->dim[1], d = x->dim[2];
    real *gx = tape_grad(t, node->in[0]);
    for (int i = 0; i < x->dim[0]; i++) {
        const real *gy = node->out->grad + (size_t)i * (size_t)d;
        for (int j = 0; j < length[i]; j++) {
            real *to = gx + ((size_t)i * (size_t)n + (size_t)j) * (size_t)d;
            for (int k = 0; k < d; k++) to[k] += gy[k] / (real)length[i];
        }
    }
}

/* EQ(feature)  u_m = mean over the real tokens of Z_m; 0 where a text has none */
Tensor *op_mean_tokens(Tape *t, Tensor *x, const int *length) {
    char shape[64];
    NN_REQUIRE(x->rank == 3, "mean_tokens: x %s must be (b,n,d)", tensor_shape(x, shape));
    int b = x->dim[0], n = x->dim[1], d = x->dim[2];
    Tensor *y = tape_tensor2(t, b, d);
    int *kept = arena_alloc(&t->arena, (size_t)b * sizeof *kept);
    for (int i = 0; i < b; i++) {
        kept[i] = length ? length[i] : n;
        NN_REQUIRE(kept[i] >= 0 && kept[i] <= n, "mean_tokens: length[%d] = %d of %d tokens", i, kept[i], n);
        real *to = y->data + (size_t)i * (size_t)d;
        const real *from = x->data + (size_t)i * (size_t)n * (size_t)d;
        memset(to, 0, (size_t)d * sizeof *to);
        for (int j = 0; j < kept[i]; j++, from += d)
            for (int k = 0; k < d; k++) to[k] += from[k];
        if (kept[i] > 0)
            for (int k = 0; k < d; k++) to[k] /= (real)kept[i];
    }
    tape_record(t, "mean_tokens", mean_tokens_backward, y, 1, (Tensor *[]){x}, kept);
    return y;
}

/* ---- All elements ---- */

static void mean_backward(Tape *t, const Node *node) {
    size_t size = tensor_size(node->in[0]);
    real *gx = tape_grad(t, node->in[0]), share = node->out->grad[0] / (real)size;
    for (size_t i = 0; i < size; i++) gx[i] += share;
}

Tensor *op_mean(Tape *t, Tensor *x) {
    Tensor *y = tape_tensor1(t, 1);
    double sum = 0;
    for (size_t i = 0; i < tensor_size(x); i++) sum += (double)x->data[i];
    y->data[0] = (real)(sum / (double)tensor_size(x));
    tape_record(t, "mean", mean_backward, y, 1, (Tensor *[]){x}, NULL);
    return y;
}

static void sum_squares_backward(Tape *t, const Node *node) {
    const Tensor *x = node->in[0];
    real *gx = tape_grad(t, node->in[0]), twice = 2 * node->out->grad[0];
    for (size_t i = 0; i < tensor_size(x); i++) gx[i] += twice * x->data[i];
}

Tensor *op_sum_squares(Tape *t, Tensor *x) {
    Tensor *y = tape_tensor1(t, 1);
    double sum = 0;
    for (size_t i = 0; i < tensor_size(x); i++) sum += (double)x->data[i] * (double)x->data[i];
    y->data[0] = (real)sum;
    tape_record(t, "sum_squares", sum_squares_backward, y, 1, (Tensor *[]){x}, NULL);
    return y;
}
