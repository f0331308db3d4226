/* One manifold term and its backward, for the recipe of nn/manifold.gdb: 5 cases of 8 bits. Prints what gdb must show. */
#include <stdio.h>

#include "hash/constraints.h"

enum { B = 5, Q = 8 };

int main(void) {
    Tape t;
    real target[B * B];
    tape_init(&t, NULL);
    Tensor *h[2] = {tape_tensor2(&t, B, Q), tape_tensor2(&t, B, Q)};
    for (int m = 0; m < 2; m++) {
        h[m]->needs_grad = true;
        for (int i = 0; i < B * Q; i++) h[m]->data[i] = (real)((i * (7 + m) + m) % 11 - 5) / 5;
    }
    for (int i = 0; i < B * B; i++) target[i] = (real)(i % (B + 1) == 0 ? 1 : -0.25);
    tape_backward(&t, loss_manifold(&t, h[0], h[1], target));
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            double sum = 0;
            for (int k = 0; k < Q; k++) sum += (double)h[0]->data[i * Q + k] * (double)h[1]->data[j * Q + k];
            printf("%9.5f%s", sum / Q, j < 3 ? " " : "\n");
        }
    }
    for (int k = 0; k < 4; k++) { /* dL/dH_m of case 0 = 2/(b^2 q) sum_j D_0j H_n,j */
        double gradient = 0;
        for (int j = 0; j < B; j++) {
            double d = -(double)target[j];
            for (int i = 0; i < Q; i++) d += (double)h[0]->data[i] * (double)h[1]->data[j * Q + i] / Q;
            gradient += 2.0 / (B * B * Q) * d * (double)h[1]->data[j * Q + k];
        }
        printf("%s%.8f%s", k ? "" : "dL/dH_m of case 0 after: ", gradient, k < 3 ? " " : "\n");
    }
    tape_free(&t);
    return 0;
}
