/* The toy set of 7_constraints.c, and what it measures on the codes (n,q) of images and texts. */
#ifndef TUTORIAL_TOY_H
#define TUTORIAL_TOY_H

#include <math.h>
#include <stdlib.h>

#include "nn/base/rng.h"
#include "nn/tensor.h"

enum { N = 120, CLASSES = 3 };

typedef struct {
    float view[2][N * 2]; /* image, text */
    float y[N * CLASSES];
    double apart[N * N]; /* of two cases, along their arc, in [0,1); -1: different arcs */
    int label[N], group[N];
} Toy;

/* Another stream, other points of the same three arcs. */
static inline void toy_draw(Toy *toy, uint32_t stream) {
    static const double centre[CLASSES][2] = {{0, 0}, {0.7, 0.2}, {1.4, 0}};
    Rng rng = rng_stream(1, RNG_TEST, stream);
    for (int i = 0; i < N; i++) {
        int k = i / (N / CLASSES);
        double place = (double)(i % (N / CLASSES)) / (N / CLASSES), a = (place + (k == 1)) * 3.14159;
        double x = centre[k][0] + cos(a), z = centre[k][1] + sin(a);
        toy->view[0][2 * i] = (float)(x + 0.1 * rng_normal(&rng)),
                         toy->view[0][2 * i + 1] = (float)(z + 0.1 * rng_normal(&rng));
        toy->view[1][2 * i] = (float)(z + 0.1 * rng_normal(&rng)),
                         toy->view[1][2 * i + 1] = (float)(0.1 * rng_normal(&rng) - x);
        toy->label[i] = k, toy->group[i] = i;
        for (int c = 0; c < CLASSES; c++) toy->y[i * CLASSES + c] = c == k;
        for (int j = 0; j < N; j++)
            toy->apart[i * N + j] = k == j / (N / CLASSES) ? abs(i - j) / (double)(N / CLASSES) : -1;
    }
}

static inline int bit(const real *h, int i) {
    return h[i] >= 0;
}

/* Bits in which two codes differ. */
static inline int differing(const real *a, const real *b, int q) {
    int n = 0;
    for (int k = 0; k < q; k++) n += bit(a, k) != bit(b, k);
    return n;
}

/* Correlation, over pairs (image i, text j) with apart (n,n) >= 0, of Hamming distance and `apart`. */
static inline double correlation(const real *h_v, const real *h_t, const double *apart, int n, int q) {
    double s = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double x = apart[i * n + j], y = differing(h_v + i * q, h_t + j * q, q);
            if (x < 0) continue;
            s++, sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y;
        }
    double spread = sqrt((sxx - sx * sx / s) * (syy - sy * sy / s));
    return spread > 0 ? (sxy - sx * sy / s) / spread : 0;
}

/* Mean over bits of |share of ones - 1/2|: 0 is balance, 0.5 a constant bit. */
static inline double imbalance(const real *h, int n, int q) {
    double sum = 0;
    for (int k = 0; k < q; k++) {
        int ones = 0;
        for (int i = 0; i < n; i++) ones += bit(h, i * q + k);
        sum += fabs((double)ones / n - 0.5);
    }
    return sum / q;
}

/* Share of bits in which the codes of an image and of its text agree. */
static inline double agreement(const real *h_v, const real *h_t, int n) {
    int same = 0;
    for (int i = 0; i < n; i++) same += bit(h_v, i) == bit(h_t, i);
    return (double)same / n;
}

/* Share of images whose code is nearest to the mean text code of their own class. */
static inline double nearest_mean(const real *h_v, const real *h_t, const int *label, int n, int q,
                                  int classes) {
    int right = 0;
    for (int i = 0; i < n; i++) {
        int best = 0;
        double best_sum = -1e9;
        for (int c = 0; c < classes; c++) {
            double sum = 0, members = 0;
            for (int j = 0; j < n; j++) {
                members += label[j] == c;
                for (int k = 0; label[j] == c && k < q; k++)
                    sum += bit(h_v, i * q + k) == bit(h_t, j * q + k);
            }
            if (sum / members > best_sum) best_sum = sum / members, best = c;
        }
        right += best == label[i];
    }
    return (double)right / n;
}

#endif
