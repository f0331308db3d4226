#include "tests/oracle/oracle_hash.h"

#include <math.h>
#include <stdlib.h>

static double dot(const double *x, const double *y, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* A cosine with a zero vector is 0. */
static double cosine(const double *x, const double *y, int n) {
    double length = sqrt(dot(x, x, n)) * sqrt(dot(y, y, n));
    return length > 0 ? dot(x, y, n) / length : 0;
}

/* ---- align ---- */

/* log of the sum of exp(cos/tau) over the partners j of case i whose relation is `wanted` or `also`. by_row:
 * i is a row of c_v, j of c_t; else the reverse. */
static double log_sum(const double *c_v, const double *c_t, const uint8_t *relation, int b, int d, double tau,
                      int i, bool by_row, int wanted, int also) {
    double most = -INFINITY, sum = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j < b; j++) {
            int v = by_row ? i : j, t = by_row ? j : i, r = relation[v * b + t];
            if (r != wanted && r != also) continue;
            double z = cosine(c_v + v * d, c_t + t * d, d) / tau;
            if (pass == 0)
                most = fmax(most, z);
            else
                sum += exp(z - most);
        }
    return most + log(sum);
}

double oracle_align(const double *c_v, const double *c_t, const uint8_t *relation, int b, int d, double tau) {
    enum { NEGATIVE = 0, POSITIVE = 1 };
    double total = 0;
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < b; i++) {
            bool by_row = side == 0, any_negative = false;
            for (int j = 0; j < b; j++)
                if (relation[by_row ? i * b + j : j * b + i] == NEGATIVE) any_negative = true;
            if (!any_negative) continue;
            total += log_sum(c_v, c_t, relation, b, d, tau, i, by_row, POSITIVE, POSITIVE) -
                     log_sum(c_v, c_t, relation, b, d, tau, i, by_row, POSITIVE, NEGATIVE);
        }
    return -total / (2.0 * b);
}

double oracle_teacher(const double *c_v, const double *c_t, const double *c_joint, int b, int d) {
    double sum = 0;
    for (int i = 0; i < b * d; i++) sum += pow(c_v[i] - c_joint[i], 2) + pow(c_t[i] - c_joint[i], 2);
    return sum / ((double)b * d);
}

/* ---- Constraints on the codes ---- */

double oracle_manifold(const double *h_m, const double *h_n, const double *target, int b, int q) {
    double sum = 0;
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) sum += pow(dot(h_m + i * q, h_n + j * q, q) / q - target[i * b + j], 2);
    return sum / ((double)b * b);
}

/* K = [[K_v,1],[1,K_t]] element by element */
static double joint_kernel(const double *k_v, const double *k_t, int b, int i, int j) {
    if (i < b && j < b) return k_v[i * b + j];
    if (i >= b && j >= b) return k_t[(i - b) * b + (j - b)];
    return i % b == j % b;
}

/* tr(H'(D-K)H) as the double sum 1/2 K_ij |H_i - H_j|^2, which is the same for a symmetric K (Belkin & Niyogi
 * 2003). */
double oracle_laplacian(const double *h_v, const double *h_t, const double *k_v, const double *k_t, int b,
                        int q) {
    double sum = 0;
    for (int i = 0; i < 2 * b; i++)
        for (int j = 0; j < 2 * b; j++) {
            const double *x = i < b ? h_v + i * q : h_t + (i - b) * q,
                         *y = j < b ? h_v + j * q : h_t + (j - b) * q;
            for (int k = 0; k < q; k++) sum += 0.5 * joint_kernel(k_v, k_t, b, i, j) * pow(x[k] - y[k], 2);
        }
    return sum / ((double)b * b * q);
}

double oracle_balance(const double *h_v, const double *h_t, int b, int q) {
    double sum = 0;
    for (int m = 0; m < 2; m++)
        for (int k = 0; k < q; k++) {
            double mean = 0;
            for (int i = 0; i < b; i++) mean += (m ? h_t : h_v)[i * q + k] / b;
            sum += mean * mean;
        }
    return sum / q;
}

double oracle_quantisation(const double *h_v, const double *h_t, int b, int q) {
    double sum = 0;
    for (int i = 0; i < b * q; i++) {
        double bit = h_v[i] + h_t[i] >= 0 ? 1 : -1;
        sum += pow(h_v[i] - bit, 2) + pow(h_t[i] - bit, 2);
    }
    return sum / ((double)b * q);
}

double oracle_soft_pairs(const double *h_v, const double *h_t, double scale, double offset,
                         const double *wanted, int b, int q) {
    double sum = 0;
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) {
            double theta = offset;
            for (int k = 0; k < q; k++) theta += exp(scale) * h_v[i * q + k] * h_t[j * q + k] / q;
            sum += log(1 + exp(theta)) - wanted[i * b + j] * theta;
        }
    return sum / (b * b);
}

double oracle_likelihood(const double *h_v, const double *h_t, const uint8_t *similar, int b, int q) {
    double sum = 0;
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) {
            double theta = 0.5 * sqrt(32.0 / q) * dot(h_v + i * q, h_t + j * q, q);
            sum += fmax(theta, 0) + log1p(exp(-fabs(theta))) - similar[i * b + j] * theta;
        }
    return sum / ((double)b * b);
}

double oracle_decorrelation(const double *h_v, const double *h_t, int b, int q) {
    double sum = 0;
    for (int m = 0; m < 2; m++)
        for (int k = 0; k < q; k++)
            for (int l = 0; l < q; l++) {
                double product = 0;
                for (int i = 0; i < b; i++)
                    product += (m ? h_t : h_v)[i * q + k] * (m ? h_t : h_v)[i * q + l];
                sum += pow(product / b - (k == l), 2);
            }
    return sum / ((double)q * q);
}

/* ---- classification and the totals ---- */

static double softmax_row(const double *z, const double *y, int c) {
    double most = -INFINITY, sum = 0, loss = 0;
    for (int j = 0; j < c; j++) most = fmax(most, z[j]);
    for (int j = 0; j < c; j++) sum += exp(z[j] - most);
    for (int j = 0; j < c; j++) loss -= y[j] * (z[j] - most - log(sum));
    return loss;
}

double oracle_classification(const double *logits, const double *y, int b, int c, bool single,
                             double bce_weight) {
    double sum = 0;
    if (single) {
        for (int i = 0; i < b; i++) sum += softmax_row(logits + i * c, y + i * c, c);
        return sum / b;
    }
    for (int i = 0; i < b * c; i++)
        sum += fmax(logits[i], 0) - logits[i] * y[i] + log1p(exp(-fabs(logits[i])));
    return bce_weight * sum / ((double)b * c);
}

double oracle_weight_decay(const double *w, int n) {
    return dot(w, w, n);
}

double oracle_total(const double *term, const double *weight, int n) {
    return dot(term, weight, n);
}

/* ---- graph ---- */

static double distance(const double *u, int d, int i, int j) {
    double sum = 0;
    for (int k = 0; k < d; k++) sum += pow(u[i * d + k] - u[j * d + k], 2);
    return sqrt(sum);
}

/* k capped at the cases of other groups that every case has. */
static int capped(const int *group, int n, int k) {
    for (int i = 0; i < n; i++) {
        int others = 0;
        for (int j = 0; j < n; j++) others += group[j] != group[i];
        if (others < k) k = others;
    }
    return k;
}

/* How many cases of other groups are nearer to i than j is; equal distances go by number. */
static int rank_of(const double *u, int n, int d, const int *group, int i, int j) {
    int nearer = 0;
    for (int l = 0; l < n; l++) {
        if (group[l] == group[i]) continue;
        double a = distance(u, d, i, l), b = distance(u, d, i, j);
        nearer += a < b || (a == b && l < j);
    }
    return nearer;
}

double oracle_bandwidth(const double *u, int n, int d, const int *group, int k) {
    double kth = 0, all = 0;
    int pairs = 0;
    k = capped(group, n, k);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            if (group[i] == group[j]) continue;
            all += distance(u, d, i, j);
            pairs++;
            if (rank_of(u, n, d, group, i, j) == k - 1) kth += distance(u, d, i, j) / n;
        }
    return fmax(fmax(kth, pairs ? 1e-6 * all / pairs : 0), 1e-12);
}

static bool neighbours(const double *u, int n, int d, const int *group, int k, int i, int j) {
    if (group[i] == group[j]) return false;
    return rank_of(u, n, d, group, i, j) < k || rank_of(u, n, d, group, j, i) < k;
}

void oracle_graph(const double *u, int n, int d, const int *group, int k, double *kernel, double *step) {
    double sigma = oracle_bandwidth(u, n, d, group, k);
    k = capped(group, n, k);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < n; j++) {
            double r = distance(u, d, i, j) / sigma;
            kernel[i * n + j] = i == j ? 1 : (neighbours(u, n, d, group, k, i, j) ? exp(-r * r / 2) : 0);
            sum += kernel[i * n + j];
        }
        for (int j = 0; j < n; j++) step[i * n + j] = kernel[i * n + j] / sum;
    }
}

void oracle_geodesic(const double *u, int n, int d, const int *group, int k, double *kernel) {
    double sigma = oracle_bandwidth(u, n, d, group, k);
    k = capped(group, n, k);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double shortest = neighbours(u, n, d, group, k, i, j) ? distance(u, d, i, j) : INFINITY;
            for (int l = 0; l < n && group[i] != group[j]; l++)
                if (neighbours(u, n, d, group, k, i, l) && neighbours(u, n, d, group, k, l, j))
                    shortest = fmin(shortest, distance(u, d, i, l) + distance(u, d, l, j));
            kernel[i * n + j] = i == j ? 1 : exp(-pow(shortest / sigma, 2) / 2);
        }
}

/* out (n,c) = P (n,n) Yn (n,c) */
static void spread_labels(const double *step, const double *labels, int n, int c, double *out) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c; k++) {
            out[i * c + k] = 0;
            for (int j = 0; j < n; j++) out[i * c + k] += step[i * n + j] * labels[j * c + k];
        }
}

void oracle_walk(const double *step_m, const double *step_n, const double *labels, int n, int c, double rho,
                 double *s) {
    double *class_m = calloc((size_t)n * (size_t)c, sizeof *class_m),
           *class_n = calloc((size_t)n * (size_t)c, sizeof *class_n);
    spread_labels(step_m, labels, n, c, class_m);
    spread_labels(step_n, labels, n, c, class_n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            s[i * n + j] = rho * cosine(step_m + i * n, step_n + j * n, n) +
                           (1 - rho) * cosine(class_m + i * c, class_n + j * c, c);
    free(class_m);
    free(class_n);
}

void oracle_target(const double *s, const double *labels, int n, int c, double omega, double t0, double *g) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double shared = dot(labels + i * c, labels + j * c, c);
            g[i * n + j] = (1 + t0) * (omega * shared + (1 - omega) * s[i * n + j]) - t0;
        }
}

/* [p, r, 0] of the first modality, [p, 0, r] of the second */
static double *embed(const double *p, int n, int c, int second) {
    double *e = calloc((size_t)n * (size_t)(c + 2), sizeof *e);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < c; k++) e[i * (c + 2) + k] = p[i * c + k];
        double rest = 1 - dot(p + i * c, p + i * c, c);
        e[i * (c + 2) + c + second] = rest > 0 ? sqrt(rest) : 0;
    }
    return e;
}

void oracle_posterior(const double *p_m, const double *p_n, int n, int c, int same, double share, double t0,
                      double *g) {
    double *x = embed(p_m, n, c, 0), *y = embed(p_n, n, c, !same);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double wanted = dot(x + i * (c + 2), y + j * (c + 2), c + 2);
            g[i * n + j] = (1 - share) * g[i * n + j] + share * ((1 + t0) * wanted - t0);
        }
    free(x);
    free(y);
}
