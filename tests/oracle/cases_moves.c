#include <math.h>
#include <string.h>

#include "tests/oracle/cases.h"
#include "tests/oracle/oracle.h"

static const int *lengths_of(const Problem *p, int which, int given) {
    return given ? p->ints[which] : NULL;
}

/* ---- mean_tokens: b n d; a[3]: 1 lengths are given ---- */

static void mean_tokens_setup(Problem *p) {
    IN(p, true, VALUES_NORMAL, 3, p->a[0], p->a[1], p->a[2]);
    problem_ints(p, p->a[0], 1, 0, p->a[1]);
    OUT(p, 2, p->a[0], p->a[2]);
}
static Tensor *mean_tokens_run(Tape *t, Problem *p) {
    return op_mean_tokens(t, p->in[0], lengths_of(p, 0, p->a[3]));
}
static void mean_tokens_oracle(const Problem *p, double *y) {
    oracle_mean_tokens(p->a[0], p->a[1], p->a[2], p->x[0], lengths_of(p, 0, p->a[3]), y);
}

/* ---- all elements ---- */

static void all_setup(Problem *p) {
    IN(p, false, VALUES_NORMAL, 3, p->a[0], p->a[1], p->a[2]);
    OUT(p, 1, 1);
}
static Tensor *mean_run(Tape *t, Problem *p) {
    return op_mean(t, p->in[0]);
}
static void mean_oracle(const Problem *p, double *y) {
    int size = p->a[0] * p->a[1] * p->a[2];
    for (int i = size - 1; i >= 0; i--) y[0] += p->x[0][i] / size;
}
static Tensor *sum_squares_run(Tape *t, Problem *p) {
    return op_sum_squares(t, p->in[0]);
}
static void sum_squares_oracle(const Problem *p, double *y) {
    for (int i = p->a[0] * p->a[1] * p->a[2] - 1; i >= 0; i--) y[0] += pow(p->x[0][i], 2);
}

/* ---- embedding: b n g d words buckets (0: no subwords) positions ---- */

static void embedding_setup(Problem *p) {
    const int *a = p->a, b = a[0], n = a[1], g = a[2], d = a[3];
    IN(p, false, VALUES_NORMAL, 2, a[4], d);
    if (a[5])
        IN(p, false, VALUES_NORMAL, 2, a[5], d);
    else
        problem_absent(p);
    IN(p, false, VALUES_NORMAL, 2, a[6], d);
    problem_ints(p, b, n, 0, a[4] - 1);
    problem_ints(p, b, n * g, -1, a[5] - 1);
    problem_ints(p, b, 1, 0, n);
    OUT(p, 3, b, n, d);
}
static Tensor *embedding_run(Tape *t, Problem *p) {
    const int *a = p->a;
    return op_embedding(t, p->in[0], p->in[1], p->in[2], p->ints[0], a[5] ? p->ints[1] : NULL, a[0], a[1],
                        a[2], p->ints[2]);
}
static void embedding_oracle(const Problem *p, double *y) {
    const int *a = p->a;
    oracle_embedding(a[0], a[1], a[2], a[3], p->x[0], p->x[1], p->x[2], p->ints[0], p->ints[1], p->ints[2],
                     y);
}

/* ---- sequence: b n1 n2 (0: none) d m1 m2 lengths ---- */

static void sequence_setup(Problem *p) {
    const int *a = p->a, b = a[0], d = a[3];
    IN(p, false, VALUES_NORMAL, 1, d);
    IN(p, false, VALUES_NORMAL, 2, 2, d);
    IN(p, true, VALUES_NORMAL, 3, b, a[1], d);
    if (a[2])
        IN(p, true, VALUES_NORMAL, 3, b, a[2], d);
    else
        problem_absent(p);
    problem_ints(p, b, 1, 0, a[1]);
    problem_ints(p, b, 1, 0, a[2]);
    OUT(p, 3, b, 1 + a[1] + a[2], d);
}
static Tensor *sequence_run(Tape *t, Problem *p) {
    const int *a = p->a;
    return op_sequence(t, p->in[0], p->in[1], p->in[2], a[4], lengths_of(p, 0, a[6]), p->in[3], a[5],
                       lengths_of(p, 1, a[6]));
}
static void sequence_oracle(const Problem *p, double *y) {
    const int *a = p->a;
    oracle_sequence(a[0], a[1], a[2], a[3], p->x[0], p->x[1], p->x[2], a[4], lengths_of(p, 0, a[6]), p->x[3],
                    a[5], lengths_of(p, 1, a[6]), y);
}

/* ---- moves ---- */

static void reshape_setup(Problem *p) {
    IN(p, true, VALUES_NORMAL, 3, p->a[0], p->a[1], p->a[2]);
    OUT(p, 2, p->a[0], p->a[1] * p->a[2]);
}
static Tensor *reshape_run(Tape *t, Problem *p) {
    return op_reshape(t, p->in[0], 2, DIMS(p->a[0], p->a[1] * p->a[2]));
}
static void reshape_oracle(const Problem *p, double *y) {
    for (int i = 0; i < p->a[0] * p->a[1] * p->a[2]; i++) y[i] = p->x[0][i];
}

/* token: b n d index */
static void token_setup(Problem *p) {
    IN(p, true, VALUES_NORMAL, 3, p->a[0], p->a[1], p->a[2]);
    OUT(p, 2, p->a[0], p->a[2]);
}
static Tensor *token_run(Tape *t, Problem *p) {
    return op_token(t, p->in[0], p->a[3]);
}
static void token_oracle(const Problem *p, double *y) {
    const int *a = p->a;
    for (int i = 0; i < a[0]; i++)
        for (int k = 0; k < a[2]; k++) y[i * a[2] + k] = p->x[0][(i * a[1] + a[3]) * a[2] + k];
}

/* slice_rows: b n d from count */
static void slice_setup(Problem *p) {
    IN(p, false, VALUES_NORMAL, 3, p->a[0], p->a[1], p->a[2]);
    OUT(p, 3, p->a[4], p->a[1], p->a[2]);
}
static Tensor *slice_run(Tape *t, Problem *p) {
    return op_slice_rows(t, p->in[0], p->a[3], p->a[4]);
}
static void slice_oracle(const Problem *p, double *y) {
    int row = p->a[1] * p->a[2];
    for (int i = 0; i < p->a[4] * row; i++) y[i] = p->x[0][p->a[3] * row + i];
}

/* ---- cross-entropies: b c ---- */

static void logits_setup(Problem *p) {
    IN(p, false, VALUES_NORMAL, 2, p->a[0], p->a[1]);
    problem_ints(p, p->a[0], 1, 0, p->a[1] - 1);
    problem_reals(p, p->a[0], p->a[1], 0, 1);
    OUT(p, 1, 1);
}
static Tensor *ce_softmax_run(Tape *t, Problem *p) {
    return op_cross_entropy_softmax(t, p->in[0], p->ints[0]);
}
static void ce_softmax_oracle(const Problem *p, double *y) {
    y[0] = oracle_cross_entropy_softmax(p->a[0], p->a[1], p->x[0], p->ints[0]);
}
static Tensor *ce_soft_run(Tape *t, Problem *p) {
    return op_cross_entropy_soft(t, p->in[0], p->reals[0]);
}
static void ce_soft_oracle(const Problem *p, double *y) {
    y[0] = oracle_cross_entropy_soft(p->a[0], p->a[1], p->x[0], p->constant[0]);
}
static Tensor *ce_sigmoid_run(Tape *t, Problem *p) {
    return op_cross_entropy_sigmoid(t, p->in[0], p->reals[0]);
}
static void ce_sigmoid_oracle(const Problem *p, double *y) {
    y[0] = oracle_cross_entropy_sigmoid(p->a[0], p->a[1], p->x[0], p->constant[0]);
}

/* ---- weighted_sum: n terms; term number a[1] is absent (0: none), a[2] = 1: the last two are the same
 * tensor ---- */

static void sum_setup(Problem *p) {
    for (int i = 0; i < p->a[0]; i++) {
        if (p->a[1] == i + 1)
            problem_absent(p);
        else
            IN(p, false, VALUES_NORMAL, 1, 1);
    }
    problem_reals(p, 1, p->a[0], -2, 2);
    OUT(p, 1, 1);
}
static Tensor *sum_run(Tape *t, Problem *p) {
    Tensor *x[NODE_INPUTS];
    int n = p->a[0];
    memcpy(x, p->in, sizeof x);
    if (p->a[2]) x[n - 1] = x[n - 2];
    return op_weighted_sum(t, n, x, p->reals[0]);
}
static void sum_oracle(const Problem *p, double *y) {
    int n = p->a[0];
    for (int i = 0; i < n; i++) {
        const double *x = p->a[2] && i == n - 1 ? p->x[n - 2] : p->x[i];
        if (x) y[0] += p->constant[0][i] * x[0];
    }
}

#define MATRICES                                                                                             \
    {                                                                                                        \
        {1, 2}, {1, 5}, {4, 3}, {7, 1}, {                                                                    \
            5, 8                                                                                             \
        }                                                                                                    \
    }

const OpTest MOVE_OPS[] = {
    {"mean_tokens", "mean_tokens", "b n d lengths", mean_tokens_setup, mean_tokens_run, mean_tokens_oracle,
     .cases = true, .big = {{9, 70, 65, 1}},
     .shapes = {{1, 1, 1, 0}, {1, 5, 3, 0}, {3, 4, 2, 1}, {5, 7, 3, 1}, {2, 1, 9, 1}}},
    {"mean", "mean", "b n d", all_setup, mean_run, mean_oracle,
     .shapes = {{1, 1, 1}, {1, 3, 5}, {2, 1, 7}, {3, 5, 3}, {4, 2, 9}}},
    {"sum_squares", "sum_squares", "b n d", all_setup, sum_squares_run, sum_squares_oracle,
     .shapes = {{1, 1, 1}, {1, 3, 5}, {2, 1, 7}, {3, 5, 3}, {4, 2, 9}}},
    {"embedding", "embedding", "b n g d words buckets positions", embedding_setup, embedding_run,
     embedding_oracle, .cases = true, .big = {{5, 40, 7, 70, 50, 90, 41}},
     .shapes = {{1, 1, 1, 1, 1, 1, 1},
                {1, 3, 2, 5, 4, 3, 3},
                {3, 4, 3, 2, 5, 0, 6},
                {4, 5, 4, 3, 3, 7, 5},
                {2, 6, 1, 33, 9, 2, 8},
                {3, 2, 5, 4, 2, 3, 2}}},
    {"sequence", "sequence", "b n1 n2 d m1 m2 lengths", sequence_setup, sequence_run, sequence_oracle,
     .cases = true, .big = {{5, 33, 40, 65, 0, 1, 1}},
     .shapes = {{1, 1, 0, 1, 0, 0, 0},
                {2, 3, 0, 4, 1, 0, 1},
                {3, 2, 4, 3, 0, 1, 0},
                {5, 4, 3, 2, 0, 1, 1},
                {4, 3, 5, 5, 1, 0, 1},
                {2, 2, 2, 3, 1, 1, 1}}},
    {"reshape", "reshape", "b n d", reshape_setup, reshape_run, reshape_oracle, .cases = true,
     .shapes = {{1, 1, 1}, {1, 3, 5}, {2, 1, 7}, {3, 5, 3}, {4, 2, 9}}},
    {"token", "token", "b n d index", token_setup, token_run, token_oracle, .cases = true,
     .shapes = {{1, 1, 1, 0}, {1, 3, 5, 2}, {2, 1, 7, 0}, {3, 5, 3, 1}, {4, 2, 9, 1}}},
    {"slice_rows", "slice_rows", "b n d from count", slice_setup, slice_run, slice_oracle,
     .shapes = {{1, 1, 1, 0, 1}, {3, 1, 5, 2, 1}, {4, 2, 3, 0, 2}, {5, 3, 3, 1, 3}, {7, 2, 2, 0, 7}}},
    {"cross_entropy_softmax", "cross_entropy_softmax", "b c", logits_setup, ce_softmax_run, ce_softmax_oracle,
     .big = {{65, 70}}, .shapes = MATRICES},
    {"cross_entropy_soft", "cross_entropy_soft", "b c", logits_setup, ce_soft_run, ce_soft_oracle,
     .big = {{65, 70}}, .shapes = MATRICES},
    {"cross_entropy_sigmoid", "cross_entropy_sigmoid", "b c", logits_setup, ce_sigmoid_run, ce_sigmoid_oracle,
     .big = {{65, 70}}, .shapes = MATRICES},
    {"weighted_sum", "weighted_sum", "n absent same", sum_setup, sum_run, sum_oracle,
     .shapes = {{1, 0, 0}, {2, 0, 0}, {3, 2, 0}, {7, 1, 1}, {12, 5, 1}}},
};
const size_t N_MOVE_OPS = sizeof MOVE_OPS / sizeof *MOVE_OPS;
