/* 1. A tensor and its gradient.
 *
 * Every op computes at once and leaves on the tape how to go back. Here y = sum (w x)^2 for two numbers. The gradient
 * dy/dw = 2 w x^2 comes from the formula, from tape_backward, and from two evaluations side by side. */
#include <stdio.h>

#include "nn/ops.h"
#include "nn/params.h"
#include "tests/tutorial/plot.h"

enum { POINTS = 41 };
static const real X[] = {3, -2};

/* y = |w * x|^2, element by element, on a fresh tape. */
static Tensor *forward(Tape *t, Tensor *w) {
    tape_reset(t);
    Tensor *x = tape_input(t, 1, (int[]){2}, X);
    return op_sum_squares(t, op_mul(t, w, x));
}

/* y and its tangent at w0, over w0 - 1 .. w0 + 1. */
static void draw(const Figures *to, Tape *t, Tensor *w, double y, double slope) {
    static double place[POINTS], curve[POINTS], tangent[POINTS];
    real kept = w->data[0];
    for (int i = 0; i < POINTS; i++) {
        place[i] = (double)kept - 1 + 2.0 * i / (POINTS - 1);
        w->data[0] = (real)place[i];
        curve[i] = (double)forward(t, w)->data[0];
        tangent[i] = y + slope * (place[i] - (double)kept);
    }
    w->data[0] = kept;
    SvgSeries series[] = {{"y", place, curve, NULL, NULL, POINTS},
                          {"tangent", place, tangent, NULL, NULL, POINTS}};
    plot_lines(to, "y over w0, and the slope that backward found", "w0", "y", series, 2);
}

int main(int argc, char **argv) {
    Error err;
    ParamSet p = {0}; /* weights live longer than a tape */
    Tensor *w = params_add(&p, "w", 1, (int[]){2});
    if (params_seal(&p, &err) != STATUS_OK) return 1;
    w->data[0] = (real)0.5, w->data[1] = 2;

    Tape t;
    tape_init(&t, NULL); /* NULL: one thread */
    Tensor *y = forward(&t, w);
    double value = (double)y->data[0];
    printf("w = (%.1f, %.1f)  x = (3, -2)  y = sum (w_i x_i)^2 = %.4f\n", (double)w->data[0],
           (double)w->data[1], value);
    tape_backward(&t, y);

    for (int i = 0; i < 2; i++) {
        real kept = w->data[i], step = (real)1e-2;
        double gradient = (double)w->grad[i], hand = 2 * (double)(w->data[i] * X[i] * X[i]);
        w->data[i] = kept + step;
        double above = (double)forward(&t, w)->data[0];
        w->data[i] = kept - step;
        double below = (double)forward(&t, w)->data[0];
        w->data[i] = kept;
        printf("dy/dw%d: by hand %.4f, backward %.4f, difference quotient %.4f\n", i, hand, gradient,
               (above - below) / (2 * (double)step));
    }
    Figures to = plot_folder(argc, argv);
    draw(&to, &t, w, value, (double)w->grad[0]);
    tape_free(&t);
    params_free(&p);
    return 0;
}
