/* 2. Logistic regression: a linear layer, the cross-entropy, Adam.
 *
 * Two clouds of points around (-1,-1) and (1,1). The line between them is known: w is along (1,1), and at most about one point
 * in twelve lies on the wrong side (the share of a normal distribution beyond sqrt 2 deviations is 0.079). */
#include <stdio.h>

#include "nn/ops.h"
#include "nn/optim.h"
#include "tests/tutorial/plot.h"

enum { POINTS = 400, STEPS = 200 };

typedef struct {
    real x[POINTS * 2];
    int label[POINTS];
} Clouds;

static void draw(Clouds *c) {
    Rng rng = rng_stream(1, RNG_TEST, 0);
    for (int i = 0; i < POINTS; i++) {
        c->label[i] = i % 2;
        for (int k = 0; k < 2; k++) c->x[2 * i + k] = (real)((i % 2 ? 1 : -1) + rng_normal(&rng));
    }
}

static double accuracy(const Clouds *c, const Tensor *z) {
    int right = 0;
    for (int i = 0; i < POINTS; i++) right += (z->data[2 * i + 1] > z->data[2 * i]) == c->label[i];
    return (double)right / POINTS;
}

int main(int argc, char **argv) {
    static Clouds clouds;
    static double place[STEPS + 1], curve[STEPS + 1];
    draw(&clouds);
    Error err;
    ParamSet p = {0};
    Tensor *w = params_add(&p, "weight", 2, (int[]){2, 2}), *b = params_add(&p, "bias", 1, (int[]){2});
    if (params_seal(&p, &err) != STATUS_OK) return 1; /* zero weights: both classes have probability 1/2 */

    Adam adam = adam_default(0);
    Tape t;
    tape_init(&t, NULL);
    for (int step = 0; step <= STEPS; step++) {
        tape_reset(&t);
        Tensor *x = tape_input(&t, 2, (int[]){POINTS, 2}, clouds.x);
        Tensor *z = op_linear(&t, x, w, b); /* logits (400,2) */
        Tensor *loss = op_cross_entropy_softmax(&t, z, clouds.label);
        place[step] = step, curve[step] = (double)loss->data[0];
        if (step % 100 == 0)
            printf("step %3d: loss %.4f, accuracy %.3f\n", step, (double)loss->data[0], accuracy(&clouds, z));
        params_zero_grad(&p);
        tape_backward(&t, loss);
        adam_step(&adam, &p, NULL, 0.05);
    }
    double across = (double)(w->data[2] - w->data[0]), up = (double)(w->data[3] - w->data[1]);
    printf("direction of the line's normal: (1, %.2f); by the drawing of the clouds: (1, 1)\n", up / across);
    Figures to = plot_folder(argc, argv);
    plot_lines(&to, "Loss by step", "step", "cross-entropy",
               &(SvgSeries){"loss", place, curve, NULL, NULL, STEPS + 1}, 1);
    tape_free(&t);
    params_free(&p);
    return 0;
}
