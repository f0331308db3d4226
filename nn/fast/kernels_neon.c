/* NEON of 64-bit ARM: 6 rows of 4 vectors are 24 sums of its 32 registers. */
#include "nn/fast/kernels.h"

#if defined(__aarch64__) && defined(__ARM_NEON) && !defined(NN_DOUBLE)
#include <arm_neon.h>

enum { LANES = 4, TILE_ROWS = 6 };
typedef float32x4_t V;

#define v_set vdupq_n_f32
#define v_load vld1q_f32
#define v_store vst1q_f32
#define v_fma(a, b, c) vfmaq_f32(c, a, b)
#define v_if_less(a, b, x, y) vbslq_f32(vcltq_f32(a, b), x, y)
#define v_abs vabsq_f32
#define v_round vrndnq_f32
#define v_sqrt vsqrtq_f32

static inline V v_load_n(const float *p, int n) {
    if (n >= LANES) return vld1q_f32(p);
    float part[4] = {0};
    for (int i = 0; i < n; i++) part[i] = p[i];
    return vld1q_f32(part);
}
static inline void v_store_n(float *p, V x, int n) {
    if (n >= LANES) {
        vst1q_f32(p, x);
        return;
    }
    float part[4];
    vst1q_f32(part, x);
    for (int i = 0; i < n; i++) p[i] = part[i];
}
static inline V v_min(V a, V b) {
    return vbslq_f32(vcltq_f32(a, b), a, b);
}
static inline V v_max(V a, V b) {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}
static inline V v_copy_sign(V x, V sign) {
    return vbslq_f32(vdupq_n_u32(0x80000000u), sign, x);
}
static inline V v_two_to(V n) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23));
}

static inline V v_mantissa(V x) {
    uint32x4_t bits = vandq_u32(vreinterpretq_u32_f32(x), vdupq_n_u32(0x7fffff));
    return vreinterpretq_f32_u32(vorrq_u32(bits, vdupq_n_u32(0x3f800000)));
}
static inline V v_exponent(V x) {
    int32x4_t biased = vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_f32(x), 23));
    return vcvtq_f32_s32(vsubq_s32(biased, vdupq_n_s32(127)));
}

#define TABLE kernels_neon
#define TABLE_NAME "neon"
#include "nn/fast/kernels_body.inc"
#else
typedef int kernels_neon_absent;
#endif
