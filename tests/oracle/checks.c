/* What tests and the report ask of a table of ops. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/parts.h"
#include "nn/fast.h"
#include "tests/check.h"
#include "tests/gradcheck.h"

#ifdef NN_DOUBLE
static const double ORACLE_BOUND = 1e-10, DIRECTION_BOUND = 1e-6, FAST_BOUND = 1e-12;
#else
static const double ORACLE_BOUND = 1e-4, DIRECTION_BOUND = 1e-4, FAST_BOUND = 1e-5;
#endif
static const double DRILL = 1.001;

/* Every check goes over the plain loops and, where they are linked, over the tuned functions. */
static const Fast *const TABLES[] = {
    &fast_none,
#if PART_FAST
    &fast_tuned,
#endif
};
enum { N_TABLES = sizeof TABLES / sizeof *TABLES };
/* Ends with the last table in use, which is the default. */
#define EACH_TABLE for (int table = 0; table < N_TABLES && (fast = TABLES[table]); table++)

/* ---- Plain and fast ---- */

/* Largest difference between n numbers, relative to the largest of them (at least 0.1: a gradient that cancels to 0 holds
 * rounding errors alone). */
static double largest_difference(const real *x, const real *y, size_t n) {
    double worst = 0, largest = 1e-1;
    for (size_t i = 0; i < n; i++) {
        double e = fabs((double)x[i] - (double)y[i]);
        if (!(e <= worst)) worst = isnan(e) ? INFINITY : e;
        largest = fmax(largest, fabs((double)y[i]));
    }
    return worst / largest;
}

double optest_fast_error(const OpTest *op, int shape) {
    Problem p[N_TABLES];
    Tape t[N_TABLES];
    const Tensor *y[N_TABLES];
    double worst = 0;
    EACH_TABLE {
        problem_make(&p[table], op, shape);
        problem_tape(&t[table], &p[table], NULL);
        t[table].recording = !op->no_gradient;
        y[table] = op->run(&t[table], &p[table]);
        if (!op->no_gradient) optest_analytic(op, &p[table], NULL, NULL);
    }
    for (int k = 1; k < N_TABLES; k++) {
        worst = fmax(worst, largest_difference(y[0]->data, y[k]->data, tensor_size(y[k])));
        for (int i = 0; i < p[k].n_in && !op->no_gradient; i++)
            if (p[k].in[i] && p[k].in[i]->grad)
                worst = fmax(worst,
                             largest_difference(p[0].in[i]->grad, p[k].in[i]->grad, tensor_size(p[k].in[i])));
    }
    for (int k = 0; k < N_TABLES; k++) tape_free(&t[k]), problem_free(&p[k]);
    return worst;
}

/* ---- Oracle ---- */

double optest_oracle_error(const OpTest *op, int shape) {
    Problem p;
    Tape t;
    problem_make(&p, op, shape);
    problem_tape(&t, &p, NULL);
    t.recording = !op->no_gradient;
    const Tensor *y = op->run(&t, &p);
    bool same = y->rank == p.out_rank && memcmp(y->dim, p.out_dim, (size_t)y->rank * sizeof(int)) == 0;
    double error = same ? 0 : INFINITY, largest = 1;
    double *expected = arena_calloc(&p.arena, problem_output_size(&p), sizeof *expected);
    if (same) op->oracle(&p, expected);
    for (size_t i = 0; same && i < problem_output_size(&p); i++) {
        double e = fabs((double)y->data[i] - expected[i]);
        if (!(e <= error)) error = isnan(e) ? INFINITY : e;
        largest = fmax(largest, fabs(expected[i]));
    }
    tape_free(&t);
    problem_free(&p);
    return error / largest;
}

/* ---- Invariance ---- */

static real *keep(Problem *p, const real *from, size_t n) {
    return memcpy(arena_alloc(&p->arena, n * sizeof(real)), from, n * sizeof(real));
}

static void keep_gradients(Problem *p, real *kept[PROBLEM_INPUTS]) {
    for (int i = 0; i < p->n_in; i++)
        kept[i] = p->in[i] && p->in[i]->grad ? keep(p, p->in[i]->grad, tensor_size(p->in[i])) : NULL;
}

static bool same_gradient(const Problem *p, real *const kept[PROBLEM_INPUTS], int i) {
    return !kept[i] || memcmp(kept[i], p->in[i]->grad, tensor_size(p->in[i]) * sizeof(real)) == 0;
}

bool optest_threads_agree(const OpTest *op, int shape) {
    Problem p;
    Pool *pool = NULL;
    real *kept[PROBLEM_INPUTS];
    problem_make(&p, op, shape);
    cr_assert_eq(pool_create(&pool, 4, NULL), STATUS_OK);
    double value = optest_analytic(op, &p, NULL, NULL);
    keep_gradients(&p, kept);
    bool same = optest_analytic(op, &p, NULL, pool) == value;
    for (int i = 0; i < p.n_in; i++) same = same && same_gradient(&p, kept, i);
    pool_free(pool);
    problem_free(&p);
    return same;
}

bool optest_inputs_agree(const OpTest *op, int shape) {
    Problem p;
    real *kept[PROBLEM_INPUTS];
    bool same = true;
    problem_make(&p, op, shape);
    optest_analytic(op, &p, NULL, NULL);
    keep_gradients(&p, kept);
    for (int only = 0; only < p.n_in; only++) {
        if (!kept[only]) continue;
        for (int i = 0; i < p.n_in; i++)
            if (kept[i]) p.in[i]->needs_grad = i == only;
        optest_analytic(op, &p, NULL, NULL);
        same = same && same_gradient(&p, kept, only);
    }
    problem_free(&p);
    return same;
}

/* Case number i of a problem as a problem of one case, in the same memory. */
static Problem one_case(const Problem *p, size_t i, int a[OP_ARGS], Tensor x[PROBLEM_INPUTS]) {
    Problem one = *p;
    memcpy(a, p->a, OP_ARGS * sizeof *a);
    a[0] = 1;
    one.a = a;
    for (int k = 0; k < p->n_in; k++) {
        if (!p->per_case[k] || !p->in[k]) continue;
        x[k] = *p->in[k];
        x[k].dim[0] = 1;
        x[k].data += i * tensor_size(&x[k]);
        one.in[k] = &x[k];
    }
    for (int k = 0; k < p->n_ints; k++) one.ints[k] += i * p->ints_per_case[k];
    for (int k = 0; k < p->n_reals; k++) one.reals[k] += i * p->reals_per_case[k];
    return one;
}

bool optest_cases_agree(const OpTest *op, int shape) {
    Problem p;
    Tape t;
    int a[OP_ARGS];
    Tensor x[PROBLEM_INPUTS];
    problem_make(&p, op, shape);
    problem_tape(&t, &p, NULL);
    t.recording = t.training = false;
    const Tensor *all = op->run(&t, &p);
    bool same = true;
    for (size_t i = 0; i < (size_t)p.a[0]; i++) {
        Problem one = one_case(&p, i, a, x);
        const Tensor *y = op->run(&t, &one);
        size_t n = tensor_size(y);
        same = same && n * (size_t)p.a[0] == tensor_size(all) &&
               memcmp(y->data, all->data + i * n, n * sizeof(real)) == 0;
    }
    tape_free(&t);
    problem_free(&p);
    return same;
}

/* ---- Checks and report ---- */

typedef struct {
    char text[4096];
    size_t used;
} Failures;

static void note(Failures *f, const OpTest *op, int shape, const char *what, double value) {
    int n = snprintf(f->text + f->used, sizeof f->text - f->used, "\n  %s (%s), shape %d: %s %.3g", op->row,
                     fast_name(), shape + 1, what, value);
    if (n > 0 && f->used + (size_t)n < sizeof f->text) f->used += (size_t)n;
}

void check_oracles(const OpTest *ops, size_t n) {
    Failures f = {.used = 0};
    for (size_t i = 0; i < n; i++) {
        if (optest_shapes(&ops[i]) < 5)
            note(&f, &ops[i], 0, "fewer than five shapes:", optest_shapes(&ops[i]));
        for (int s = 0; s < optest_all(&ops[i]); s++) EACH_TABLE {
                double e = optest_oracle_error(&ops[i], s);
                if (!(e <= ORACLE_BOUND)) note(&f, &ops[i], s, "differs from its oracle by", e);
            }
    }
    cr_assert(f.used == 0, "%s", f.text);
}

void check_fast(const OpTest *ops, size_t n) {
    Failures f = {.used = 0};
    for (size_t i = 0; i < n; i++)
        for (int s = 0; s < optest_all(&ops[i]); s++) {
            double e = optest_fast_error(&ops[i], s);
            if (!(e <= FAST_BOUND)) note(&f, &ops[i], s, "plain and fast differ by", e);
        }
    cr_assert(f.used == 0, "%s", f.text);
}

/* The plant that MSACH_DRILL asks for, or NULL. */
static const Plant *drill_plant(Plant *plant, char name[64]) {
    const char *asked = getenv("MSACH_DRILL");
    if (!asked || !*asked) return NULL;
    const char *colon = strchr(asked, ':');
    snprintf(name, 64, "%.*s", colon ? (int)(colon - asked) : (int)strlen(asked), asked);
    *plant = (Plant){name, colon ? atoi(colon + 1) : -1, DRILL};
    return plant;
}

void check_gradients(const OpTest *ops, size_t n) {
    Failures f = {.used = 0};
    Plant planted;
    char name[64];
    const Plant *plant = drill_plant(&planted, name);
    for (size_t i = 0; i < n; i++)
        for (int s = 0; s < optest_shapes(&ops[i]) && !ops[i].no_gradient; s++) EACH_TABLE {
                double e = optest_gradient_error(&ops[i], s, plant);
                if (!(e <= GRADIENT_BOUND)) note(&f, &ops[i], s, "gradient is wrong by", e);
            }
    cr_assert(f.used == 0, "%s", f.text);
}

void check_directions(const OpTest *ops, size_t n) {
    Failures f = {.used = 0};
    for (size_t i = 0; i < n; i++)
        for (int s = 0; s < optest_all(&ops[i]) && !ops[i].no_gradient && !ops[i].random; s++) EACH_TABLE {
                double e = optest_direction_error(&ops[i], s);
                if (!(e <= DIRECTION_BOUND))
                    note(&f, &ops[i], s, "gradient along a direction is wrong by", e);
            }
    cr_assert(f.used == 0, "%s", f.text);
}

void check_invariance(const OpTest *ops, size_t n) {
    Failures f = {.used = 0};
    for (size_t i = 0; i < n; i++)
        for (int s = 0; s < optest_all(&ops[i]); s++) EACH_TABLE {
                if (ops[i].cases && !optest_cases_agree(&ops[i], s))
                    note(&f, &ops[i], s, "a case depends on its batch", 1);
                if (ops[i].no_gradient) continue;
                if (!optest_threads_agree(&ops[i], s)) note(&f, &ops[i], s, "bits depend on threads", 1);
                if (!optest_inputs_agree(&ops[i], s))
                    note(&f, &ops[i], s, "a gradient depends on which are wanted", 1);
            }
    cr_assert(f.used == 0, "%s", f.text);
}

void check_drill(const OpTest *ops, size_t n) {
    Failures f = {.used = 0};
    for (size_t i = 0; i < n; i++) EACH_TABLE {
            double seen = ops[i].no_gradient ? 0 : optest_quality(&ops[i]).smallest_seen;
            if (seen > DRILL - 1 + 1e-12)
                note(&f, &ops[i], 0, "a 0.1 % error in its backward is not seen; smallest", seen);
        }
    cr_assert(f.used == 0, "%s", f.text);
}

/* "b n d: 2,3,4 1,1,1 ...", every shape tried */
static void report_shapes(FILE *out, const OpTest *op) {
    int sizes = 1;
    for (const char *s = op->sizes; *s; s++) sizes += *s == ' ';
    fprintf(out, "%s:", op->sizes);
    for (int s = 0; s < optest_shapes(op); s++)
        for (int k = 0; k < sizes && k < OP_ARGS; k++) fprintf(out, "%c%d", k ? ',' : ' ', op->shapes[s][k]);
    fputc('\n', out);
}

bool gradcheck_report(FILE *out, const OpTest *ops, size_t n) {
    bool good = true;
    fprintf(out, "%-24s %22s %24s   shapes tried\n", "op", "largest relative error",
            "smallest error it sees");
    for (size_t i = 0; i < n; i++) {
        if (ops[i].no_gradient) continue;
        OpQuality q = {0};
        EACH_TABLE {
            OpQuality one = optest_quality(&ops[i]);
            q.error = fmax(q.error, one.error);
            q.smallest_seen = fmax(q.smallest_seen, one.smallest_seen);
        }
        fprintf(out, "%-24s %22.1e %24.0e   ", ops[i].row, q.error, q.smallest_seen);
        report_shapes(out, &ops[i]);
        good = good && q.error <= GRADIENT_BOUND && q.smallest_seen <= DRILL - 1 + 1e-12;
    }
    return good;
}
