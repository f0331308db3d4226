/* The eager tape: ops run at once and record a node. Creation order is topological, so the backward pass is one loop from
 * the last node to the first. Any value can be printed on the way.
 *
 *     Tensor *y = op_linear(t, x, w, b);       runs, and records a node
 *     Tensor *loss = op_mean(t, y);
 *     tape_backward(t, loss);                  adds dloss/dw to w->grad, dloss/db to b->grad
 *     tape_reset(t);                           frees all activations
 *
 * A new op: write the forward, a BackwardFn and, where the backward needs values, a saved struct; end the forward with
 * tape_record. */
#ifndef NN_TAPE_H
#define NN_TAPE_H

#include <stdint.h>

#include "nn/base/arena.h"
#include "nn/base/pool.h"
#include "nn/base/rng.h"
#include "nn/tensor.h"

typedef struct Tape Tape;
typedef struct Node Node;

/* Adds to the gradient of each node->in by the chain rule from node->out->grad, which is not NULL. For each input:
 * real *g = tape_grad(t, in); NULL means that the input needs no gradient. */
typedef void BackwardFn(Tape *t, const Node *node);

enum { NODE_INPUTS = 12 };

struct Node {
    const char *op; /* "linear" */
    const char *eq; /* id of the equation it computes ("manifold"), or NULL */
    BackwardFn *backward;
    Tensor *out, *in[NODE_INPUTS];
    int n_in;
    void *saved; /* what the backward needs, in the arena; its type is the op's */
};

struct Tape {
    Arena arena;    /* activations, saved values, scratch */
    Pool *pool;     /* may be NULL: one thread */
    bool recording; /* false: inference; the same ops, no nodes, no gradients */
    bool training;  /* batch statistics and dropout */
    /* tape_backward recycles each output's buffer. Afterwards x->data is NULL, except for tensors below 64 KiB. */
    bool reuse;
    /* Weights do not change while this tape lives, so tape_cache keeps what ops derive from weights. Inference only. */
    bool cache_weights;
    uint64_t seed;  /* random op number k of step s draws from stream (seed mixed with s, RNG_DROPOUT, k) */
    uint32_t step;  /* s */
    uint32_t draws; /* random ops so far in this step */
    const char *eq; /* equation id of the nodes recorded now (tape_equation), or NULL */
    Node *nodes;
    size_t n_nodes, node_capacity;
    struct FreeSpan *free_spans; /* recycled memory of nodes whose backward has run */
    struct Cached *cached;       /* by tape_cache; lives until tape_free */
    size_t n_cached, cache_capacity;
    /* Called, where not NULL, before (after = 0) and after (1) the backward of each node, while node->out->grad exists. */
    void (*watch)(void *ctx, Tape *t, const Node *node, int after);
    void *watch_ctx;
};

/* pool: borrowed, may be NULL. recording and training start true, reuse and cache_weights false. */
void tape_init(Tape *t, Pool *pool);
void tape_free(Tape *t);

/* Drops all nodes and activations. Pointers into the arena are invalid from here on. */
void tape_reset(Tape *t);

/* A new tensor in the arena, data not cleared. rank 1..4, dim (rank) > 0. Out of memory: jumps to the arena's guard. */
Tensor *tape_tensor(Tape *t, int rank, const int *dim);
Tensor *tape_tensor1(Tape *t, int d0);
Tensor *tape_tensor2(Tape *t, int d0, int d1);
Tensor *tape_tensor3(Tape *t, int d0, int d1, int d2);
Tensor *tape_tensor4(Tape *t, int d0, int d1, int d2, int d3);
Tensor *tape_like(Tape *t, const Tensor *x);

/* A new tensor with a copy of `values`; needs no gradient. */
Tensor *tape_input(Tape *t, int rank, const int *dim, const real *values);

/* Ends an op. Where recording is on and an input needs a gradient, sets out->needs_grad and records a node.
 * Returns the node, or NULL where none is recorded. An input may be NULL (an absent bias). */
Node *tape_record(Tape *t, const char *op, BackwardFn *backward, Tensor *out, int n_in, Tensor *const *in,
                  void *saved);

/* A copy of the b lengths, which lives as long as the nodes, for op `op`; NULL for NULL. Aborts where one is not 0..n. */
int *tape_lengths(Tape *t, const char *op, const int *length, int b, int n);

/* Ends a term of the loss: returns a tensor of one element; its node, where one is recorded, belongs to equation eq. */
Tensor *tape_scalar(Tape *t, const char *op, const char *eq, BackwardFn *backward, double value, int n_in,
                    Tensor *const *in, void *saved);

/* Nodes recorded from here on belong to this equation: an id of tests/equations.txt (a literal), or NULL for none. Returns the
 * previous id, which the caller sets again at the end of its part: equations nest. */
const char *tape_equation(Tape *t, const char *id);

/* True where tape_record would record a node for these inputs: then the forward must save what the backward needs. */
bool tape_needs(const Tape *t, int n_in, Tensor *const *in);

/* The gradient buffer of x, cleared at its first use; NULL where x is NULL or needs no gradient. */
real *tape_grad(Tape *t, Tensor *x);

/* The same without clearing. *fresh: the buffer is uninitialised; the caller must write all of it rather than add to it. */
real *tape_grad_raw(Tape *t, Tensor *x, bool *fresh);

/* Scratch of one op: tape_mark before, tape_release after. Tensors that outlive the op are allocated before the mark. */
#define tape_mark(t) arena_mark(&(t)->arena)
#define tape_release(t, mark) arena_release(&(t)->arena, mark)

/* Adds d loss / d x to the gradient of every x that needs one. Aborts where loss has not one element, depends on nothing that needs a
 * gradient, or the tape has cache_weights. */
void tape_backward(Tape *t, Tensor *loss);

/* The random stream of the next random op of this step. */
Rng tape_rng(Tape *t);

/* The first node, in order of creation, whose output holds a value that is not finite; NULL where there is none. */
const Node *tape_first_bad(const Tape *t);

/* n as an int; aborts where it does not fit. */
int tape_dim(size_t n);

#endif
