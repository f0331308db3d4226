#include <string.h>

#include "tests/gradcheck.h"

static void fill(Problem *p, Values values, real *to, size_t n) {
    if (values == VALUES_APART) {
        int *order = arena_alloc(&p->arena, n * sizeof *order);
        for (size_t i = 0; i < n; i++) order[i] = (int)i;
        rng_shuffle(&p->rng, order, n);
        double gap = n < 400 ? 0.1 : 40.0 / (double)n;
        for (size_t i = 0; i < n; i++) to[i] = (real)(gap * (order[i] - (double)(n / 2) + 0.5));
        return;
    }
    for (size_t i = 0; i < n; i++)
        to[i] = (real)(values == VALUES_NORMAL ? rng_normal(&p->rng) : rng_range(&p->rng, 0.5, 1.5));
}

static double *in_double(Problem *p, const real *from, size_t n) {
    double *to = arena_alloc(&p->arena, n * sizeof *to);
    for (size_t i = 0; i < n; i++) to[i] = (double)from[i];
    return to;
}

static Tensor *add_input(Problem *p, bool cases, Values values, int rank, const int *dim) {
    Tensor *x = arena_calloc(&p->arena, 1, sizeof *x);
    x->rank = rank;
    memcpy(x->dim, dim, (size_t)rank * sizeof *dim);
    x->data = arena_alloc(&p->arena, tensor_size(x) * sizeof(real));
    fill(p, values, x->data, tensor_size(x));
    p->per_case[p->n_in] = cases;
    p->x[p->n_in] = in_double(p, x->data, tensor_size(x));
    p->in[p->n_in++] = x;
    return x;
}

void problem_input(Problem *p, bool cases, Values values, int rank, const int *dim) {
    Tensor *x = add_input(p, cases, values, rank, dim);
    x->needs_grad = true;
    x->grad = arena_calloc(&p->arena, tensor_size(x), sizeof(real));
}

void problem_fixed(Problem *p, bool cases, Values values, int rank, const int *dim) {
    add_input(p, cases, values, rank, dim);
}

void problem_absent(Problem *p) {
    p->n_in++;
}

int *problem_ints(Problem *p, int cases, int n, int low, int high) {
    int *to = arena_alloc(&p->arena, (size_t)cases * (size_t)n * sizeof *to);
    for (int i = 0; i < cases * n; i++) to[i] = low + (int)rng_below(&p->rng, (uint32_t)(high - low + 1));
    p->ints_per_case[p->n_ints] = (size_t)n;
    return p->ints[p->n_ints++] = to;
}

double *problem_reals(Problem *p, int cases, int n, double low, double high) {
    size_t size = (size_t)cases * (size_t)n;
    real *to = arena_alloc(&p->arena, size * sizeof *to);
    for (size_t i = 0; i < size; i++) to[i] = (real)rng_range(&p->rng, low, high);
    p->reals_per_case[p->n_reals] = cases > 1 || p->a[0] == 1 ? (size_t)n : 0;
    p->constant[p->n_reals] = in_double(p, to, size);
    p->reals[p->n_reals] = to;
    return p->constant[p->n_reals++];
}

void problem_output(Problem *p, int rank, const int *dim) {
    p->out_rank = rank;
    memcpy(p->out_dim, dim, (size_t)rank * sizeof *dim);
}

size_t problem_output_size(const Problem *p) {
    size_t n = 1;
    for (int i = 0; i < p->out_rank; i++) n *= (size_t)p->out_dim[i];
    return n;
}

void problem_make(Problem *p, const OpTest *op, int shape) {
    memset(p, 0, sizeof *p);
    arena_init(&p->arena);
    int small = optest_shapes(op);
    p->a = shape < small ? op->shapes[shape] : op->big[shape - small];
    p->seed = 17 + (uint64_t)shape;
    p->rng = rng_stream(p->seed, RNG_TEST, 0);
    op->setup(p);
}

void problem_free(Problem *p) {
    arena_free(&p->arena);
}

int optest_shapes(const OpTest *op) {
    int n = 0;
    while (n < OP_SHAPES && op->shapes[n][0] > 0) n++;
    return n;
}

void problem_tape(Tape *t, const Problem *p, Pool *pool) {
    tape_init(t, pool);
    t->training = !p->inference;
    t->seed = p->seed;
}

int optest_all(const OpTest *op) {
    int n = 0;
    while (n < OP_BIG && op->big[n][0] > 0) n++;
    return optest_shapes(op) + n;
}
