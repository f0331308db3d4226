/* Cross-entropies of logits z (b,c), p = softmax(z) by rows.
 *     softmax  1/b sum_i -log p[i,label[i]]                        dz = (p - onehot(label)) / b
 *     soft     1/b sum_i sum_j -target[i,j] log p[i,j]             dz = (p sum_j target[i,j] - target) / b
 *     sigmoid  1/(bc) sum_ij max(z,0) - z y + log1p(exp(-|z|))     dz = (1/(1+exp(-z)) - y) / (bc)
 * log p[i,j] = z[i,j] - m - log sum_k exp(z[i,k] - m), m the row's maximum: nothing overflows at z = +-1e4. The third is
 * -y log sigmoid(z) - (1-y) log(1 - sigmoid(z)) without its cancellation.
 * Saved: dz, computed on the way; the backward is gz += gy dz for all three. */
#include <math.h>

#include "nn/ops.h"

static void backward(Tape *t, const Node *node) {
    const real *slope = node->saved;
    real *gz = tape_grad(t, node->in[0]), gy = node->out->grad[0];
    for (size_t i = 0; i < tensor_size(node->in[0]); i++) gz[i] += gy * slope[i];
}

/* An array for dz, or NULL where z needs no gradient. */
static real *slope_of(Tape *t, Tensor *z) {
    return tape_needs(t, 1, &z) ? arena_alloc(&t->arena, tensor_size(z) * sizeof(real)) : NULL;
}

static Tensor *finish(Tape *t, const char *op, Tensor *z, double loss, real *slope) {
    Tensor *y = tape_tensor1(t, 1);
    y->data[0] = (real)loss;
    tape_record(t, op, backward, y, 1, &z, slope);
    return y;
}

static void require_matrix(const char *op, const Tensor *z) {
    char shape[64];
    NN_REQUIRE(z->rank == 2, "%s: z %s must be (b,c)", op, tensor_shape(z, shape));
}

/* max + log sum exp(z - max) of c numbers */
static double log_sum_exp(const real *z, int c) {
    double max = (double)z[0], sum = 0;
    for (int j = 1; j < c; j++)
        if ((double)z[j] > max) max = (double)z[j];
    for (int j = 0; j < c; j++) sum += exp((double)z[j] - max);
    return max + log(sum);
}

Tensor *op_cross_entropy_softmax(Tape *t, Tensor *z, const int *label) {
    require_matrix("cross_entropy_softmax", z);
    int b = z->dim[0], c = z->dim[1];
    real *slope = slope_of(t, z);
    double loss = 0;
    for (int i = 0; i < b; i++) {
        NN_REQUIRE(label[i] >= 0 && label[i] < c, "cross_entropy_softmax: label[%d] = %d of %d", i, label[i],
                   c);
        const real *row = z->data + (size_t)i * (size_t)c;
        double total = log_sum_exp(row, c);
        loss += total - (double)row[label[i]];
        for (int j = 0; slope && j < c; j++)
            slope[(size_t)i * (size_t)c + (size_t)j] =
                (real)((exp((double)row[j] - total) - (j == label[i])) / b);
    }
    return finish(t, "cross_entropy_softmax", z, loss / b, slope);
}

Tensor *op_cross_entropy_soft(Tape *t, Tensor *z, const real *target) {
    require_matrix("cross_entropy_soft", z);
    int b = z->dim[0], c = z->dim[1];
    real *slope = slope_of(t, z);
    double loss = 0;
    for (int i = 0; i < b; i++) {
        const real *row = z->data + (size_t)i * (size_t)c, *want = target + (size_t)i * (size_t)c;
        double total = log_sum_exp(row, c), mass = 0;
        for (int j = 0; j < c; j++) {
            mass += (double)want[j];
            loss += (double)want[j] * (total - (double)row[j]);
        }
        for (int j = 0; slope && j < c; j++)
            slope[(size_t)i * (size_t)c + (size_t)j] =
                (real)((exp((double)row[j] - total) * mass - (double)want[j]) / b);
    }
    return finish(t, "cross_entropy_soft", z, loss / b, slope);
}

Tensor *op_cross_entropy_sigmoid(Tape *t, Tensor *z, const real *y) {
    require_matrix("cross_entropy_sigmoid", z);
    size_t size = tensor_size(z);
    real *slope = slope_of(t, z);
    double loss = 0;
    for (size_t i = 0; i < size; i++) {
        double v = (double)z->data[i], want = (double)y[i];
        NN_REQUIRE(want >= 0 && want <= 1, "cross_entropy_sigmoid: label %g", want);
        loss += (v > 0 ? v : 0) - v * want + log1p(exp(-fabs(v)));
        if (slope) slope[i] = (real)((1 / (1 + exp(-v)) - want) / (double)size);
    }
    return finish(t, "cross_entropy_sigmoid", z, loss / (double)size, slope);
}
