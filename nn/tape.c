#include "nn/tape_reuse.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/error.h"
#include "nn/base/parts.h"

void tape_init(Tape *t, Pool *pool) {
    memset(t, 0, sizeof *t);
    arena_init(&t->arena);
    t->pool = pool;
    t->recording = t->training = true;
}

void tape_free(Tape *t) {
    arena_free(&t->arena);
    mem_free(t->nodes);
    if (PART_FAST) tape_free_cache(t);
    memset(t, 0, sizeof *t);
}

void tape_reset(Tape *t) {
    arena_reset(&t->arena);
    t->n_nodes = 0;
    t->draws = 0;
    t->eq = NULL;
    t->free_spans = NULL;
}

const char *tape_equation(Tape *t, const char *id) {
    const char *outer = t->eq;
    t->eq = id;
    return outer;
}

int tape_dim(size_t n) {
    NN_REQUIRE(n <= INT_MAX, "a dimension of %zu", n);
    return (int)n;
}

Tensor *tape_tensor(Tape *t, int rank, const int *dim) {
    NN_REQUIRE(rank >= 1 && rank <= TENSOR_RANK, "rank %d", rank);
    Tensor *x = arena_alloc(&t->arena, sizeof *x);
    memset(x, 0, sizeof *x);
    x->rank = rank;
    for (int i = 0; i < rank; i++) {
        NN_REQUIRE(dim[i] > 0, "dimension %d is %d", i, dim[i]);
        x->dim[i] = dim[i];
    }
    x->data = arena_alloc(&t->arena, tensor_size(x) * sizeof(real));
    return x;
}

Tensor *tape_tensor1(Tape *t, int d0) {
    return tape_tensor(t, 1, (int[]){d0});
}
Tensor *tape_tensor2(Tape *t, int d0, int d1) {
    return tape_tensor(t, 2, (int[]){d0, d1});
}
Tensor *tape_tensor3(Tape *t, int d0, int d1, int d2) {
    return tape_tensor(t, 3, (int[]){d0, d1, d2});
}
Tensor *tape_tensor4(Tape *t, int d0, int d1, int d2, int d3) {
    return tape_tensor(t, 4, (int[]){d0, d1, d2, d3});
}
Tensor *tape_like(Tape *t, const Tensor *x) {
    return tape_tensor(t, x->rank, x->dim);
}

Tensor *tape_input(Tape *t, int rank, const int *dim, const real *values) {
    Tensor *x = tape_tensor(t, rank, dim);
    memcpy(x->data, values, tensor_size(x) * sizeof(real));
    return x;
}

bool tape_needs(const Tape *t, int n_in, Tensor *const *in) {
    if (!t->recording) return false;
    for (int i = 0; i < n_in; i++)
        if (in[i] && in[i]->needs_grad) return true;
    return false;
}

Node *tape_record(Tape *t, const char *op, BackwardFn *backward, Tensor *out, int n_in, Tensor *const *in,
                  void *saved) {
    NN_REQUIRE(n_in <= NODE_INPUTS, "%s: %d inputs", op, n_in);
    if (!tape_needs(t, n_in, in)) return NULL;
    if (!mem_grow(&t->nodes, &t->node_capacity, t->n_nodes + 1, sizeof *t->nodes)) {
        NN_REQUIRE(t->arena.guarded, "out of memory for a node");
        longjmp(t->arena.guard, 1);
    }
    out->needs_grad = true;
    Node *node = &t->nodes[t->n_nodes++];
    *node = (Node){.op = op, .eq = t->eq, .backward = backward, .out = out, .n_in = n_in, .saved = saved};
    for (int i = 0; i < n_in; i++) node->in[i] = in[i];
    return node;
}

int *tape_lengths(Tape *t, const char *op, const int *length, int b, int n) {
    if (!length) return NULL;
    int *copy = arena_alloc(&t->arena, (size_t)b * sizeof *copy);
    memcpy(copy, length, (size_t)b * sizeof *copy);
    for (int i = 0; i < b; i++)
        NN_REQUIRE(copy[i] >= 0 && copy[i] <= n, "%s: length[%d] = %d of %d tokens", op, i, copy[i], n);
    return copy;
}

Tensor *tape_scalar(Tape *t, const char *op, const char *eq, BackwardFn *backward, double value, int n_in,
                    Tensor *const *in, void *saved) {
    Tensor *out = tape_tensor1(t, 1);
    out->data[0] = (real)value;
    Node *node = tape_record(t, op, backward, out, n_in, in, saved);
    if (node) node->eq = eq;
    return out;
}

real *tape_grad_raw(Tape *t, Tensor *x, bool *fresh) {
    *fresh = false;
    if (!x || !x->needs_grad) return NULL;
    if (x->grad) return x->grad;
    *fresh = true;
    x->grad =
        PART_FAST ? tape_take(t, tensor_size(x)) : arena_alloc(&t->arena, tensor_size(x) * sizeof(real));
    return x->grad;
}

real *tape_grad(Tape *t, Tensor *x) {
    bool fresh;
    real *g = tape_grad_raw(t, x, &fresh);
    if (fresh) memset(g, 0, tensor_size(x) * sizeof(real));
    return g;
}

/* EQ(chain)  dL/dx = sum over the ops y that read x of (dy/dx)' dL/dy */
void tape_backward(Tape *t, Tensor *loss) {
    NN_REQUIRE(tensor_size(loss) == 1, "the loss has %zu elements", tensor_size(loss));
    NN_REQUIRE(!t->cache_weights, "a tape with cache_weights is for inference alone");
    NN_REQUIRE(loss->needs_grad, "the loss does not depend on anything that needs a gradient");
    tape_grad(t, loss)[0] = 1;
    for (size_t i = t->n_nodes; i-- > 0;) {
        Node *node = &t->nodes[i];
        if (!node->out->grad) continue; /* the loss does not depend on it */
        if (t->watch) t->watch(t->watch_ctx, t, node, 0);
        node->backward(t, node);
        if (t->watch) t->watch(t->watch_ctx, t, node, 1);
        if (PART_FAST) tape_recycle(t, node->out);
    }
}

Rng tape_rng(Tape *t) {
    return rng_stream(t->seed + ((uint64_t)t->step << 32), RNG_DROPOUT, t->draws++);
}

const Node *tape_first_bad(const Tape *t) {
    for (size_t i = 0; i < t->n_nodes; i++) {
        const Tensor *x = t->nodes[i].out;
        for (size_t k = 0; x->data && k < tensor_size(x); k++)
            if (!isfinite(x->data[k])) return &t->nodes[i];
    }
    return NULL;
}
