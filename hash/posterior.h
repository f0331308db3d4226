/* What stage 1 knows of a case's labels, as a wanted similarity of codes [O]. */
#ifndef HASH_POSTERIOR_H
#define HASH_POSTERIOR_H

#include <stdbool.h>

#include "nn/tensor.h"

/* Rows of p (b,c) longer than 1 are made 1 long: with one label they never are; many labels, each certain, become
 * Yn. */
void posterior_unit(float *p, int b, int c);

/* G = (1-share) G + share ((1+t0) R - t0), R_mn(i,j) = p_m,i p_n,j' + [m = n] r_m,i r_m,j, r = sqrt(1 - |p|^2). p_m, p_n
 * (b,c): rows no longer than 1 (r of a row that was made 1 long is rounding, up to 5e-4); same: m = n; target G (b,b) is changed in
 * place. All arrays are the caller's; nothing can fail. */
void posterior_target(const float *p_m, const float *p_n, int b, int c, bool same, double share, double t0,
                      real *target);

#endif
