/* Solutions of lesson 5: random keys and values, one query. */
#include <math.h>

#include "nn/base/rng.h"
#include "nn/ops.h"
#include "tests/tutorial/solutions/check.h"

enum { DIM = 8, TOKENS = 6, REAL = 4 };

/* Attention (TOKENS) of a query times `scale`; y (DIM) the answer. */
static void attend(double scale, real *attention, real *y) {
    real q[DIM], kv[TOKENS * 2 * DIM];
    int length = REAL;
    Rng rng = rng_stream(1, RNG_TEST, 5);
    for (int k = 0; k < DIM; k++) q[k] = (real)(scale * rng_normal(&rng));
    for (int k = 0; k < TOKENS * 2 * DIM; k++) kv[k] = (real)rng_normal(&rng);
    Tape t;
    tape_init(&t, NULL);
    Tensor *query = tape_input(&t, 2, (int[]){1, DIM}, q),
           *keys = tape_input(&t, 3, (int[]){1, TOKENS, 2 * DIM}, kv);
    Tensor *out = op_attention_first(&t, query, keys, 1, &length, attention);
    for (int k = 0; k < DIM; k++) y[k] = out->data[k];
    tape_free(&t);
}

static double largest(const real *a) {
    double most = 0;
    for (int i = 0; i < REAL; i++) most = (double)a[i] > most ? (double)a[i] : most;
    return most;
}

int main(void) {
    real one[TOKENS] = {0}, zero[TOKENS] = {0}, ten[TOKENS] = {0}, y[DIM];
    double sum = 0;
    attend(1, one, y);
    for (int i = 0; i < TOKENS; i++) sum += (double)one[i];
    printf("exercise 1: the weights sum to %.6f; padding has %.1f and %.1f\n", sum, (double)one[REAL],
           (double)one[REAL + 1]);
    CLAIM(fabs(sum - 1) < 1e-5 && one[REAL] == 0 && one[REAL + 1] == 0);

    attend(0, zero, y);
    printf("exercise 2: a query of zeros gives %.3f to each of %d words: the mean, lesson 4\n",
           (double)zero[0], REAL);
    for (int i = 0; i < REAL; i++) CLAIM(fabs((double)zero[i] - 1.0 / REAL) < 1e-6);

    attend(10, ten, y);
    printf("exercise 3: the largest weight rises from %.3f to %.3f: one word decides\n", largest(one),
           largest(ten));
    CLAIM(largest(ten) > largest(one) && largest(ten) > 0.9);
    return 0;
}
