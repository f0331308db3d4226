/* One real at a time, for any machine, and the only table of the double build. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "nn/fast/kernels.h"

enum { LANES = 1, TILE_ROWS = 2 };
typedef real V;

static inline V v_set(real x) {
    return x;
}
static inline V v_load(const real *p) {
    return *p;
}
static inline void v_store(real *p, V x) {
    *p = x;
}
static inline V v_load_n(const real *p, int n) {
    return n > 0 ? *p : 0;
}
static inline void v_store_n(real *p, V x, int n) {
    if (n > 0) *p = x;
}
static inline V v_add(V a, V b) {
    return a + b;
}
static inline V v_sub(V a, V b) {
    return a - b;
}
static inline V v_mul(V a, V b) {
    return a * b;
}
static inline V v_fma(V a, V b, V c) {
    return a * b + c;
}
static inline V v_max(V a, V b) {
    return a > b ? a : b;
}
static inline V v_if_less(V a, V b, V x, V y) {
    return a < b ? x : y;
}
#ifndef NN_DOUBLE
static inline V v_div(V a, V b) {
    return a / b;
}
static inline V v_min(V a, V b) {
    return a < b ? a : b;
}
static inline V v_abs(V x) {
    return fabsf(x);
}
static inline V v_copy_sign(V x, V sign) {
    return copysignf(x, sign);
}
static inline V v_round(V x) {
    return rintf(x);
}
static inline V v_two_to(V n) {
    uint32_t bits = (uint32_t)((n > -127 ? (int)n : -127) + 127) << 23; /* a NaN fails the comparison */
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static inline V v_sqrt(V x) {
    return sqrtf(x);
}
static inline V v_mantissa(V x) {
    int e;
    return 2 * frexpf(x, &e);
}
static inline V v_exponent(V x) {
    int e;
    frexpf(x, &e);
    return (float)(e - 1);
}
#endif

#define TABLE kernels_scalar
#define TABLE_NAME "scalar"
#include "nn/fast/kernels_body.inc"
