/* One real at a time, for any machine, and the only table of the double build. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "nn/fast/kernels.h"

enum { LANES = 1, TILE_ROWS = 2 };
typedef real V;

#define v_set(x) (x)
#define v_load(p) (*(p))
#define v_store(p, x) (*(p) = (x))
#define v_load_n(p, n) ((n) > 0 ? *(p) : 0)
#define v_store_n(p, x, n) ((n) > 0 ? (void)(*(p) = (x)) : (void)0)
#define v_fma(a, b, c) ((a) * (b) + (c))
#define v_if_less(a, b, x, y) ((a) < (b) ? (x) : (y))
static inline V v_max(V a, V b) {
    return a > b ? a : b;
}
#ifndef NN_DOUBLE
#define v_abs fabsf
#define v_copy_sign copysignf
#define v_round rintf
#define v_sqrt sqrtf
static inline V v_min(V a, V b) {
    return a < b ? a : b;
}
static inline V v_two_to(V n) {
    uint32_t bits = (uint32_t)((n > -127 ? (int)n : -127) + 127) << 23; /* a NaN fails the comparison */
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
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
