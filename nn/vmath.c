#include "nn/vmath.h"

#include <math.h>

void vmath_exp(size_t n, const real *x, real *y) {
    for (size_t i = 0; i < n; i++) y[i] = (real)exp(x[i]);
}

void vmath_tanh(size_t n, const real *x, real *y) {
    for (size_t i = 0; i < n; i++) y[i] = (real)tanh(x[i]);
}

void vmath_erf(size_t n, const real *x, real *y) {
    for (size_t i = 0; i < n; i++) y[i] = (real)erf(x[i]);
}
