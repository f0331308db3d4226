#include "nn/vmath.h"

#include "nn/fast/kernels.h"

void vmath_exp(size_t n, const real *x, real *y) {
    kernels()->exp(n, x, y);
}

void vmath_tanh(size_t n, const real *x, real *y) {
    kernels()->tanh(n, x, y);
}

void vmath_erf(size_t n, const real *x, real *y) {
    kernels()->erf(n, x, y);
}
