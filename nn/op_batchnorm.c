/* EQ(batchnorm)  y = relu?( gamma xhat + beta + add? ), xhat = (x - mean)/sqrt(var + 1e-5) per channel, over all rows (b h w)
 *     g = dy [y > 0] with relu, else dy        dadd += g        dbeta += sum g        dgamma += sum g xhat
 *     training:  dx += gamma/sqrt(var + 1e-5) (g - mean(g) - xhat mean(g xhat))
 *     otherwise: dx += gamma/sqrt(var + 1e-5) g
 * Saved: BatchNormSaved. xhat is computed again from x; the mask of relu is y. */
#include <math.h>
#include <string.h>

#include "nn/base/error.h"
#include "nn/fast.h"
#include "nn/ops.h"

static const double EPSILON = 1e-5, MOMENTUM = 0.1;

static void batchnorm_moments(Tape *t, const Tensor *x, double *mean, double *var) {
    (void)t;
    size_t rows = tensor_rows(x), c = (size_t)tensor_last(x);
    for (size_t j = 0; j < c; j++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < rows; r++) sum += (double)x->data[r * c + j];
        mean[j] = sum / (double)rows;
        for (size_t r = 0; r < rows; r++) {
            double d = (double)x->data[r * c + j] - mean[j];
            squares += d * d;
        }
        var[j] = squares / (double)rows;
    }
}

static void batchnorm_forward(Tape *t, const Tensor *x, const Tensor *gamma, const Tensor *beta,
                              const Tensor *add, const BatchNormSaved *s, Tensor *y) {
    (void)t;
    size_t size = tensor_size(x), c = (size_t)tensor_last(x);
    for (size_t i = 0; i < size; i++) {
        size_t j = i % c;
        real value = gamma->data[j] * (x->data[i] - s->mean[j]) * s->inverse[j] + beta->data[j];
        if (add) value += add->data[i];
        y->data[i] = s->relu && value < 0 ? 0 : value;
    }
}

static void batchnorm_backward(Tape *t, const Node *node) {
    const BatchNormSaved *s = node->saved;
    const Tensor *x = node->in[0], *gamma = node->in[1], *y = node->out;
    real *dx = tape_grad(t, node->in[0]), *dgamma = tape_grad(t, node->in[1]);
    real *dbeta = tape_grad(t, node->in[2]), *dadd = tape_grad(t, node->in[3]);
    size_t rows = tensor_rows(x), c = (size_t)tensor_last(x);
    for (size_t j = 0; j < c; j++) {
        double sum = 0, product = 0, mean = (double)s->mean[j], inverse = (double)s->inverse[j];
        for (size_t i = j; i < rows * c; i += c) {
            double g = s->relu && !(y->data[i] > 0) ? 0 : (double)y->grad[i];
            sum += g;
            product += g * ((double)x->data[i] - mean) * inverse;
            if (dadd) dadd[i] += (real)g;
        }
        if (dbeta) dbeta[j] += (real)sum;
        if (dgamma) dgamma[j] += (real)product;
        for (size_t i = j; dx && i < rows * c; i += c) {
            double g = s->relu && !(y->data[i] > 0) ? 0 : (double)y->grad[i];
            double xhat = ((double)x->data[i] - mean) * inverse;
            if (s->batch) g -= sum / (double)rows + xhat * product / (double)rows;
            dx[i] += (real)((double)gamma->data[j] * inverse * g);
        }
    }
}

/* Mean and 1/deviation of this batch; moves the running ones. */
static void batch_statistics(Tape *t, const Tensor *x, BatchNormSaved *saved, Tensor *running_mean,
                             Tensor *running_var) {
    ArenaMark mark = tape_mark(t);
    size_t c = (size_t)tensor_last(x);
    double *mean = arena_alloc(&t->arena, 2 * c * sizeof *mean), *var = mean + c, n = (double)tensor_rows(x);
    FAST_OR(batchnorm_moments, batchnorm_moments)(t, x, mean, var);
    for (size_t j = 0; j < c; j++) {
        saved->mean[j] = (real)mean[j];
        saved->inverse[j] = (real)(1 / sqrt(var[j] + EPSILON));
        real *m = &running_mean->data[j], *v = &running_var->data[j];
        *m = (real)((1 - MOMENTUM) * (double)*m + MOMENTUM * mean[j]);
        *v = (real)((1 - MOMENTUM) * (double)*v + MOMENTUM * var[j] * (n > 1 ? n / (n - 1) : 1));
    }
    tape_release(t, mark);
}

Tensor *op_batchnorm(Tape *t, Tensor *x, Tensor *gamma, Tensor *beta, Tensor *running_mean,
                     Tensor *running_var, Tensor *add, bool relu) {
    char s[64], u[64];
    size_t c = (size_t)tensor_last(x);
    NN_REQUIRE(gamma->rank == 1 && gamma->dim[0] == tensor_last(x) && tensor_same_shape(gamma, beta) &&
                   tensor_same_shape(gamma, running_mean) && tensor_same_shape(gamma, running_var),
               "batchnorm: x %s, gamma %s", tensor_shape(x, s), tensor_shape(gamma, u));
    NN_REQUIRE(!add || tensor_same_shape(x, add), "batchnorm: x %s, add %s", tensor_shape(x, s),
               tensor_shape(add, u));
    Tensor *y = tape_like(t, x);
    BatchNormSaved *saved = arena_alloc(&t->arena, sizeof *saved);
    real *values = arena_alloc(&t->arena, 2 * c * sizeof(real));
    *saved = (BatchNormSaved){relu, t->training, values, values + c};
    if (t->training)
        batch_statistics(t, x, saved, running_mean, running_var);
    else
        for (size_t j = 0; j < c; j++) {
            saved->mean[j] = running_mean->data[j];
            saved->inverse[j] = (real)(1 / sqrt((double)running_var->data[j] + EPSILON));
        }
    FAST_OR(batchnorm, batchnorm_forward)(t, x, gamma, beta, add, saved, y);
    tape_record(t, "batchnorm", FAST_OR(batchnorm_backward, batchnorm_backward), y, 4,
                (Tensor *[]){x, gamma, beta, add}, saved);
    return y;
}
