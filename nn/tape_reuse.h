/* Reused memory of a tape, of the part fast: recycled gradients and outputs, and values that ops derive from weights. */
#ifndef NN_TAPE_REUSE_H
#define NN_TAPE_REUSE_H

#include "nn/tape.h"

/* Moves the gradient buffer of a node's output to its input x of the same size, where x needs a gradient and has none; the output's
 * is NULL afterwards. For ops that pass the gradient on unchanged, or after a change in place. Returns whether it was moved. */
bool tape_grad_pass(Tape *t, const Node *node, Tensor *x);

/* Cache for `reals` values that an op derives from the weights w alone, such as packed panels. With cache_weights the memory lasts
 * until tape_free, and *ready says whether an earlier call for the same w has filled it. Otherwise, and for w in the tape's own arena,
 * it is scratch of the arena and *ready is false. */
real *tape_cache(Tape *t, const real *w, size_t reals, bool *ready);

void tape_free_cache(Tape *t); /* frees all memory of tape_cache */
/* Memory for `reals` values: the front of the smallest recycled span that fits, else new memory of the arena. */
real *tape_take(Tape *t, size_t reals);
/* Recycles the gradient of an output whose backward has run and, with reuse, its values. */
void tape_recycle(Tape *t, Tensor *x);

#endif
