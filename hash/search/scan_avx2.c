/* Registers of 256 bits and the POPCNT instruction. Compiled with -mavx2 -mpopcnt; run where the processor
 * has them. */
#include "hash/search/scan_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

typedef uint64_t Lanes __attribute__((vector_size(32)));

#include "hash/search/scan_slices.h"

/* Bits of each 64-bit word, by a table of sixteen in a register (Mula). */
static inline __m256i count_words(__m256i v) {
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2,
                                           2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    __m256i a = _mm256_shuffle_epi8(table, _mm256_and_si256(v, low));
    __m256i b = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi32(v, 4), low));
    return _mm256_sad_epu8(_mm256_add_epi8(a, b), _mm256_setzero_si256());
}

/* All ones in each 64-bit word of a code at distance < bound. words of a code: 1, or 2 in one half of the register. */
static inline __m256i near_words(const uint8_t *codes, __m256i query, __m256i bound, size_t words) {
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)codes);
    __m256i count = count_words(_mm256_xor_si256(v, query));
    if (words == 2)
        count = _mm256_add_epi64(count, _mm256_shuffle_epi32(count, 0x4E)); /* the other word of the half */
    return _mm256_cmpgt_epi64(bound, count);
}

/* One query: 64 bytes of codes between two branches. The next codes are prefetched: a single query is as fast as
 * memory. */
static inline size_t filter_streaming(const uint8_t *codes, size_t n, size_t words, const uint8_t *query,
                                      int limit, uint32_t *offset) {
    enum { STEP_WORDS = 8, AHEAD = 1024 };
    const __m256i bound = _mm256_set1_epi64x(limit);
    const long long first = (long long)code_load(query),
                    second = (long long)code_load(query + 8 * (words - 1));
    const __m256i q = _mm256_set_epi64x(second, first, second, first);
    size_t found = 0, i = 0, step = STEP_WORDS / words;
    for (; i + step <= n; i += step) {
        const uint8_t *c = codes + 8 * words * i;
        __builtin_prefetch(c + AHEAD);
        __m256i a = near_words(c, q, bound, words), b = near_words(c + 32, q, bound, words);
        if (_mm256_testz_si256(_mm256_or_si256(a, b), _mm256_or_si256(a, b))) continue;
        unsigned near = (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(a)) |
                        (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(b)) << 4;
        if (words == 2) near &= 0x55; /* both words of a code hold the same */
        for (; near; near &= near - 1) offset[found++] = (uint32_t)(i + (size_t)__builtin_ctz(near) / words);
    }
    size_t rest = filter_words(codes + 8 * words * i, n - i, words, query, limit, offset + found);
    for (size_t r = 0; r < rest; r++) offset[found + r] += (uint32_t)i;
    return found + rest;
}

static size_t filter_256(const uint8_t *codes, size_t n, int bits, const uint8_t *query, int limit,
                         uint32_t *offset) {
    if (bits == 64) return filter_streaming(codes, n, 1, query, limit, offset);
    if (bits == 128) return filter_streaming(codes, n, 2, query, limit, offset);
    return filter(codes, n, bits, query, limit, offset);
}

const ScanKernel scan_avx2 = {"avx2", filter_256, distances, slice, filter_slices, 13, 32};

#endif
