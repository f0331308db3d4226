/* EQ(posterior)  G_mn <- (1-a) G_mn + a ((1+t0) R_mn - t0),  R_mn(i,j) = p_m,i p_n,j' + [m = n] r_m,i r_m,j,  r = sqrt(1 - |p|^2)
 * p_m,i: the class probabilities of the frozen stage 1 classifier for u_m,i. With one label a case, p_v,i p_t,j' is the
 * probability that both cases have the same label; where the classifier is calibrated, ranking by it is optimal.
 * All codes have the same norm. Each p is therefore padded to a unit vector along an axis that only its modality has:
 * [p_v, r_v, 0] and [p_t, 0, r_t] have R as their inner products. Across modalities the target of an uncertain case is
 * low with every case; within its modality it is high with cases that are uncertain in the same way. */
#include "hash/posterior.h"

#include <math.h>

static double dot(const float *x, const float *y, int c) {
    double sum = 0;
    for (int k = 0; k < c; k++) sum += (double)x[k] * (double)y[k];
    return sum;
}

void posterior_unit(float *p, int b, int c) {
    for (int i = 0; i < b; i++) {
        float *row = p + (size_t)i * (size_t)c;
        double length = sqrt(dot(row, row, c));
        for (int k = 0; length > 1 && k < c; k++) row[k] = (float)((double)row[k] / length);
    }
}

/* r of one row */
static double lacking(const float *p, int c) {
    return sqrt(fmax(1 - dot(p, p, c), 0));
}

void posterior_target(const float *p_m, const float *p_n, int b, int c, bool same, double share, double t0,
                      real *target) {
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) {
            const float *x = p_m + (size_t)i * (size_t)c, *y = p_n + (size_t)j * (size_t)c;
            double wanted = dot(x, y, c) + (same ? lacking(x, c) * lacking(y, c) : 0);
            real *g = target + (size_t)i * (size_t)b + (size_t)j;
            *g = (real)((1 - share) * (double)*g + share * ((1 + t0) * wanted - t0));
        }
}

/* EQ(chance)  R_ij = alpha [image i and text j share a label] + (1-alpha) rho_ij, alpha = (alpha_v + alpha_t)/2, within 1e-4 and 1 - 1e-4,
 *             rho_ij = p_v,i p_t,j' where each training case has one label, else 1 - prod_k (1 - p_v,ik p_t,jk)
 * The labels have the same share as the networks, which have memorised the labels of training cases. */
void posterior_chance(const float *p_v, const float *p_t, const uint8_t *shared, int b, int c, bool single,
                      double share, real *wanted) {
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) {
            const float *x = p_v + (size_t)i * (size_t)c, *y = p_t + (size_t)j * (size_t)c;
            size_t at = (size_t)i * (size_t)b + (size_t)j;
            double none = 1;
            for (int k = 0; k < c; k++) none *= 1 - (double)x[k] * (double)y[k];
            double both = single ? dot(x, y, c) : 1 - none;
            wanted[at] = (real)fmin(fmax(share * shared[at] + (1 - share) * both, 1e-4), 1 - 1e-4);
        }
}
