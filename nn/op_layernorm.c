/* EQ(layernorm)  y = gamma xhat + beta, xhat = (x - mean)/sqrt(var + 1e-5) over the last dimension (d), var biased
 *     dgamma += sum dy xhat      dbeta += sum dy
 *     dx += (g - mean(g) - xhat mean(g xhat)) / sqrt(var + 1e-5), g = dy gamma
 * Saved: mean and 1/sqrt(var + 1e-5) of every row; xhat is computed again. */
#include <math.h>

#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

static void layernorm_forward(Tape *t, const Tensor *x, const Tensor *gamma, const Tensor *beta, real *stats,
                              Tensor *y) {
    (void)t;
    size_t rows = tensor_rows(x), d = (size_t)tensor_last(x);
    for (size_t r = 0; r < rows; r++) {
        const real *in = x->data + r * d;
        double mean = 0, var = 0;
        for (size_t j = 0; j < d; j++) mean += (double)in[j] / (double)d;
        for (size_t j = 0; j < d; j++) var += ((double)in[j] - mean) * ((double)in[j] - mean) / (double)d;
        double inverse = 1 / sqrt(var + 1e-5);
        for (size_t j = 0; j < d; j++)
            y->data[r * d + j] =
                (real)((double)gamma->data[j] * ((double)in[j] - mean) * inverse + (double)beta->data[j]);
        if (stats) stats[2 * r] = (real)mean, stats[2 * r + 1] = (real)inverse;
    }
}

static void layernorm_backward(Tape *t, const Node *node) {
    const Tensor *x = node->in[0];
    const real *gamma = node->in[1]->data, *stats = node->saved;
    real *dx = tape_grad(t, node->in[0]), *dgamma = tape_grad(t, node->in[1]),
         *dbeta = tape_grad(t, node->in[2]);
    size_t rows = tensor_rows(x), d = (size_t)tensor_last(x);
    for (size_t r = 0; r < rows; r++) {
        const real *in = x->data + r * d, *dy = node->out->grad + r * d;
        double mean = (double)stats[2 * r], inverse = (double)stats[2 * r + 1], mean_g = 0, mean_product = 0;
        for (size_t j = 0; j < d; j++) {
            double xhat = ((double)in[j] - mean) * inverse, g = (double)dy[j] * (double)gamma[j];
            if (dgamma) dgamma[j] += (real)((double)dy[j] * xhat);
            if (dbeta) dbeta[j] += dy[j];
            mean_g += g / (double)d;
            mean_product += g * xhat / (double)d;
        }
        for (size_t j = 0; dx && j < d; j++) {
            double xhat = ((double)in[j] - mean) * inverse, g = (double)dy[j] * (double)gamma[j];
            dx[r * d + j] += (real)((g - mean_g - xhat * mean_product) * inverse);
        }
    }
}

Tensor *op_layernorm(Tape *t, Tensor *x, Tensor *gamma, Tensor *beta) {
    char s[64], u[64];
    NN_REQUIRE(gamma->rank == 1 && gamma->dim[0] == tensor_last(x) && tensor_same_shape(gamma, beta),
               "layernorm: x %s, gamma %s", tensor_shape(x, s), tensor_shape(gamma, u));
    Tensor *in[] = {x, gamma, beta}, *y = tape_like(t, x);
    real *stats = tape_needs(t, 3, in) ? arena_alloc(&t->arena, 2 * tensor_rows(x) * sizeof *stats) : NULL;
    FAST_OR(layernorm, layernorm_forward)(t, x, gamma, beta, stats, y);
    tape_record(t, "layernorm", FAST_OR(layernorm_backward, layernorm_backward), y, 3, in, stats);
    return y;
}
