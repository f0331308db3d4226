/* The equations of ALGORITHM.md as naive double loops: written from the document, for reading,
 * sharing no code with nn/ or hash/. Arrays are row-major; b cases, d width, q bits, c classes, n training
 * cases. A test compares each with its home (tests/equations.txt says which). */
#ifndef TESTS_ORACLE_HASH_H
#define TESTS_ORACLE_HASH_H

#include <stdbool.h>
#include <stdint.h>

/* ---- Loss terms ---- */

/* relation (b,b): 0 negative, 1 positive, 2 left out. c_v, c_t (b,d). */
double oracle_align(const double *c_v, const double *c_t, const uint8_t *relation, int b, int d, double tau);
double oracle_teacher(const double *c_v, const double *c_t, const double *c_joint, int b, int d);
/* h_m, h_n (b,q), target (b,b): one of the three pairs of modalities. */
double oracle_manifold(const double *h_m, const double *h_n, const double *target, int b, int q);
double oracle_laplacian(const double *h_v, const double *h_t, const double *k_v, const double *k_t, int b,
                        int q);
double oracle_balance(const double *h_v, const double *h_t, int b, int q);
double oracle_quantisation(const double *h_v, const double *h_t, int b, int q);
double oracle_soft_pairs(const double *h_v, const double *h_t, double scale, double offset,
                         const double *wanted, int b, int q);
double oracle_likelihood(const double *h_v, const double *h_t, const uint8_t *similar, int b, int q);
double oracle_decorrelation(const double *h_v, const double *h_t, int b, int q);

/* CE of logits (b,c) with label distributions y (b,c): softmax form, and sigmoid form times bce_weight. */
double oracle_classification(const double *logits, const double *y, int b, int c, bool single,
                             double bce_weight);
double oracle_weight_decay(const double *w, int n);

/* L_1 and L_2 from their terms: the sum of weight[i] term[i]. */
double oracle_total(const double *term, const double *weight, int n);

/* ---- The manifold's graph; everything dense ---- */

/* u (n,d), group (n). */
double oracle_bandwidth(const double *u, int n, int d, const int *group, int k);
/* K (n,n), and P = D^-1 K (n,n). */
void oracle_graph(const double *u, int n, int d, const int *group, int k, double *kernel, double *step);
/* K whose distances are those of paths of at most two edges. */
void oracle_geodesic(const double *u, int n, int d, const int *group, int k, double *kernel);
/* S (n,n) of P_m, P_n (n,n) and unit label rows (n,c). */
void oracle_walk(const double *step_m, const double *step_n, const double *labels, int n, int c, double rho,
                 double *s);
/* G (n,n) with share of what stage 1 knows: p_m, p_n (n,c), rows no longer than 1; unit vectors of 2 more columns, one for
 * each modality; same: both are of one. */
void oracle_posterior(const double *p_m, const double *p_n, int n, int c, int same, double share, double t0,
                      double *g);
/* G (n,n) of S (n,n). */
void oracle_target(const double *s, const double *labels, int n, int c, double omega, double t0, double *g);

#endif
