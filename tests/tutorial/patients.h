/* Patients for 9_evaluation.c: each has two cases that are close to each other; classes overlap. And a method that memorises. */
#ifndef TUTORIAL_PATIENTS_H
#define TUTORIAL_PATIENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "nn/base/rng.h"

enum { CLASSES = 4, N = 400, DIM = 4, BITS = 32, BYTES = BITS / 8 };

typedef struct {
    double x[N][DIM];
    int label[N];
    uint8_t y[N * CLASSES]; /* 1 where the case has the class */
} Cases;

/* Case i belongs to patient i/2: class mean + 1.5 x noise of the patient + 0.2 x noise of the case. */
static inline void patients_draw(Cases *c) {
    Rng rng = rng_stream(1, RNG_TEST, 9);
    double mean[CLASSES][DIM], patient[DIM];
    for (int k = 0; k < CLASSES * DIM; k++) mean[k / DIM][k % DIM] = rng_normal(&rng);
    for (int i = 0; i < N; i++) {
        c->label[i] = i / 2 % CLASSES;
        c->y[i * CLASSES + c->label[i]] = 1;
        for (int k = 0; k < DIM; k++) {
            if (i % 2 == 0) patient[k] = 1.5 * rng_normal(&rng);
            c->x[i][k] = mean[c->label[i]][k] + patient[k] + 0.2 * rng_normal(&rng);
        }
    }
}

/* Codes of all cases: of the class of the nearest case with train[j]. A training case is its own nearest. */
static inline void memorise(const Cases *c, const bool *train, uint8_t *codes) {
    uint8_t code[CLASSES][BYTES];
    Rng rng = rng_stream(1, RNG_TEST, 10);
    for (int k = 0; k < CLASSES * BYTES; k++) code[k / BYTES][k % BYTES] = (uint8_t)rng_below(&rng, 256);
    for (int i = 0; i < N; i++) {
        double least = 1e9;
        for (int j = 0; j < N; j++) {
            double d = 0;
            for (int k = 0; k < DIM; k++) d += (c->x[i][k] - c->x[j][k]) * (c->x[i][k] - c->x[j][k]);
            if (train[j] && d < least) least = d, memcpy(codes + i * BYTES, code[c->label[j]], BYTES);
        }
    }
}

#endif
