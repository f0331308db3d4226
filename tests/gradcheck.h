/* One table of ops serves every check: OpTest says how to make a problem of given sizes, how to run the op,
 * and where its naive re-statement is. From it come the comparison with the oracle (both builds), the
 * comparison of gradients with central differences (double build), the invariance of bits under threads and
 * batches, the drill that plants errors, and the report of `make gradients`. Adding an op is adding one
 * entry.
 *
 * The gradient that is checked is that of
 *     sum <r1, f(x)> + <r2, f(id(x))> + <r3, f(id(x))>        r random, id a copy that is a node of the tape
 * so it sees leaves and inner tensors, first and later additions to a gradient, and is not blind to a
 * softmax. */
#ifndef TESTS_GRADCHECK_H
#define TESTS_GRADCHECK_H

#include <stdint.h>
#include <stdio.h>

#include "nn/ops.h"

enum {
    PROBLEM_INPUTS = NODE_INPUTS,
    PROBLEM_ARRAYS = 4,
    OP_ARGS = 10,
    OP_SHAPES = 8,
    OP_BIG = 3,
    OP_RUNS = 3
};

/* The inputs of one run of one op. All memory is the problem's arena. */
typedef struct {
    const int *a; /* sizes and options; a[0] is the number of cases, where the op has cases */
    Arena arena;
    Rng rng;
    int n_in;
    Tensor *in[PROBLEM_INPUTS];
    double *x[PROBLEM_INPUTS]; /* the same values, for the oracle */
    bool per_case[PROBLEM_INPUTS];
    int n_ints, n_reals;
    int *ints[PROBLEM_ARRAYS]; /* labels, lengths, ids */
    size_t ints_per_case[PROBLEM_ARRAYS];
    real *reals[PROBLEM_ARRAYS]; /* constants: targets, scales */
    double *constant[PROBLEM_ARRAYS];
    size_t reals_per_case[PROBLEM_ARRAYS]; /* 0: the same for all cases */
    int out_rank, out_dim[TENSOR_RANK];
    bool inference; /* running statistics, no dropout */
    uint64_t seed;
} Problem;

/* normal: N(0,1). apart: a shuffled grid without 0 or ties, gaps of 0.1
 * (of 40/n for n >= 400 values): away from kinks. positive: 0.5
 * to 1.5. */
typedef enum { VALUES_NORMAL, VALUES_APART, VALUES_POSITIVE } Values;

/* Each adds one input in order. `cases`: dimension 0 is the case. fixed: needs no gradient. */
void problem_input(Problem *p, bool cases, Values values, int rank, const int *dim);
void problem_fixed(Problem *p, bool cases, Values values, int rank, const int *dim);
void problem_absent(Problem *p); /* an input that is NULL */
/* n ints or reals a case (or in all, where cases = 1 and the op has no cases), low..high inclusive. */
int *problem_ints(Problem *p, int cases, int n, int low, int high);
double *problem_reals(Problem *p, int cases, int n, double low, double high);
void problem_output(Problem *p, int rank, const int *dim);

typedef struct {
    const char *row;   /* "batchnorm, training" */
    const char *op;    /* the node in whose backward the drill plants an error */
    const char *sizes; /* what a[] means, for the report: "b h w c k stride" */
    void (*setup)(Problem *p);
    Tensor *(*run)(Tape *t, Problem *p);
    void (*oracle)(const Problem *p, double *y);
    bool cases;                     /* in inference a case's result must not depend on the other cases */
    bool no_gradient;               /* inference only */
    bool random;                    /* draws from the tape\'s stream */
    int shapes[OP_SHAPES][OP_ARGS]; /* at least five; ended by a row that begins with 0 */
    int big[OP_BIG][OP_ARGS]; /* sizes that fill tiles and vectors: all checks but the entry-by-entry one */
} OpTest;

/* A factor for the gradient that node `op` adds to its input number `input` (-1: to all inputs). */
typedef struct {
    const char *op;
    int input;
    double factor;
} Plant;

extern const double GRADIENT_BOUND; /* 1e-6 */

int optest_shapes(const OpTest *op); /* small ones, numbers 0, 1, ... */
int optest_all(const OpTest *op);    /* with the big ones after them */

/* A problem of the table's shape number `shape`, a tape for it, and the number of elements that the op's
 * result should have. */
void problem_make(Problem *p, const OpTest *op, int shape);
void problem_free(Problem *p);
void problem_tape(Tape *t, const Problem *p, Pool *pool);
size_t problem_output_size(const Problem *p);

/* r of run number `run`: as many numbers of -1 to 1 (rounded to real) as y has elements. */
Rng optest_weights(const Problem *p, int run);

/* The tape's gradients, into in[i]->grad of every input; returns the objective. plant and pool may be NULL.
 */
double optest_analytic(const OpTest *op, Problem *p, const Plant *plant, Pool *pool);

/* Largest |y - oracle| over max(1, largest |oracle|); infinite where the shapes differ. */
double optest_oracle_error(const OpTest *op, int shape);
/* Largest |analytic - numeric| over the largest entry of that input's gradient (at least 1e-4). Double build.
 */
double optest_gradient_error(const OpTest *op, int shape, const Plant *plant);

/* The same in one random direction an input, against differences of the oracle: for big shapes, and for the
 * float build, whose own differences would be too coarse. Relative to the length of the gradient. */
double optest_direction_error(const OpTest *op, int shape);

/* Over all shapes: the largest gradient error, and the smallest planted factor - 1, of 2e-1, 2e-2 ... 2e-8, that is detected for
 * every input (1: none is). */
typedef struct {
    double error, smallest_seen;
} OpQuality;
OpQuality optest_quality(const OpTest *op);

/* Appends the new backward functions of an op's nodes, without those of the tests, to list (n so far, at most `most`); returns
 * their number. */
int optest_backwards(const OpTest *op, BackwardFn **list, int n, int most);

/* True where value and gradients have the same bits on one thread and on four, each case alone has the bits that it has in its
 * batch (recording off), and an input's gradient does not depend on which other inputs need one. */
bool optest_threads_agree(const OpTest *op, int shape);
bool optest_cases_agree(const OpTest *op, int shape);
bool optest_inputs_agree(const OpTest *op, int shape);

/* Largest difference between the plain loops and the tuned functions, in the result and in every gradient, relative to the
 * largest entry of each (at least 0.1). 0 in a plain build, which has no tuned functions. */
double optest_fast_error(const OpTest *op, int shape);

/* For tests, over the plain loops and the tuned functions: fails with the names of all wrong rows. MSACH_DRILL="op" or "op:input"
 * plants a 0.1 % error. */
void check_oracles(const OpTest *ops, size_t n);
void check_fast(const OpTest *ops, size_t n);
void check_gradients(const OpTest *ops, size_t n);
void check_directions(const OpTest *ops, size_t n);
void check_invariance(const OpTest *ops, size_t n);
void check_drill(const OpTest *ops, size_t n);

/* Prints one line an op: shapes, largest relative error, smallest detected planted error. False where a bound is exceeded. */
bool gradcheck_report(FILE *out, const OpTest *ops, size_t n);

#endif
