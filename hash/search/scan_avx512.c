/* Registers of 512 bits and VPOPCNTDQ. Compiled with -mavx512f -mavx512bw -mavx512vpopcntdq -mpopcnt; run
 * where the processor has them. */
#include "hash/search/scan_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

typedef uint64_t Lanes __attribute__((vector_size(64)));

#include "hash/search/scan_slices.h"

/* Codes of 128 bits, four a register. Both halves of a code get the sum of both; one of them is compared. */
static size_t filter_128(const uint8_t *codes, size_t n, const uint8_t *query, int limit, uint32_t *offset) {
    const __m512i q = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)query)),
                  bound = _mm512_set1_epi64(limit);
    size_t found = 0, i = 0;
    for (; i + 4 <= n; i += 4) {
        __m512i half = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(codes + 16 * i), q));
        __m512i sum = _mm512_add_epi64(half, _mm512_shuffle_epi32(half, _MM_PERM_BADC));
        unsigned near = _mm512_mask_cmplt_epi64_mask(0x55, sum, bound);
        for (; near; near &= near - 1) offset[found++] = (uint32_t)(i + (size_t)__builtin_ctz(near) / 2);
    }
    size_t rest = filter_words(codes + 16 * i, n - i, 2, query, limit, offset + found);
    for (size_t r = 0; r < rest; r++) offset[found + r] += (uint32_t)i;
    return found + rest;
}

/* Codes of 64 bits, eight a register. Other widths use filter() of scan_slices.h. */
static size_t filter_512(const uint8_t *codes, size_t n, int bits, const uint8_t *query, int limit,
                         uint32_t *offset) {
    if (bits == 128) return filter_128(codes, n, query, limit, offset);
    if (bits != 64) return filter(codes, n, bits, query, limit, offset);
    const __m512i q = _mm512_set1_epi64((long long)code_load(query)), bound = _mm512_set1_epi64(limit);
    size_t found = 0, i = 0;
    for (; i + 8 <= n; i += 8) {
        __m512i different = _mm512_xor_si512(_mm512_loadu_si512(codes + 8 * i), q);
        unsigned near = _mm512_cmplt_epi64_mask(_mm512_popcnt_epi64(different), bound);
        for (; near; near &= near - 1) offset[found++] = (uint32_t)(i + (size_t)__builtin_ctz(near));
    }
    size_t rest = filter_words(codes + 8 * i, n - i, 1, query, limit, offset + found);
    for (size_t r = 0; r < rest; r++) offset[found + r] += (uint32_t)i;
    return found + rest;
}

const ScanKernel scan_avx512 = {"avx512-vpopcntdq", filter_512, distances, slice, filter_slices, 6, 20};

#endif
