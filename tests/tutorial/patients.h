/* Patients for 9_evaluation.c: each has two cases that are close to each other; classes overlap. */
#ifndef TUTORIAL_PATIENTS_H
#define TUTORIAL_PATIENTS_H

#include <stdint.h>

#include "nn/base/rng.h"

enum { CLASSES = 4, N = 400, DIM = 4 };

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

#endif
