/* The eager tape: ops run at once and leave a node behind. Creation order is topological, so the backward pass is
 * one loop from the last node to the first; any value can be printed on the way.
 *
 *     Tensor *y = op_linear(t, x, w, b);       runs, and remembers how to go back
 *     Tensor *loss = op_mean(t, y);
 *     tape_backward(t, loss);                  adds dloss/dw to w->grad, dloss/db to b->grad
 *     tape_reset(t);                           gives all activations back
 *
 * A new op: write the forward, a saved struct, a BackwardFn, and end the forward with tape_record. */
#ifndef NN_TAPE_H
#define NN_TAPE_H

#include <stdint.h>

#include "nn/base/arena.h"
#include "nn/base/pool.h"
#include "nn/base/rng.h"
#include "nn/tensor.h"

typedef struct Tape Tape;
typedef struct Node Node;

/* Adds to the gradients of node->in what node->out->grad says. For each input: real *g = tape_grad(t, in); NULL means
 * that nobody needs it. out->grad is never NULL here. */
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
    bool
        reuse; /* the backward reuses the memory of outputs that it is done with; their data is NULL after it, but
                       for those under 64 kB */
    bool
        keep; /* inference by weights that stay as they are: what an op makes of them is made once (tape_cache) */
    uint64_t seed;  /* dropout of op number k in step s draws from stream (seed, RNG_DROPOUT, k) ... */
    uint32_t step;  /* ... of seed mixed with step */
    uint32_t draws; /* random ops so far in this step */
    const char *eq; /* id of the equation that is being computed (tape_equation): nodes carry it; or NULL */
    Node *nodes;
    size_t n_nodes, node_capacity;
    struct FreeSpan *free_spans; /* memory of nodes that the backward is done with */
    struct Cached *cached;       /* by tape_cache; lives until tape_free */
    size_t n_cached, cache_capacity;
    /* Called, where set, before (after = 0) and after (1) the backward of each node, while node->out->grad is there. */
    void (*watch)(void *ctx, Tape *t, const Node *node, int after);
    void *watch_ctx;
};

/* pool: borrowed, may be NULL. recording and training start true, reuse false. */
void tape_init(Tape *t, Pool *pool);
void tape_free(Tape *t);

/* Forgets all nodes and activations; what the arena held is invalid from here on. */
void tape_reset(Tape *t);

/* A tensor of the arena, data not cleared. rank 1..4; dims > 0. */
Tensor *tape_tensor(Tape *t, int rank, const int *dim);
Tensor *tape_tensor1(Tape *t, int d0);
Tensor *tape_tensor2(Tape *t, int d0, int d1);
Tensor *tape_tensor3(Tape *t, int d0, int d1, int d2);
Tensor *tape_tensor4(Tape *t, int d0, int d1, int d2, int d3);
Tensor *tape_like(Tape *t, const Tensor *x);

/* A copy of values from outside, without gradient. */
Tensor *tape_input(Tape *t, int rank, const int *dim, const real *values);

/* Ends an op. Where recording is on and an input needs a gradient: out->needs_grad is set and the node is kept.
 * Returns the node, or NULL where none was kept. Inputs that are NULL (an absent bias) are allowed. */
Node *tape_record(Tape *t, const char *op, BackwardFn *backward, Tensor *out, int n_in, Tensor *const *in,
                  void *saved);

/* A copy of the b lengths, which lives as long as the nodes, for op `op`; NULL for NULL. Aborts where one is not 0..n. */
int *tape_lengths(Tape *t, const char *op, const int *length, int b, int n);

/* Ends a term of the loss: a tensor of one element, and its node where one is kept, which belongs to equation eq. */
Tensor *tape_scalar(Tape *t, const char *op, const char *eq, BackwardFn *backward, double value, int n_in,
                    Tensor *const *in, void *saved);

/* From here on nodes belong to this equation (an id of tests/equations.txt, a literal; NULL: none). Returns the one before,
 * which the caller sets again at the end of its part: an equation within another has its own nodes. */
const char *tape_equation(Tape *t, const char *id);

/* True where tape_record would keep a node for these inputs: then the forward must save what the backward needs. */
bool tape_needs(const Tape *t, int n_in, Tensor *const *in);

/* The gradient buffer of x, cleared at its first use; NULL where x needs none. */
real *tape_grad(Tape *t, Tensor *x);

/* The same without clearing. *fresh: the buffer holds nothing yet and must be written whole, not added to. */
real *tape_grad_raw(Tape *t, Tensor *x, bool *fresh);

/* Hands the gradient of a node's output over to its input x of the same size, where x needs one and has none yet; the
 * output's is NULL then. For ops that pass the gradient on unchanged, or change it in place before. False: not done. */
bool tape_grad_pass(Tape *t, const Node *node, Tensor *x);

/* Scratch for one op: tape_mark before, tape_release after; out tensors must be made before the mark. */
#define tape_mark(t) arena_mark(&(t)->arena)
#define tape_release(t, mark) arena_release(&(t)->arena, mark)

/* Room for `reals` values that an op makes of the weights w alone: panels, transformed filters. Scratch of the arena, as if
 * taken by the caller; on a tape that keeps, memory that lasts, given back with *ready at the next call for the same w:
 * then it holds what was made. Weights that lie in the arena themselves are never kept. */
real *tape_cache(Tape *t, const real *w, size_t reals, bool *ready);

/* Adds d loss / d x to the gradient of every x that needs it. loss must have one element. */
void tape_backward(Tape *t, Tensor *loss);

/* The stream of the next random op of this step. */
Rng tape_rng(Tape *t);

/* The op name of the first node, in order, whose output is not finite; NULL where all are. */
const Node *tape_first_bad(const Tape *t);

/* Clips sizes that a file or a setting could make absurd: aborts where the product does not fit an int. */
int tape_dim(size_t n);

#endif
