/* AVX2 and FMA (Haswell, 2013; Zen, 2017): 6 rows of 2 vectors are 12 sums, which with 2 columns and 1
 * broadcast fill the 16 registers and cover the 4 cycles of a multiply-add on 2 ports. */
#include "nn/fast/kernels.h"

#if defined(__AVX2__) && defined(__FMA__) && !defined(NN_DOUBLE)
#include <immintrin.h>
#include <stdint.h>

enum { LANES = 8, TILE_ROWS = 6 };
typedef __m256 V;

#define v_set _mm256_set1_ps
#define v_load _mm256_loadu_ps
#define v_store _mm256_storeu_ps
#define v_fma _mm256_fmadd_ps
#define v_min _mm256_min_ps
#define v_max _mm256_max_ps
#define v_sqrt _mm256_sqrt_ps
#define v_round(x) _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

static const int32_t MASK[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
static inline __m256i first(int n) {
    return _mm256_loadu_si256((const __m256i *)(const void *)(MASK + 8 - n));
}

static inline V v_load_n(const float *p, int n) {
    return n >= LANES ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, first(n));
}
static inline void v_store_n(float *p, V x, int n) {
    if (n >= LANES)
        _mm256_storeu_ps(p, x);
    else
        _mm256_maskstore_ps(p, first(n), x);
}
static inline V v_if_less(V a, V b, V x, V y) {
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
static inline V v_abs(V x) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}
static inline V v_copy_sign(V x, V sign) {
    return _mm256_or_ps(v_abs(x), _mm256_and_ps(_mm256_set1_ps(-0.0f), sign));
}
static inline V v_two_to(V n) {
    return _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}

static inline V v_mantissa(V x) {
    __m256i bits = _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7fffff));
    return _mm256_castsi256_ps(_mm256_or_si256(bits, _mm256_set1_epi32(0x3f800000)));
}
static inline V v_exponent(V x) {
    __m256i biased = _mm256_srli_epi32(_mm256_castps_si256(x), 23);
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(biased, _mm256_set1_epi32(127)));
}

#define TABLE kernels_avx2
#define TABLE_NAME "avx2"
#include "nn/fast/kernels_body.inc"
#else
typedef int kernels_avx2_absent;
#endif
