/* Elementary functions over arrays, our own: the same values on every machine and library, a few units in the
 * last place from the true ones. In the double build they are the C library's. y may be x. */
#ifndef NN_VMATH_H
#define NN_VMATH_H

#include "nn/tensor.h"

void vmath_exp(size_t n, const real *x, real *y);
void vmath_tanh(size_t n, const real *x, real *y);
void vmath_erf(size_t n, const real *x, real *y);

#endif
