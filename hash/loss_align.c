/* EQ(align)  e_ij = exp(cos(c_v,i , c_t,j)/tau);  P_i positives, N_i negatives of row i                     [O]
 *     L = -1/(2b) sum_i [ log( sum_P e_ij / (sum_P e_ij + sum_N e_ij) ) + the same over columns ]
 *         + 1/(bd) sum_{m=v,t} | c_m - stopgrad(c_vt) |^2                                    (loss_teacher)
 * With z_ij = cos_ij/tau, all by log-sum-exp; an empty N_i gives 0:
 *     dL/dz_ij = 1/(2b) [ (softmax over P u N - softmax over P of row i)_j + the same of column j ]
 *     d cos_ij/dc_v,i = (c^_t,j - cos_ij c^_v,i)/|c_v,i|,   c^ = c/|c|
 * A zero vector has cosine 0 and gradient 0. */
#include <math.h>

#include "hash/constraints.h"
#include "nn/base/error.h"
#include "nn/blas.h"

typedef struct {
    real *unit_v, *unit_t;   /* (b,d) rows of length 1 */
    double *norm_v, *norm_t; /* (b) */
    real *cosine, *slope;    /* (b,b) cos_ij and dL/dcos_ij */
} AlignSaved;

static void unit_rows(const Tensor *c, real *unit, double *norm) {
    int b = c->dim[0], d = c->dim[1];
    for (int i = 0; i < b; i++) {
        double sum = 0;
        for (int j = 0; j < d; j++) sum += (double)c->data[i * d + j] * (double)c->data[i * d + j];
        norm[i] = sqrt(sum);
        for (int j = 0; j < d; j++)
            unit[i * d + j] = norm[i] > 0 ? (real)((double)c->data[i * d + j] / norm[i]) : 0;
    }
}

typedef struct {
    double positive, all; /* log of the sums of e_ij over P, and over P and N */
    int negatives;
} LogSums;

/* Each sum subtracts its own largest z: at a small tau one large negative would otherwise make every positive underflow, and with it the
 * gradient of the positives vanish. */
static LogSums log_sums(const real *cosine, const uint8_t *relation, int n, int step, double tau) {
    double most_positive = -INFINITY, most = -INFINITY, positive = 0, all = 0;
    int negatives = 0;
    for (int j = 0; j < n; j++) {
        double z = (double)cosine[j * step] / tau;
        if (relation[j * step] == RELATION_POSITIVE) most_positive = fmax(most_positive, z);
        if (relation[j * step] != RELATION_IGNORED) most = fmax(most, z);
        negatives += relation[j * step] == RELATION_NEGATIVE;
    }
    for (int j = 0; j < n; j++) {
        double z = (double)cosine[j * step] / tau;
        if (relation[j * step] == RELATION_POSITIVE) positive += exp(z - most_positive);
        if (relation[j * step] != RELATION_IGNORED) all += exp(z - most);
    }
    return (LogSums){most_positive + log(positive), most + log(all), negatives};
}

/* One row (step 1) or column (step b) of z: returns -log(P/(P+N)) and adds its derivative, times `weight`, to slope. */
static double contrast(const real *cosine, const uint8_t *relation, int n, int step, double tau,
                       double weight, real *slope) {
    LogSums sum = log_sums(cosine, relation, n, step, tau);
    if (sum.negatives == 0) return 0;
    for (int j = 0; j < n; j++) {
        if (relation[j * step] == RELATION_IGNORED) continue;
        double z = (double)cosine[j * step] / tau, share = exp(z - sum.all);
        if (relation[j * step] == RELATION_POSITIVE) share -= exp(z - sum.positive);
        slope[j * step] += (real)(weight * share / tau);
    }
    return sum.all - sum.positive;
}

/* g_i += sum_j slope_ij (other_j - cos_ij own_i)/norm_i, slope read by rows (trans = false) or columns */
static void cosine_backward(real *g, const real *own, const double *norm, const real *other,
                            const AlignSaved *s, int b, int d, bool trans, double up, real *pull) {
    blas_gemm(trans, false, b, d, b, 1, s->slope, b, other, d, 0, pull, d);
    for (int i = 0; i < b; i++) {
        if (norm[i] == 0) continue;
        double along = 0;
        for (int j = 0; j < b; j++) {
            int k = trans ? j * b + i : i * b + j;
            along += (double)s->slope[k] * (double)s->cosine[k];
        }
        for (int j = 0; j < d; j++)
            g[i * d + j] += (real)(up * ((double)pull[i * d + j] - along * (double)own[i * d + j]) / norm[i]);
    }
}

static void align_backward(Tape *t, const Node *node) {
    const AlignSaved *s = node->saved;
    int b = node->in[0]->dim[0], d = node->in[0]->dim[1];
    double up = (double)node->out->grad[0];
    real *g_v = tape_grad(t, node->in[0]), *g_t = tape_grad(t, node->in[1]);
    ArenaMark mark = tape_mark(t);
    real *pull = arena_alloc(&t->arena, (size_t)b * (size_t)d * sizeof *pull);
    if (g_v) cosine_backward(g_v, s->unit_v, s->norm_v, s->unit_t, s, b, d, false, up, pull);
    if (g_t) cosine_backward(g_t, s->unit_t, s->norm_t, s->unit_v, s, b, d, true, up, pull);
    tape_release(t, mark);
}

Tensor *loss_align(Tape *t, Tensor *c_v, Tensor *c_t, const uint8_t *relation, double tau) {
    NN_REQUIRE(c_v->rank == 2 && tensor_same_shape(c_v, c_t), "align: contexts of different shapes");
    NN_REQUIRE(tau > 0, "align: tau %g", tau);
    int b = c_v->dim[0], d = c_v->dim[1];
    for (int i = 0; i < b; i++)
        NN_REQUIRE(relation[i * b + i] == RELATION_POSITIVE, "align: pair %d is not its own positive", i);
    size_t rows = (size_t)b, width = (size_t)d;
    AlignSaved *s = arena_alloc(&t->arena, sizeof *s);
    s->unit_v = arena_alloc(&t->arena, rows * width * sizeof(real));
    s->unit_t = arena_alloc(&t->arena, rows * width * sizeof(real));
    s->norm_v = arena_alloc(&t->arena, rows * sizeof(double));
    s->norm_t = arena_alloc(&t->arena, rows * sizeof(double));
    s->cosine = arena_alloc(&t->arena, rows * rows * sizeof(real));
    s->slope = arena_calloc(&t->arena, rows * rows, sizeof(real));
    unit_rows(c_v, s->unit_v, s->norm_v);
    unit_rows(c_t, s->unit_t, s->norm_t);
    blas_gemm(false, true, b, b, d, 1, s->unit_v, d, s->unit_t, d, 0, s->cosine, b);
    double sum = 0, weight = 1 / (2.0 * b);
    for (int i = 0; i < b; i++) {
        sum += contrast(s->cosine + i * b, relation + i * b, b, 1, tau, weight, s->slope + i * b);
        sum += contrast(s->cosine + i, relation + i, b, b, tau, weight, s->slope + i);
    }
    return tape_scalar(t, "align", "align", align_backward, weight * sum, 2, (Tensor *[]){c_v, c_t}, s);
}

/* dL/dc_m = 2/(b d) (c_m - c_vt); none to c_vt. */
static void teacher_backward(Tape *t, const Node *node) {
    const Tensor *joint = node->saved;
    size_t n = tensor_size(joint);
    real up = (real)(2 * (double)node->out->grad[0] / (double)n);
    for (int m = 0; m < 2; m++) {
        const real *c = node->in[m]->data;
        real *g = tape_grad(t, node->in[m]);
        for (size_t i = 0; g && i < n; i++) g[i] += up * (c[i] - joint->data[i]);
    }
}

Tensor *loss_teacher(Tape *t, Tensor *c_v, Tensor *c_t, Tensor *c_joint) {
    NN_REQUIRE(tensor_same_shape(c_v, c_joint) && tensor_same_shape(c_t, c_joint),
               "teacher: different shapes");
    size_t n = tensor_size(c_joint);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double v = (double)c_v->data[i] - (double)c_joint->data[i],
               x = (double)c_t->data[i] - (double)c_joint->data[i];
        sum += v * v + x * x;
    }
    return tape_scalar(t, "teacher", "align", teacher_backward, sum / (double)n, 2, (Tensor *[]){c_v, c_t},
                       c_joint);
}
