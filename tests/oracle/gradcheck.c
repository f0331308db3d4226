/* Gradients by the tape and by central differences, and errors planted between them. */
#include "tests/gradcheck.h"

#include <math.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "tests/check.h"

const double GRADIENT_BOUND = 1e-6;

static const double STEP = 1e-5;           /* of the central difference: error about STEP^2 + 1e-16/STEP */
static const double SMALL_GRADIENT = 1e-4; /* below it errors count as absolute */

/* ---- Two ops of the tests' own: a copy, and the contraction with weights ---- */

static void identity_backward(Tape *t, const Node *node) {
    real *gx = tape_grad(t, node->in[0]);
    for (size_t i = 0; i < tensor_size(node->out); i++) gx[i] += node->out->grad[i];
}

static Tensor *identity(Tape *t, Tensor *x) {
    Tensor *y = tape_like(t, x);
    memcpy(y->data, x->data, tensor_size(x) * sizeof(real));
    tape_record(t, "test_identity", identity_backward, y, 1, &x, NULL);
    return y;
}

/* The weights of run k are stream k: the same whenever they are asked for. */
Rng optest_weights(const Problem *p, int run) {
    return rng_stream(p->seed, RNG_TEST, 1000 + (uint32_t)run);
}

static void contract_backward(Tape *t, const Node *node) {
    const Problem *p = node->saved;
    for (int run = 0; run < OP_RUNS; run++) {
        Rng r = optest_weights(p, run);
        real *g = tape_grad(t, node->in[run]);
        for (size_t i = 0; g && i < tensor_size(node->in[run]); i++)
            g[i] += (real)rng_range(&r, -1, 1) * node->out->grad[0];
    }
}

static Tensor *contract(Tape *t, Problem *p, Tensor *const y[OP_RUNS]) {
    Tensor *out = tape_tensor1(t, 1);
    double sum = 0;
    for (int run = 0; run < OP_RUNS; run++) {
        Rng r = optest_weights(p, run);
        for (size_t i = 0; i < tensor_size(y[run]); i++)
            sum += (double)(real)rng_range(&r, -1, 1) * (double)y[run]->data[i];
    }
    out->data[0] = (real)sum;
    tape_record(t, "test_contract", contract_backward, out, OP_RUNS, y, p);
    return out;
}

/* The op on the leaves, then twice on copies of them. */
static Tensor *objective(Tape *t, const OpTest *op, Problem *p) {
    Tensor *y[OP_RUNS], *leaf[PROBLEM_INPUTS];
    memcpy(leaf, p->in, sizeof leaf);
    y[0] = op->run(t, p);
    for (int i = 0; i < p->n_in; i++)
        if (leaf[i] && leaf[i]->needs_grad) p->in[i] = identity(t, leaf[i]);
    y[1] = op->run(t, p);
    y[2] = op->run(t, p);
    memcpy(p->in, leaf, sizeof leaf);
    return contract(t, p, y);
}

/* ---- Planting an error: what a backward added to a gradient is scaled ---- */

typedef struct {
    const Plant *plant;
    real *before[NODE_INPUTS];
} Watch;

static bool is_disturbed(const Watch *w, const Node *node, int input) {
    const Tensor *x = node->in[input];
    if (!x || !x->needs_grad || strcmp(node->op, w->plant->op) != 0) return false;
    if (w->plant->input >= 0 && w->plant->input != input) return false;
    for (int i = 0; i < input; i++)
        if (node->in[i] == x) return false; /* the same tensor twice is disturbed once */
    return true;
}

static void watch(void *ctx, Tape *t, const Node *node, int after) {
    Watch *w = ctx;
    for (int i = 0; i < node->n_in; i++) {
        if (!is_disturbed(w, node, i)) continue;
        size_t n = tensor_size(node->in[i]);
        real *g = node->in[i]->grad;
        if (!after) {
            w->before[i] = arena_calloc(&t->arena, n, sizeof(real));
            if (g) memcpy(w->before[i], g, n * sizeof(real));
        } else {
            for (size_t k = 0; g && k < n; k++)
                g[k] = w->before[i][k] + (g[k] - w->before[i][k]) * (real)w->plant->factor;
        }
    }
}

static int add_backwards(const Tape *t, BackwardFn **list, int n, int most) {
    for (size_t i = 0; i < t->n_nodes; i++) {
        int at = 0;
        while (at < n && list[at] != t->nodes[i].backward) at++;
        if (at < n || strncmp(t->nodes[i].op, "test_", 5) == 0) continue;
        cr_assert_lt(n, most);
        list[n++] = t->nodes[i].backward;
    }
    return n;
}

int optest_backwards(const OpTest *op, BackwardFn **list, int n, int most) {
    for (int shape = 0; shape < optest_shapes(op); shape++) {
        Problem p;
        Tape t;
        problem_make(&p, op, shape);
        problem_tape(&t, &p, NULL);
        objective(&t, op, &p);
        n = add_backwards(&t, list, n, most);
        tape_free(&t);
        problem_free(&p);
    }
    return n;
}

/* ---- Gradients ---- */

/* Fills in[i]->grad for all inputs; returns the objective. */
double optest_analytic(const OpTest *op, Problem *p, const Plant *plant, Pool *pool) {
    Tape t;
    problem_tape(&t, p, pool);
    Watch w = {.plant = plant};
    if (plant) t.watch = watch, t.watch_ctx = &w;
    for (int i = 0; i < p->n_in; i++)
        if (p->in[i] && p->in[i]->grad) memset(p->in[i]->grad, 0, tensor_size(p->in[i]) * sizeof(real));
    Tensor *loss = objective(&t, op, p);
    double value = (double)loss->data[0];
    if (loss->needs_grad) tape_backward(&t, loss);
    tape_free(&t);
    return value;
}

static double value_with(Tape *t, const OpTest *op, Problem *p, real *place, double value) {
    real kept = *place;
    *place = (real)value;
    tape_reset(t);
    double y = (double)objective(t, op, p)->data[0];
    *place = kept;
    return y;
}

/* Central differences of every entry of every input, in memory of the problem. */
static void numeric(const OpTest *op, Problem *p, double *g[PROBLEM_INPUTS]) {
    Tape t;
    problem_tape(&t, p, NULL);
    for (int i = 0; i < p->n_in; i++) {
        Tensor *x = p->in[i];
        g[i] = NULL;
        if (!x || !x->needs_grad) continue;
        g[i] = arena_alloc(&p->arena, tensor_size(x) * sizeof **g);
        for (size_t k = 0; k < tensor_size(x); k++) {
            double v = (double)x->data[k], up = value_with(&t, op, p, &x->data[k], v + STEP);
            double down = value_with(&t, op, p, &x->data[k], v - STEP);
            g[i][k] = (up - down) / (2 * STEP);
        }
    }
    tape_free(&t);
}

static double difference(const Problem *p, double *const g[PROBLEM_INPUTS]) {
    double worst = 0;
    for (int i = 0; i < p->n_in; i++) {
        if (!g[i]) continue;
        double largest = SMALL_GRADIENT, error = 0;
        for (size_t k = 0; k < tensor_size(p->in[i]); k++) {
            double e = fabs((double)p->in[i]->grad[k] - g[i][k]);
            if (!(e <= error)) error = isnan(e) ? INFINITY : e;
            largest = fmax(largest, fmax(fabs(g[i][k]), fabs((double)p->in[i]->grad[k])));
        }
        worst = fmax(worst, error / largest);
    }
    return worst;
}

double optest_gradient_error(const OpTest *op, int shape, const Plant *plant) {
    Problem p;
    double *g[PROBLEM_INPUTS];
    problem_make(&p, op, shape);
    numeric(op, &p, g);
    optest_analytic(op, &p, plant, NULL);
    double worst = difference(&p, g);
    problem_free(&p);
    return worst;
}

/* ---- The drill ---- */

/* Problems and numeric gradients of all shapes, so that planting again is cheap. */
typedef struct {
    int n;
    Problem p[OP_SHAPES];
    double *g[OP_SHAPES][PROBLEM_INPUTS];
} Measured;

static Measured *measure(const OpTest *op) {
    Measured *m = mem_calloc(1, sizeof *m);
    cr_assert_not_null(m);
    m->n = optest_shapes(op);
    for (int s = 0; s < m->n; s++) {
        problem_make(&m->p[s], op, s);
        numeric(op, &m->p[s], m->g[s]);
    }
    return m;
}

static void measured_free(Measured *m) {
    for (int s = 0; s < m->n; s++) problem_free(&m->p[s]);
    mem_free(m);
}

static double worst_error(Measured *m, const OpTest *op, const Plant *plant) {
    double worst = 0;
    for (int s = 0; s < m->n; s++) {
        optest_analytic(op, &m->p[s], plant, NULL);
        worst = fmax(worst, difference(&m->p[s], m->g[s]));
    }
    return worst;
}

/* How many inputs the node of this op has, and which of them ever need a gradient. */
typedef struct {
    const char *op;
    int n;
    bool needed[NODE_INPUTS];
} Inputs;

static void watch_inputs(void *ctx, Tape *t, const Node *node, int after) {
    (void)t;
    Inputs *in = ctx;
    if (after || strcmp(node->op, in->op) != 0) return;
    in->n = node->n_in;
    for (int i = 0; i < node->n_in; i++) {
        bool again = false;
        for (int k = 0; k < i; k++) again = again || node->in[k] == node->in[i];
        if (node->in[i] && node->in[i]->needs_grad && !again) in->needed[i] = true;
    }
}

static Inputs find_inputs(Measured *m, const OpTest *op) {
    Inputs in = {.op = op->op};
    for (int s = 0; s < m->n; s++) {
        Tape t;
        problem_tape(&t, &m->p[s], NULL);
        t.watch = watch_inputs;
        t.watch_ctx = &in;
        tape_backward(&t, objective(&t, op, &m->p[s]));
        tape_free(&t);
    }
    return in;
}

/* The least of 2e-1, 2e-2, ... 2e-8 that is seen in every input. */
static double smallest_seen(Measured *m, const OpTest *op) {
    Inputs in = find_inputs(m, op);
    double smallest = 1;
    for (double e = 2e-1; in.n && e > 1e-8; e /= 10) {
        for (int i = 0; i < in.n; i++)
            if (in.needed[i] && worst_error(m, op, &(Plant){op->op, i, 1 + e}) <= GRADIENT_BOUND)
                return smallest;
        smallest = e;
    }
    return smallest;
}

OpQuality optest_quality(const OpTest *op) {
    Measured *m = measure(op);
    OpQuality q = {worst_error(m, op, NULL), smallest_seen(m, op)};
    measured_free(m);
    return q;
}
