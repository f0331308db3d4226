/* Solutions of lesson 6. */
#include <math.h>
#include <stdint.h>

#include "hash/code.h"
#include "nn/base/rng.h"
#include "tests/tutorial/solutions/check.h"

enum { DIM = 16, BITS = 64 };

static void encode(const double *plane, const double *u, double scale, double shift, uint8_t *code) {
    float score[BITS];
    for (int j = 0; j < BITS; j++) {
        double s = 0;
        for (int k = 0; k < DIM; k++) s += plane[j * DIM + k] * (scale * u[k] + shift);
        score[j] = (float)s;
    }
    code_pack(score, 1, BITS, code);
}

int main(void) {
    double near = 80.0 / 180, deviation = 2 * 1.645 * sqrt(0.25);
    double bits = pow(deviation / (0.5 - near), 2);
    printf("exercise 1: both lie %.4f from the middle, which must be 1.645 deviations of 0.5/sqrt(q): about "
           "%.0f bits\n",
           (0.5 - near) / 2, bits);
    CLAIM(bits > 500 && bits < 1500);

    double plane[BITS * DIM], u[DIM];
    uint8_t code[BITS / 8], scaled[BITS / 8], shifted[BITS / 8];
    Rng rng = rng_stream(1, RNG_TEST, 6);
    for (int k = 0; k < BITS * DIM; k++) plane[k] = rng_normal(&rng);
    for (int k = 0; k < DIM; k++) u[k] = rng_normal(&rng);
    encode(plane, u, 1, 0, code), encode(plane, u, 3, 0, scaled), encode(plane, u, 1, 1, shifted);
    printf("exercise 2: scaling changes %d bits, shifting %d: a sign sees directions, not lengths\n",
           code_distance(code, scaled, BITS), code_distance(code, shifted, BITS));
    CLAIM(code_distance(code, scaled, BITS) == 0 && code_distance(code, shifted, BITS) > 0);

    for (int k = 0; k < DIM; k++) plane[DIM + k] = plane[k];
    int equal = 0;
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < DIM; k++) u[k] = rng_normal(&rng);
        encode(plane, u, 1, 0, code);
        equal += (code[0] & 1) == (code[0] >> 1 & 1);
    }
    printf("exercise 3: both bits are equal for %d of 100 features: the distance counts one question twice\n",
           equal);
    CLAIM(equal == 100);
    return 0;
}
