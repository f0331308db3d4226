/* Solutions of lesson 7. */
#include <math.h>

#include "hash/constraints.h"
#include "nn/ops.h"
#include "tests/tutorial/solutions/check.h"

enum { B = 2, Q = 2 };

static Tensor *codes(Tape *t, real a, real b, real c, real d) {
    return tape_input(t, 2, (int[]){B, Q}, (real[]){a, b, c, d});
}

int main(void) {
    Tape t;
    tape_init(&t, NULL);
    real target[3 * B * B];
    for (int i = 0; i < 3 * B * B; i++) target[i] = 1;
    double manifold =
        (double)loss_manifold(&t, codes(&t, 1, 1, 1, 1), codes(&t, 1, 1, 1, 1), target)->data[0];
    printf("exercise 1: H H'/q is 1 everywhere, so G = 1 gives %.1f: all cases alike\n", manifold);
    CLAIM(manifold == 0);

    /* 1/q sum_m |1/b H' 1|^2: column means (1, 0) in both views, so (1 + 0)/2 a view. */
    double balance = (double)loss_balance(&t, codes(&t, 1, 1, 1, -1), codes(&t, 1, 1, 1, -1))->data[0];
    printf("exercise 2: the first bit is 1 for both cases: (1^2 + 0^2)/2 a view, %.2f for two\n", balance);
    CLAIM(fabs(balance - 1) < 1e-6);

    double hard = (double)loss_quantisation(&t, codes(&t, 1, -1, -1, 1), codes(&t, 1, -1, -1, 1))->data[0];
    double soft =
        (double)loss_quantisation(&t, codes(&t, (real)0.5, (real)0.5, 1, 1), codes(&t, 1, 1, 1, 1))->data[0];
    printf("exercise 3: -1 and +1, the same in both views: %.1f; with (0.5, 0.5): %.3f\n", hard, soft);
    CLAIM(hard == 0 && fabs(soft - 2 * 0.25 / (B * Q)) < 1e-6);
    tape_free(&t);
    return 0;
}
