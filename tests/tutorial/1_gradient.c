/* 1. A tensor and its gradient.
 *
 * Every op computes at once and leaves on the tape how to go back. Here y = sum (w x)^2 for two numbers: the gradient
 * dy/dw = 2 w x^2 comes from tape_backward, and once more from two evaluations side by side. */
#include <stdio.h>

#include "nn/ops.h"
#include "nn/params.h"

/* y = |w * x|^2, element by element, on a fresh tape. */
static Tensor *forward(Tape *t, Tensor *w) {
    tape_reset(t);
    Tensor *x = tape_input(t, 1, (int[]){2}, (real[]){3, -2});
    return op_sum_squares(t, op_mul(t, w, x));
}

int main(void) {
    Error err;
    ParamSet p = {0}; /* weights live longer than a tape */
    Tensor *w = params_add(&p, "w", 1, (int[]){2});
    if (params_seal(&p, &err) != STATUS_OK) return 1;
    w->data[0] = (real)0.5, w->data[1] = 2;

    Tape t;
    tape_init(&t, NULL); /* NULL: one thread */
    Tensor *y = forward(&t, w);
    printf("w = (%.1f, %.1f)  x = (3, -2)  y = |w x|^2 = %.4f\n", (double)w->data[0], (double)w->data[1],
           (double)y->data[0]);
    tape_backward(&t, y);

    for (int i = 0; i < 2; i++) {
        real kept = w->data[i], step = (real)1e-2;
        double gradient = (double)w->grad[i];
        w->data[i] = kept + step;
        double above = (double)forward(&t, w)->data[0];
        w->data[i] = kept - step;
        double below = (double)forward(&t, w)->data[0];
        w->data[i] = kept;
        printf("dy/dw%d: backward %.4f, difference quotient %.4f\n", i, gradient,
               (above - below) / (2 * (double)step));
    }
    tape_free(&t);
    params_free(&p);
    return 0;
}
