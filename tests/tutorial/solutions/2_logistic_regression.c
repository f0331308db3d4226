/* Solutions of lesson 2. */
#include <math.h>

#include "nn/ops.h"
#include "nn/optim.h"
#include "tests/tutorial/solutions/check.h"

enum { POINTS = 400 };
static real x[POINTS * 2];
static int label[POINTS];

/* The last loss after 300 steps; *most: the largest on the way; *right: accuracy at the end. */
static double train(double rate, double *most, double *right) {
    Error err;
    ParamSet p = {0};
    Tensor *w = params_add(&p, "weight", 2, (int[]){2, 2}), *b = params_add(&p, "bias", 1, (int[]){2});
    NN_REQUIRE(params_seal(&p, &err) == STATUS_OK, "memory");
    Adam adam = adam_default(0);
    Tape t;
    tape_init(&t, NULL);
    double last = *most = 0;
    for (int step = 0; step < 300; step++) {
        tape_reset(&t);
        Tensor *z = op_linear(&t, tape_input(&t, 2, (int[]){POINTS, 2}, x), w, b);
        Tensor *loss = op_cross_entropy_softmax(&t, z, label);
        last = (double)loss->data[0];
        *most = fmax(*most, last), *right = 0;
        for (int i = 0; i < POINTS; i++)
            *right += ((z->data[2 * i + 1] > z->data[2 * i]) == label[i]) / (double)POINTS;
        params_zero_grad(&p);
        tape_backward(&t, loss);
        adam_step(&adam, &p, NULL, rate);
    }
    tape_free(&t);
    params_free(&p);
    return last;
}

int main(void) {
    Rng rng = rng_stream(1, RNG_TEST, 0);
    int wrong = 0;
    double most, right;
    for (int i = 0; i < POINTS; i++) {
        label[i] = i % 2;
        for (int k = 0; k < 2; k++) x[2 * i + k] = (real)((i % 2 ? 1 : -1) + rng_normal(&rng));
        wrong += (x[2 * i] + x[2 * i + 1] > 0) != label[i];
    }
    double loss = train(0.05, &most, &right), line = 1 - (double)wrong / POINTS;
    printf("exercise 1: the line x + y = 0 is right for %.3f, the trained one for %.3f\n", line, right);
    CLAIM(fabs(line - right) < 0.03);

    for (int i = 0; i < POINTS; i += 10) label[i] = !label[i];
    double noisy = train(0.05, &most, &right), floor = -0.1 * log(0.1) - 0.9 * log(0.9);
    printf("exercise 2: loss %.3f; before %.3f. Even without overlap one label in ten is a surprise: %.3f\n",
           noisy, loss, floor);
    CLAIM(noisy > floor && noisy > loss + 0.1);

    double fast = train(50, &most, &right);
    printf("exercise 3: rate 50: the loss jumps to %.0f and ends at %.2f instead of %.3f\n", most, fast,
           noisy);
    CLAIM(most > 5 && fast > noisy);
    return 0;
}
