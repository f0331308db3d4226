/* Solutions of lesson 1. */
#include <math.h>

#include "nn/ops.h"
#include "nn/params.h"
#include "tests/tutorial/solutions/check.h"

static const real X[] = {3, -2};

/* y = sum_i (w_i x_i)^2, or sum_i tanh(w_i x_i)^2. */
static Tensor *forward(Tape *t, Tensor *w, bool squash) {
    tape_reset(t);
    Tensor *z = op_mul(t, w, tape_input(t, 1, (int[]){2}, X));
    return op_sum_squares(t, squash ? op_tanh(t, z, 1) : z);
}

static void set(ParamSet *p, Tensor *w, double a, double b) {
    params_zero_grad(p);
    w->data[0] = (real)a, w->data[1] = (real)b;
}

int main(void) {
    Error err;
    ParamSet p = {0};
    Tensor *w = params_add(&p, "w", 1, (int[]){2});
    if (params_seal(&p, &err) != STATUS_OK) return 1;
    Tape t;
    tape_init(&t, NULL);

    set(&p, w, 0, 0);
    tape_backward(&t, forward(&t, w, false));
    printf("exercise 1: 2 w x^2 is 0 at w = 0: (%.1f, %.1f), a minimum\n", (double)w->grad[0],
           (double)w->grad[1]);
    CLAIM(w->grad[0] == 0 && w->grad[1] == 0);

    set(&p, w, 0.5, 2);
    tape_backward(&t, forward(&t, w, true));
    for (int i = 0; i < 2; i++) {
        double x = (double)X[i], th = tanh((double)w->data[i] * x), hand = 2 * th * (1 - th * th) * x;
        printf("exercise 2: 2 tanh(wx) (1 - tanh(wx)^2) x = %.5f, tape %.5f\n", hand, (double)w->grad[i]);
        CLAIM(fabs(hand - (double)w->grad[i]) < 1e-5);
    }

    double least = 1e9, best = 0, last = 0;
    for (double h = 1e-1; h > 0.5e-6; h /= 10) {
        set(&p, w, 0.5 + h, 2);
        double above = (double)forward(&t, w, true)->data[0];
        set(&p, w, 0.5 - h, 2);
        double below = (double)forward(&t, w, true)->data[0], th = tanh(1.5);
        double error = last = fabs((above - below) / (2 * h) - 6 * th * (1 - th * th));
        printf("exercise 3: h %.0e: error %.1e\n", h, error);
        if (error < least) least = error, best = h;
    }
    printf("exercise 3: least at %.0e. A large h sees the curve bend; a small h loses the digits of a float. "
           "A parabola bends evenly: its quotient is exact at any h\n",
           best);
    CLAIM(best > 2e-6 && best < 0.5e-1 && last > least);
    tape_free(&t);
    params_free(&p);
    return 0;
}
