/* EQ(landmark)  z_j = (g_a + g_b + g_c)/3 of three training cases of different groups, drawn by the seed
 * EQ(expert)    f_v = phi(g_v) A_v + mu, phi_j(g) = exp(-3 |g - z_j|^2), P_v = [exp(-3 |z_i - z_j|^2)] + 1e-6;  f_t = g_t A_t + mu, P_t = 1;
 *               f clipped to [0,1], then divided by its sum where each training case has one label
 * EQ(mixture)   p_m = alpha_m p_net,m + (1-alpha_m) f_m
 * EQ(semantic)  psi_m = [sqrt p_m ; sqrt(1 - p_m)], number k of it at place k mod d
 * With few groups a network memorises the training cases and predicts new ones poorly; a wide model that is fitted in closed form is then
 * better. With many groups each is better on different cases. train/mixture.c chooses alpha_m. f_v is kernel ridge regression over
 * landmarks (Nystroem). A landmark is the mean of several cases, so that a model holds no patient's descriptor. psi has length sqrt(c)
 * where 2c <= d, and psi_i psi_j' is the sum over labels of the Bhattacharyya coefficients of both cases. */
#include "hash/expert.h"

#include <math.h>
#include <string.h>

#include "nn/base/rng.h"

enum { MIXED = 3, TRIES = 64 };
static const double SHARPNESS = 3, HALF_SHARE = 1000;

/* A random case of another group than the first `have` taken ones; of any group where TRIES draws find none. */
static int draw_case(Rng *rng, int n, const int *group, const int *taken, int have) {
    int i = 0;
    for (int attempt = 0; attempt < TRIES; attempt++) {
        bool fresh = true;
        i = (int)rng_below(rng, (uint32_t)n);
        for (int k = 0; k < have; k++) fresh = fresh && group[i] != group[taken[k]];
        if (fresh) break;
    }
    return i;
}

void expert_landmarks(const float *g, int n, int d, const int *group, int m, uint64_t seed, real *landmark) {
    for (int j = 0; j < m; j++) {
        Rng rng = rng_stream(seed, RNG_LANDMARK, (uint32_t)j);
        int taken[MIXED];
        real *to = landmark + (size_t)j * (size_t)d;
        memset(to, 0, (size_t)d * sizeof *to);
        for (int k = 0; k < MIXED; k++) {
            taken[k] = draw_case(&rng, n, group, taken, k);
            for (int i = 0; i < d; i++) to[i] += (real)g[(size_t)taken[k] * (size_t)d + (size_t)i] / MIXED;
        }
    }
}

/* Four sums side by side do not wait for each other. */
void expert_features(const float *x, int d, const real *landmark, int m, float *phi) {
    for (int j = 0; j < m; j += 4) {
        const real *z[4];
        float a = 0, b = 0, c = 0, e = 0;
        for (int k = 0; k < 4; k++) z[k] = landmark + (size_t)(j + k < m ? j + k : j) * (size_t)d;
        for (int i = 0; i < d; i++) {
            a += (x[i] - (float)z[0][i]) * (x[i] - (float)z[0][i]);
            b += (x[i] - (float)z[1][i]) * (x[i] - (float)z[1][i]);
            c += (x[i] - (float)z[2][i]) * (x[i] - (float)z[2][i]);
            e += (x[i] - (float)z[3][i]) * (x[i] - (float)z[3][i]);
        }
        const float squares[4] = {a, b, c, e};
        for (int k = 0; k < 4 && j + k < m; k++) phi[j + k] = (float)exp(-SHARPNESS * (double)squares[k]);
    }
}

void expert_penalty(const real *landmark, int m, int d, double *penalty) {
    for (int j = 0; j < m; j++)
        for (int k = 0; k <= j; k++) {
            double squares = 0;
            for (int i = 0; i < d; i++) {
                double difference = (double)landmark[(size_t)j * (size_t)d + (size_t)i] -
                                    (double)landmark[(size_t)k * (size_t)d + (size_t)i];
                squares += difference * difference;
            }
            double near = exp(-SHARPNESS * squares) + (j == k ? 1e-6 : 0);
            penalty[(size_t)j * (size_t)m + (size_t)k] = penalty[(size_t)k * (size_t)m + (size_t)j] = near;
        }
}

void expert_predict(const float *phi, int m, const real *weight, const real *mean, int c, float *f) {
    for (int k = 0; k < c; k++) f[k] = (float)mean[k];
    for (int j = 0; j < m; j++)
        for (int k = 0; k < c && phi[j] != 0; k++)
            f[k] += phi[j] * (float)weight[(size_t)j * (size_t)c + (size_t)k];
}

void expert_clip(float *f, int c, bool single) {
    double sum = 0;
    for (int k = 0; k < c; k++) sum += f[k] = fminf(fmaxf(f[k], 0), 1);
    for (int k = 0; single && k < c; k++) f[k] = sum > 0 ? (float)((double)f[k] / sum) : 1 / (float)c;
}

double expert_prior(int groups) {
    return groups / (groups + HALF_SHARE);
}

void expert_mix(double share, const float *f, int c, float *p) {
    for (int k = 0; k < c; k++) p[k] = (float)(share * (double)p[k] + (1 - share) * (double)f[k]);
}

void expert_token(const float *p, int c, int d, real *psi) {
    memset(psi, 0, (size_t)d * sizeof *psi);
    for (int k = 0; k < c; k++) {
        psi[k % d] += (real)sqrtf(fmaxf(p[k], 0));
        psi[(c + k) % d] += (real)sqrtf(fmaxf(1 - p[k], 0));
    }
}
