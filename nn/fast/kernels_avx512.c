/* AVX-512: one vector is a panel; 14 rows are 14 sums, more than the 8 that 4 cycles on 2 ports need. */
#include "nn/fast/kernels.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__) && !defined(NN_DOUBLE)
#include <immintrin.h>

enum { LANES = 16, TILE_ROWS = 14 };
typedef __m512 V;

#define v_set _mm512_set1_ps
#define v_load _mm512_loadu_ps
#define v_store _mm512_storeu_ps
#define v_fma _mm512_fmadd_ps
#define v_min _mm512_min_ps
#define v_max _mm512_max_ps
#define v_sqrt _mm512_sqrt_ps
#define v_abs _mm512_abs_ps
#define v_round(x) _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define v_mantissa(x) _mm512_getmant_ps(x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src)
#define v_exponent _mm512_getexp_ps

static inline __mmask16 first(int n) {
    return (__mmask16)((1u << n) - 1);
}

static inline V v_load_n(const float *p, int n) {
    return _mm512_maskz_loadu_ps(first(n), p);
}
static inline void v_store_n(float *p, V x, int n) {
    _mm512_mask_storeu_ps(p, first(n), x);
}
static inline V v_if_less(V a, V b, V x, V y) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
}
static inline V v_copy_sign(V x, V sign) {
    return _mm512_or_ps(v_abs(x), _mm512_and_ps(_mm512_set1_ps(-0.0f), sign));
}
static inline V v_two_to(V n) {
    return _mm512_castsi512_ps(
        _mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23));
}

#define TABLE kernels_avx512
#define TABLE_NAME "avx512"
#include "nn/fast/kernels_body.inc"
#else
typedef int kernels_avx512_absent;
#endif
