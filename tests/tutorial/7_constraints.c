/* 7. The three constraints and quantisation on a toy set, each switched off in turn.
 *
 * A case is a point on one of three arcs, seen twice: its place (image) and its place turned and blurred (text). Its class is the
 * arc; arcs cross. Two small networks hash both views to 16 bits. */
#include "hash/constraints.h"
#include "hash/graph.h"
#include "nn/ops.h"
#include "nn/optim.h"
#include "tests/tutorial/toy_figures.h"

enum { Q = 16, HIDDEN = 32, STEPS = 600, TERMS = 4 };
static const char *const NAME[] = {"no manifold", "no balance", "no classification", "no quantisation",
                                   "all"};

/* H_m (N,Q) = tanh(W2 tanh(W1 x + b1) + b2); weights w[4] of one modality. */
static Tensor *hash(Tape *t, Tensor *const *w, const float *view) {
    Tensor *x = tape_tensor2(t, N, 2);
    for (int i = 0; i < 2 * N; i++) x->data[i] = view[i];
    return op_tanh(t, op_linear(t, op_tanh(t, op_linear(t, x, w[0], w[1]), 1), w[2], w[3]), 1);
}

/* Trains without the term `off` and leaves the relaxed codes of `fresh` in h[2]. */
static void train(const Toy *toy, const Toy *fresh, const Graph *graph, const int *rows, int off,
                  real h[2][N * Q]) {
    static const char *const names[2][4] = {{"v1", "v2", "v3", "v4"}, {"t1", "t2", "t3", "t4"}};
    static const int shape[4][2] = {{HIDDEN, 2}, {HIDDEN}, {Q, HIDDEN}, {Q}};
    static real target[N * N];
    ParamSet p = {0};
    Tensor *w_c = params_add(&p, "c", 2, (int[]){CLASSES, Q}),
           *b_c = params_add(&p, "d", 1, (int[]){CLASSES});
    Tensor *w[2][4];
    for (int m = 0; m < 2; m++)
        for (int k = 0; k < 4; k++) w[m][k] = params_add(&p, names[m][k], k % 2 ? 1 : 2, shape[k]);
    NN_REQUIRE(params_seal(&p, NULL) == STATUS_OK, "memory");
    for (int k = 0; k < 4; k++) param_init_glorot(&p, w[k / 2][k % 2 * 2], 1);
    WalkOptions walk = {.rho = 1, .t0 = 0.5}; /* omega 0: labels reach the codes by classification only */
    Targets y = {.b = N, .c = CLASSES, .single = true, .label = toy->label, .bce_weight = 1};
    Adam adam = adam_default(0);
    Tape t;
    tape_init(&t, NULL);
    for (int step = 0; step < STEPS; step++) {
        tape_reset(&t);
        Tensor *h_v = hash(&t, w[0], toy->view[0]), *h_t = hash(&t, w[1], toy->view[1]);
        graph_target(&graph[0], &graph[1], toy->y, CLASSES, rows, N, &walk, target);
        Tensor *term[TERMS] = {loss_manifold(&t, h_v, h_t, target), loss_balance(&t, h_v, h_t),
                               loss_classification(&t, op_linear(&t, op_add(&t, h_v, h_t), w_c, b_c), &y),
                               loss_quantisation(&t, h_v, h_t)};
        real weight[TERMS + 1] = {4, 1, (real)0.5, (real)0.5};
        weight[off] = 0;
        params_zero_grad(&p);
        tape_backward(&t, op_weighted_sum(&t, TERMS, term, weight));
        adam_step(&adam, &p, NULL, schedule_one_cycle(step, STEPS, 0.1, 0.02));
    }
    for (int m = 0; m < 2; m++) memcpy(h[m], hash(&t, w[m], fresh->view[m])->data, sizeof h[m]);
    tape_free(&t), params_free(&p);
}

int main(int argc, char **argv) {
    static Toy toy, fresh;
    static real h[2][N * Q];
    static Graph graph[2];
    int rows[N];
    const Figures to = plot_folder(argc, argv);
    toy_draw(&toy, 0), toy_draw(&fresh, 1), draw_arcs(&to, &toy);
    for (int i = 0; i < N; i++) rows[i] = i;
    for (int m = 0; m < 2; m++)
        NN_REQUIRE(!graph_build(&graph[m], toy.view[m], N, 2, toy.group, 6, false, NULL, NULL) &&
                       !graph_set_labels(&graph[m], toy.y, CLASSES, NULL),
                   "memory");
    printf("%-18s %9s %10s %9s %9s\n", "", "along arc", "imbalance", "accuracy", "agreement");
    for (int variant = TERMS; variant >= 0; variant--) {
        train(&toy, &fresh, graph, rows, variant, h);
        printf("%-18s %9.3f %10.3f %9.3f %9.3f\n", NAME[variant], correlation(h[0], h[1], fresh.apart, N, Q),
               imbalance(h[0], N, Q), nearest_mean(h[0], h[1], fresh.label, N, Q, CLASSES),
               agreement(h[0], h[1], N * Q));
        draw_variant(&to, NAME[variant], h[0], h[1], fresh.apart, "distance along the arc", N, Q);
    }
    for (int m = 0; m < 2; m++) graph_free(&graph[m]);
    return 0;
}
