/* Gradients along random directions, against differences of the oracle, which is double in both builds. */
#include <math.h>

#include "tests/gradcheck.h"

/* So small that hardly a kink lies within it: rounding costs 1e-16/STEP of the objective. */
static const double STEP = 1e-7;

static double *all_weights(Problem *p) {
    size_t n = problem_output_size(p);
    double *r = arena_calloc(&p->arena, n, sizeof *r);
    for (int run = 0; run < OP_RUNS; run++) {
        Rng stream = optest_weights(p, run);
        for (size_t i = 0; i < n; i++) r[i] += (double)(real)rng_range(&stream, -1, 1);
    }
    return r;
}

/* The oracle's result with STEP v added to input i. */
static double *moved_result(const OpTest *op, Problem *p, int i, const double *v, double step) {
    size_t n = tensor_size(p->in[i]);
    double *kept = p->x[i], *moved = arena_alloc(&p->arena, n * sizeof *moved);
    double *y = arena_calloc(&p->arena, problem_output_size(p), sizeof *y);
    for (size_t k = 0; k < n; k++) moved[k] = kept[k] + step * v[k];
    p->x[i] = moved;
    op->oracle(p, y);
    p->x[i] = kept;
    return y;
}

/* |<g,v> - difference along v| over |g|, v of signs: both are about |g| where all is well. */
static double error_of_input(const OpTest *op, Problem *p, int i, const double *r) {
    size_t n = tensor_size(p->in[i]);
    double *v = arena_alloc(&p->arena, n * sizeof *v), along = 0, square = 0, difference = 0;
    for (size_t k = 0; k < n; k++) {
        double g = (double)p->in[i]->grad[k];
        v[k] = rng_below(&p->rng, 2) ? 1 : -1;
        along += g * v[k];
        square += g * g;
    }
    const double *up = moved_result(op, p, i, v, STEP), *down = moved_result(op, p, i, v, -STEP);
    for (size_t k = 0; k < problem_output_size(p); k++) difference += r[k] * (up[k] - down[k]) / (2 * STEP);
    return fabs(along - difference) / fmax(sqrt(square), 1e-1);
}

double optest_direction_error(const OpTest *op, int shape) {
    Problem p;
    double worst = 0;
    problem_make(&p, op, shape);
    optest_analytic(op, &p, NULL, NULL);
    const double *r = all_weights(&p);
    for (int i = 0; i < p.n_in; i++) {
        if (!p.in[i] || !p.in[i]->needs_grad) continue;
        double e = error_of_input(op, &p, i, r);
        if (!(e <= worst)) worst = isnan(e) ? INFINITY : e;
    }
    problem_free(&p);
    return worst;
}
