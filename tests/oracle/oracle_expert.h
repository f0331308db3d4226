/* The descriptor, the experts and their mixture (ALGORITHM.md), in double and as naive as they can be written: every pixel visited for
 * every cell, one fit for every group that is left out, systems solved by elimination. Nothing is shared with the code. */
#ifndef TESTS_ORACLE_EXPERT_H
#define TESTS_ORACLE_EXPERT_H

#include <stdbool.h>
#include <stdint.h>

/* g (560) of a picture (side,side) */
void oracle_descriptor(const uint8_t *picture, int side, double *g);

/* f (n,c) of the cases phi (n,m) by a fit to those with use[i] set; penalty (m,m). The weights and mu are those of all cases. */
void oracle_ridge(const double *phi, const double *y, const int *group, const bool *use,
                  const double *penalty, int n, int m, int c, double *f);

/* Number k of the landmark that mixes the cases a, b and c of g (n,d). */
double oracle_landmark(const double *g, int d, int a, int b, int c, int k);
/* exp(-3 |x - z|^2) */
double oracle_expert_feature(const double *x, const double *z, int d);
/* f (c), in place */
void oracle_expert_clip(double *f, int c, bool single);
double oracle_mixture(double net, double expert, double alpha);
/* alpha_m of n <= 64 validation cases with c <= 8 labels: net, f, y (n,c). */
double oracle_share(const float *net, const float *f, const uint8_t *y, const int *group, int n, int c,
                    bool single, double prior);
/* s (d) of p (c) */
void oracle_semantic(const double *p, int c, int d, double *s);
/* g of both shares */
double oracle_trust(double alpha_v, double alpha_t);
/* R of one image and one text */
double oracle_chance(const double *p_v, const double *p_t, bool shared, int c, bool single, double labels);

#endif
