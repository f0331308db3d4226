/* 4. The three constraints on a toy set, each switched off in turn.
 *
 * A case is a point on one of three arcs, seen twice: its place (image) and its place turned and blurred (text). Its class is the
 * arc; arcs cross. Two small networks hash both views to 16 bits, trained by
 *     L = manifold + balance + classification
 * and measured by what each constraint is for:
 *     manifold        distances of codes follow distances along the arc, within a class (correlation)
 *     balance         every bit is 1 for half of the cases (mean of |share - 1/2|)
 *     classification  a new case is nearest to the mean code of its own class (accuracy)
 * The page shows for each variant the codes, and the distances between them, with what to look for. */
#include <stdio.h>

#include "hash/constraints.h"
#include "hash/graph.h"
#include "nn/ops.h"
#include "nn/optim.h"
#include "tests/tutorial/toy_page.h"

enum { Q = 16, HIDDEN = 32, STEPS = 300 };
enum { MANIFOLD, BALANCE, CLASSIFICATION, TERMS };
static const char *const NAME[] = {"no manifold", "no balance", "no classification", "all three"};
static const char *const LOOK[] = {
    "Distances no longer follow the place along an arc: pale blocks of a class, no band along the diagonal.",
    "Columns of one colour: bits that say the same of nearly every case, and so nothing.",
    "A band along the diagonal, but no blocks: where arcs cross, a case is as near to another class.",
    "Bits change along the arcs, each is shared out, and the classes lie apart."};

/* H_m (N,Q) = tanh(W2 tanh(W1 x + b1) + b2); weights w[4] of one modality. */
static Tensor *hash(Tape *t, Tensor *const *w, const float *view) {
    Tensor *x = tape_tensor2(t, N, 2);
    for (int i = 0; i < 2 * N; i++) x->data[i] = view[i];
    return op_tanh(t, op_linear(t, op_tanh(t, op_linear(t, x, w[0], w[1]), 1), w[2], w[3]), 1);
}

/* Trains without the term `off` and leaves the relaxed codes of `fresh` in h[2]. */
static void train(const Toy *toy, const Toy *fresh, const Graph *graph, int off, real h[2][N * Q]) {
    Error err;
    ParamSet p = {0};
    Tensor *w[2][4];
    for (int m = 0; m < 2; m++) {
        char name[4][8];
        for (int k = 0; k < 4; k++) snprintf(name[k], sizeof name[k], "%d.%d", m, k);
        w[m][0] = params_add(&p, name[0], 2, (int[]){HIDDEN, 2}),
        w[m][1] = params_add(&p, name[1], 1, (int[]){HIDDEN});
        w[m][2] = params_add(&p, name[2], 2, (int[]){Q, HIDDEN}),
        w[m][3] = params_add(&p, name[3], 1, (int[]){Q});
    }
    Tensor *w_c = params_add(&p, "c", 2, (int[]){CLASSES, Q}),
           *b_c = params_add(&p, "d", 1, (int[]){CLASSES});
    NN_REQUIRE(params_seal(&p, &err) == STATUS_OK, "memory");
    for (int m = 0; m < 2; m++) param_init_glorot(&p, w[m][0], 1), param_init_glorot(&p, w[m][2], 1);

    static real target[N * N];
    int rows[N];
    for (int i = 0; i < N; i++) rows[i] = i;
    WalkOptions walk = {
        .omega = 0, .rho = 1, .t0 = 0.5}; /* the walk alone: labels reach the codes by classification only */
    Targets y = {.b = N, .c = CLASSES, .single = true, .label = toy->label, .bce_weight = 1};
    Adam adam = adam_default(0);
    Tape t;
    tape_init(&t, NULL);
    for (int step = 0; step < STEPS; step++) {
        tape_reset(&t);
        Tensor *h_v = hash(&t, w[0], toy->view[0]), *h_t = hash(&t, w[1], toy->view[1]), *term[TERMS];
        graph_target(&graph[0], &graph[1], toy->y, CLASSES, rows, N, &walk, target);
        term[MANIFOLD] = loss_manifold(&t, h_v, h_t, target);
        term[BALANCE] = loss_balance(&t, h_v, h_t);
        term[CLASSIFICATION] = loss_classification(&t, op_linear(&t, op_add(&t, h_v, h_t), w_c, b_c), &y);
        real weight[TERMS] = {4, 1, (real)0.5};
        if (off < TERMS) weight[off] = 0;
        Tensor *loss = op_weighted_sum(&t, TERMS, term, weight);
        params_zero_grad(&p);
        tape_backward(&t, loss);
        adam_step(&adam, &p, NULL, schedule_one_cycle(step, STEPS, 0.1, 0.02));
    }
    tape_reset(&t);
    for (int m = 0; m < 2; m++) {
        Tensor *code = hash(&t, w[m], fresh->view[m]);
        for (int i = 0; i < N * Q; i++) h[m][i] = code->data[i];
    }
    tape_free(&t);
    params_free(&p);
}

int main(int argc, char **argv) {
    static Toy toy, fresh;
    static real h[2][N * Q];
    Graph graph[2] = {0};
    Error err = {0};
    if (argc != 2) return fprintf(stderr, "usage: %s PAGE.html\n", argv[0]), 2;
    toy_draw(&toy, 0), toy_draw(&fresh, 1);
    for (int m = 0; m < 2; m++)
        if (graph_build(&graph[m], toy.view[m], N, 2, toy.group, 6, false, NULL, &err) != STATUS_OK ||
            graph_set_labels(&graph[m], toy.y, CLASSES, &err) != STATUS_OK)
            return fprintf(stderr, "%s\n", err.message), 1;

    Buffer page = {0};
    html_begin(&page, "Three constraints, each switched off in turn",
               "Codes of new cases on three crossing arcs.");
    printf("%-24s %9s %10s %9s\n", "", "along arc", "imbalance", "accuracy");
    for (int variant = TERMS; variant >= 0; variant--) {
        train(&toy, &fresh, graph, variant, h);
        double figure[] = {arc_correlation(h[0], h[1], fresh.place, fresh.label, N, Q), imbalance(h[0], N, Q),
                           nearest_mean(h[0], h[1], fresh.label, N, Q, CLASSES)};
        printf("%-24s %9.3f %10.3f %9.3f\n", NAME[variant], figure[0], figure[1], figure[2]);
        draw_variant(&page, NAME[variant], LOOK[variant], h[0], h[1], Q, figure);
    }
    html_end(&page);
    FILE *f = fopen(argv[1], "wb");
    if (!f || fwrite(page.data, 1, page.size, f) != page.size || fclose(f) != 0) return perror(argv[1]), 4;
    printf("%s\n", argv[1]);
    buffer_free(&page);
    for (int m = 0; m < 2; m++) graph_free(&graph[m]);
    return 0;
}
