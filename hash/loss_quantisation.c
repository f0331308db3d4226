/* EQ(quantisation)  L_qua = 1/(bq) sum_{m=v,t} | H_m - B |^2,  B = sign(H_v + H_t), sign(0) = +1      [O, form of DCMH]
 * B is a constant here: no gradient goes through it.
 *     dL/dH_m = 2/(b q) (H_m - B) */
#include "hash/constraints.h"
#include "nn/base/error.h"

static void quantisation_backward(Tape *t, const Node *node) {
    const real *code = node->saved; /* B (b,q) */
    size_t n = tensor_size(node->in[0]);
    real up = (real)(2 * (double)node->out->grad[0] / (double)n);
    for (int m = 0; m < 2; m++) {
        const real *h = node->in[m]->data;
        real *g = tape_grad(t, node->in[m]);
        for (size_t i = 0; g && i < n; i++) g[i] += up * (h[i] - code[i]);
    }
}

Tensor *loss_quantisation(Tape *t, Tensor *h_v, Tensor *h_t) {
    NN_REQUIRE(h_v->rank == 2 && tensor_same_shape(h_v, h_t), "quantisation: codes of different shapes");
    size_t n = tensor_size(h_v);
    real *code = arena_alloc(&t->arena, n * sizeof *code);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double v = (double)h_v->data[i], x = (double)h_t->data[i];
        double sign = v + x >= 0 ? 1 : -1;
        code[i] = (real)sign;
        sum += (v - sign) * (v - sign) + (x - sign) * (x - sign);
    }
    return tape_scalar(t, "quantisation", "quantisation", quantisation_backward, sum / (double)n, 2,
                       (Tensor *[]){h_v, h_t}, code);
}
