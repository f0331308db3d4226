/* The terms of the losses: of hash/constraints.h, each with its oracle. */
#include <math.h>

#include "hash/constraints.h"
#include "tests/oracle/cases.h"
#include "tests/oracle/oracle_hash.h"

/* b cases, w wide (d, q or c). */
#define SHAPES                                                                                               \
    {                                                                                                        \
        {1, 16}, {2, 2}, {3, 5}, {5, 16}, {8, 7}, {                                                          \
            4, 1                                                                                             \
        }                                                                                                    \
    }

static void pair_setup(Problem *p) {
    IN(p, false, VALUES_NORMAL, 2, p->a[0], p->a[1]);
    IN(p, false, VALUES_NORMAL, 2, p->a[0], p->a[1]);
    OUT(p, 1, 1);
}

static uint8_t *bytes_of(Problem *p, const int *ints, int n) {
    uint8_t *bytes = arena_alloc(&p->arena, (size_t)n);
    for (int i = 0; i < n; i++) bytes[i] = (uint8_t)ints[i];
    return bytes;
}

/* Constants are kept twice, as the op and as the oracle reads them. */
static void set_constant(Problem *p, int array, int i, double value) {
    p->reals[array][i] = (real)value;
    p->constant[array][i] = (double)p->reals[array][i];
}

/* ---- align ---- */

static const double TAU = 0.25;

static void align_setup(Problem *p) {
    int b = p->a[0];
    pair_setup(p);
    int *relation = problem_ints(p, 1, b * b, 0, 2);
    for (int i = 0; i < b; i++) relation[i * b + i] = RELATION_POSITIVE;
}

static Tensor *align_run(Tape *t, Problem *p) {
    return loss_align(t, p->in[0], p->in[1], bytes_of(p, p->ints[0], p->a[0] * p->a[0]), TAU);
}

static void align_oracle(const Problem *p, double *y) {
    uint8_t relation[64];
    for (int i = 0; i < p->a[0] * p->a[0]; i++) relation[i] = (uint8_t)p->ints[0][i];
    *y = oracle_align(p->x[0], p->x[1], relation, p->a[0], p->a[1], TAU);
}

static void teacher_setup(Problem *p) {
    pair_setup(p);
    FIXED(p, false, VALUES_NORMAL, 2, p->a[0], p->a[1]);
}

static Tensor *teacher_run(Tape *t, Problem *p) {
    return loss_teacher(t, p->in[0], p->in[1], p->in[2]);
}

static void teacher_oracle(const Problem *p, double *y) {
    *y = oracle_teacher(p->x[0], p->x[1], p->x[2], p->a[0], p->a[1]);
}

/* ---- manifold and laplacian ---- */

static void manifold_setup(Problem *p) {
    pair_setup(p);
    problem_reals(p, 1, p->a[0] * p->a[0], -1, 1);
}

static Tensor *manifold_run(Tape *t, Problem *p) {
    return loss_manifold(t, p->in[0], p->in[1], p->reals[0]);
}

static void manifold_oracle(const Problem *p, double *y) {
    *y = oracle_manifold(p->x[0], p->x[1], p->constant[0], p->a[0], p->a[1]);
}

/* Within one modality both factors are the same tensor. */
static void manifold_own_setup(Problem *p) {
    IN(p, false, VALUES_NORMAL, 2, p->a[0], p->a[1]);
    problem_reals(p, 1, p->a[0] * p->a[0], -1, 1);
    OUT(p, 1, 1);
}

static Tensor *manifold_own_run(Tape *t, Problem *p) {
    return loss_manifold(t, p->in[0], p->in[0], p->reals[0]);
}

static void manifold_own_oracle(const Problem *p, double *y) {
    *y = oracle_manifold(p->x[0], p->x[0], p->constant[0], p->a[0], p->a[1]);
}

static void laplacian_setup(Problem *p) {
    int b = p->a[0];
    pair_setup(p);
    for (int m = 0; m < 2; m++) {
        problem_reals(p, 1, b * b, 0, 1);
        for (int i = 0; i < b; i++) {
            set_constant(p, m, i * b + i, 1);
            for (int j = 0; j < i; j++) set_constant(p, m, i * b + j, p->constant[m][j * b + i]);
        }
    }
}

static Tensor *laplacian_run(Tape *t, Problem *p) {
    return loss_laplacian(t, p->in[0], p->in[1], p->reals[0], p->reals[1]);
}

static void laplacian_oracle(const Problem *p, double *y) {
    *y = oracle_laplacian(p->x[0], p->x[1], p->constant[0], p->constant[1], p->a[0], p->a[1]);
}

/* ---- balance, quantisation, likelihood, soft pairs, decorrelation ---- */

static Tensor *balance_run(Tape *t, Problem *p) {
    return loss_balance(t, p->in[0], p->in[1]);
}

static void balance_oracle(const Problem *p, double *y) {
    *y = oracle_balance(p->x[0], p->x[1], p->a[0], p->a[1]);
}

/* Sums stay 0.1 away from 0, where the sign jumps. */
static void quantisation_setup(Problem *p) {
    pair_setup(p);
    for (int i = 0; i < p->a[0] * p->a[1]; i++)
        if (fabs(p->x[0][i] + p->x[1][i]) < 0.1) {
            p->in[0]->data[i] += (real)0.25;
            p->x[0][i] = (double)p->in[0]->data[i];
        }
}

static Tensor *quantisation_run(Tape *t, Problem *p) {
    return loss_quantisation(t, p->in[0], p->in[1]);
}

static void quantisation_oracle(const Problem *p, double *y) {
    *y = oracle_quantisation(p->x[0], p->x[1], p->a[0], p->a[1]);
}

static void likelihood_setup(Problem *p) {
    pair_setup(p);
    problem_ints(p, 1, p->a[0] * p->a[0], 0, 1);
}

static Tensor *likelihood_run(Tape *t, Problem *p) {
    return loss_likelihood(t, p->in[0], p->in[1], bytes_of(p, p->ints[0], p->a[0] * p->a[0]));
}

static void likelihood_oracle(const Problem *p, double *y) {
    uint8_t similar[64];
    for (int i = 0; i < p->a[0] * p->a[0]; i++) similar[i] = (uint8_t)p->ints[0][i];
    *y = oracle_likelihood(p->x[0], p->x[1], similar, p->a[0], p->a[1]);
}

/* Scale and offset as they begin, and R in [0,1]. */
static void soft_pairs_setup(Problem *p) {
    pair_setup(p);
    IN(p, false, VALUES_NORMAL, 1, 1);
    IN(p, false, VALUES_NORMAL, 1, 1);
    problem_reals(p, 1, p->a[0] * p->a[0], 0, 1);
}

static Tensor *soft_pairs_run(Tape *t, Problem *p) {
    return loss_soft_pairs(t, p->in[0], p->in[1], p->in[2], p->in[3], p->reals[0]);
}

static void soft_pairs_oracle(const Problem *p, double *y) {
    *y = oracle_soft_pairs(p->x[0], p->x[1], p->x[2][0], p->x[3][0], p->constant[0], p->a[0], p->a[1]);
}

static Tensor *decorrelation_run(Tape *t, Problem *p) {
    return loss_decorrelation(t, p->in[0], p->in[1]);
}

static void decorrelation_oracle(const Problem *p, double *y) {
    *y = oracle_decorrelation(p->x[0], p->x[1], p->a[0], p->a[1]);
}

/* ---- classification ---- */

static const double BCE_WEIGHT = 3;

static void labels_setup(Problem *p) {
    IN(p, false, VALUES_NORMAL, 2, p->a[0], p->a[1]);
    int *label = problem_ints(p, 1, p->a[0], 0, p->a[1] - 1);
    problem_reals(p, 1, p->a[0] * p->a[1], 0, 1);
    for (int i = 0; i < p->a[0]; i++)
        for (int j = 0; j < p->a[1]; j++) set_constant(p, 0, i * p->a[1] + j, label[i] == j);
    OUT(p, 1, 1);
}

static void soft_labels_setup(Problem *p) {
    IN(p, false, VALUES_NORMAL, 2, p->a[0], p->a[1]);
    problem_ints(p, 1, p->a[0], 0, p->a[1] - 1);
    problem_reals(p, 1, p->a[0] * p->a[1], 0, 1);
    OUT(p, 1, 1);
}

static Tensor *classify(Tape *t, Problem *p, bool single, bool soft) {
    Targets y = {.b = p->a[0],
                 .c = p->a[1],
                 .single = single,
                 .label = p->ints[0],
                 .y = p->reals[0],
                 .soft = soft,
                 .bce_weight = (real)BCE_WEIGHT};
    return loss_classification(t, p->in[0], &y);
}

static Tensor *single_run(Tape *t, Problem *p) {
    return classify(t, p, true, false);
}
static Tensor *soft_run(Tape *t, Problem *p) {
    return classify(t, p, true, true);
}
static Tensor *several_run(Tape *t, Problem *p) {
    return classify(t, p, false, false);
}

static void single_oracle(const Problem *p, double *y) {
    *y = oracle_classification(p->x[0], p->constant[0], p->a[0], p->a[1], true, 1);
}

static void several_oracle(const Problem *p, double *y) {
    *y = oracle_classification(p->x[0], p->constant[0], p->a[0], p->a[1], false, BCE_WEIGHT);
}

static void weight_decay_setup(Problem *p) {
    IN(p, false, VALUES_NORMAL, 2, p->a[0], p->a[1]);
    OUT(p, 1, 1);
}

static Tensor *weight_decay_run(Tape *t, Problem *p) {
    return loss_weight_decay(t, p->in[0]);
}

static void weight_decay_oracle(const Problem *p, double *y) {
    *y = oracle_weight_decay(p->x[0], p->a[0] * p->a[1]);
}

#define ROW(name, node, set, function, restatement)                                                          \
    {                                                                                                        \
        .row = name, .op = node, .sizes = "b w", .setup = set, .run = function, .oracle = restatement,       \
        .shapes = SHAPES                                                                                     \
    }

const OpTest LOSS_OPS[] = {
    ROW("L_align, contrast", "align", align_setup, align_run, align_oracle),
    ROW("L_align, teacher", "teacher", teacher_setup, teacher_run, teacher_oracle),
    ROW("L_man, two modalities", "manifold", manifold_setup, manifold_run, manifold_oracle),
    ROW("L_man, one modality", "manifold", manifold_own_setup, manifold_own_run, manifold_own_oracle),
    ROW("L_man, laplacian", "laplacian", laplacian_setup, laplacian_run, laplacian_oracle),
    ROW("L_bal", "balance", pair_setup, balance_run, balance_oracle),
    ROW("L_cls, one label", "cross_entropy_softmax", labels_setup, single_run, single_oracle),
    ROW("L_cls, mixed labels", "cross_entropy_soft", soft_labels_setup, soft_run, single_oracle),
    ROW("L_cls, several labels", "cross_entropy_sigmoid", soft_labels_setup, several_run, several_oracle),
    ROW("L_cls, |W|^2", "sum_squares", weight_decay_setup, weight_decay_run, weight_decay_oracle),
    ROW("L_qua", "quantisation", quantisation_setup, quantisation_run, quantisation_oracle),
    ROW("L_like", "likelihood", likelihood_setup, likelihood_run, likelihood_oracle),
    ROW("L_soft", "soft_pairs", soft_pairs_setup, soft_pairs_run, soft_pairs_oracle),
    ROW("L_dec", "decorrelation", pair_setup, decorrelation_run, decorrelation_oracle),
}; /* LOSS_OPS */
const size_t N_LOSS_OPS = sizeof LOSS_OPS / sizeof *LOSS_OPS;
