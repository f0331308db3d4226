/* Solutions of lesson 9. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "eval/average_precision.h"
#include "nn/base/rng.h"
#include "tests/tutorial/solutions/check.h"

static Bounds score(size_t groups, const uint32_t *all, const uint32_t *relevant) {
    double harmonic[32];
    harmonic_fill(harmonic, 31);
    return average_precision(&(Ties){groups, all, relevant}, harmonic);
}

/* Share of cases whose nearest other case in the first half of each patient has their class: patients of `size` cases, split by
 * case. */
static double leak(int size) {
    enum { N = 400, CLASSES = 4, DIM = 4 };
    static double x[N][DIM];
    double mean[CLASSES][DIM], patient[DIM], right = 0, asked = 0;
    Rng rng = rng_stream(1, RNG_TEST, 9);
    for (int k = 0; k < CLASSES * DIM; k++) mean[k / DIM][k % DIM] = rng_normal(&rng);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < DIM; k++) {
            if (i % size == 0) patient[k] = 1.5 * rng_normal(&rng);
            x[i][k] = mean[i / size % CLASSES][k] + patient[k] + 0.6 * rng_normal(&rng);
        }
    for (int i = 1; i < N; i += 2) {
        double least = 1e9;
        int best = 0;
        for (int j = 0; j < N; j += 2) {
            double d = 0;
            for (int k = 0; k < DIM; k++) d += (x[i][k] - x[j][k]) * (x[i][k] - x[j][k]);
            if (d < least) least = d, best = j;
        }
        asked++, right += best / size % CLASSES == i / size % CLASSES;
    }
    return right / asked;
}

int main(void) {
    Bounds b = score(3, (uint32_t[]){1, 1, 1}, (uint32_t[]){1, 0, 1});
    printf("exercise 1: (1/1 + 2/3)/2 = %.4f\n", b.expected);
    CLAIM(fabs(b.expected - (1 + 2.0 / 3) / 2) < 1e-12);

    b = score(1, (uint32_t[]){10}, (uint32_t[]){2});
    printf("exercise 2: worst %.4f (ranks 9 and 10), expected %.4f, best %.4f\n", b.pessimistic, b.expected,
           b.optimistic);
    CLAIM(fabs(b.pessimistic - (1.0 / 9 + 2.0 / 10) / 2) < 1e-12 && b.optimistic == 1);
    CLAIM(b.expected > b.pessimistic && b.expected < 0.5);

    double two = leak(2), ten = leak(10);
    printf("exercise 3: the nearest training case is of the right class for %.2f with two cases a patient, "
           "for %.2f with ten\n",
           two, ten);
    CLAIM(ten > two);
    return 0;
}
