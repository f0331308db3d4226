/* EQ(balance)  L_bal = 1/q sum_{m=v,t} | 1/b H_m' 1 |^2          [P named; form of DCMH (Jiang & Li, CVPR 2017)]
 * Every bit should be +1 for half of the cases: the mean of each column of H goes to 0.
 *     mean_j = 1/b sum_i H_ij            L = 1/q sum_m sum_j mean_j^2
 *     dL/dH_ij = 2/(b q) mean_j */
#include "hash/constraints.h"
#include "nn/base/error.h"

static void column_means(const Tensor *h, double *mean) {
    int b = h->dim[0], q = h->dim[1];
    for (int j = 0; j < q; j++) {
        double sum = 0;
        for (int i = 0; i < b; i++) sum += (double)h->data[i * q + j];
        mean[j] = sum / b;
    }
}

static void balance_backward(Tape *t, const Node *node) {
    double *mean = node->saved; /* (2,q) */
    double up = (double)node->out->grad[0];
    for (int m = 0; m < 2; m++) {
        real *g = tape_grad(t, node->in[m]);
        int b = node->in[m]->dim[0], q = node->in[m]->dim[1];
        if (!g) continue;
        for (int i = 0; i < b; i++)
            for (int j = 0; j < q; j++) g[i * q + j] += (real)(up * 2 / ((double)b * q) * mean[m * q + j]);
    }
}

Tensor *loss_balance(Tape *t, Tensor *h_v, Tensor *h_t) {
    NN_REQUIRE(h_v->rank == 2 && tensor_same_shape(h_v, h_t), "balance: codes of different shapes");
    int q = h_v->dim[1];
    double *mean = arena_alloc(&t->arena, 2 * (size_t)q * sizeof *mean);
    column_means(h_v, mean);
    column_means(h_t, mean + q);
    double sum = 0;
    for (int j = 0; j < 2 * q; j++) sum += mean[j] * mean[j];
    return tape_scalar(t, "balance", "balance", balance_backward, sum / q, 2, (Tensor *[]){h_v, h_t}, mean);
}
