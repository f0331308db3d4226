/* The total loss: y = sum_i weight[i] x_i of scalars; gx_i += weight[i] gy. Saved: the weights. */
#include <string.h>

#include "nn/ops.h"

static void weighted_sum_backward(Tape *t, const Node *node) {
    const real *weight = node->saved;
    for (int i = 0; i < node->n_in; i++) {
        real *gx = tape_grad(t, node->in[i]);
        if (gx) gx[0] += weight[i] * node->out->grad[0];
    }
}

Tensor *op_weighted_sum(Tape *t, int n, Tensor *const *x, const real *weight) {
    NN_REQUIRE(n > 0 && n <= NODE_INPUTS, "weighted_sum: %d terms", n);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        if (!x[i]) continue;
        NN_REQUIRE(tensor_size(x[i]) == 1, "weighted_sum: term %d has %zu elements", i, tensor_size(x[i]));
        sum += (double)weight[i] * (double)x[i]->data[0];
    }
    Tensor *y = tape_tensor1(t, 1);
    y->data[0] = (real)sum;
    real *saved = arena_alloc(&t->arena, (size_t)n * sizeof *saved);
    memcpy(saved, weight, (size_t)n * sizeof *saved);
    tape_record(t, "weighted_sum", weighted_sum_backward, y, n, x, saved);
    return y;
}
