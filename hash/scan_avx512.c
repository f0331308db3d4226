/* Registers of 512 bits and VPOPCNTDQ. Compiled with -mavx512f -mavx512bw -mavx512vpopcntdq -mpopcnt; run
 * where the processor has them. */
#include "hash/scan_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

typedef uint64_t Lanes __attribute__((vector_size(64)));

#include "hash/scan_slices.h"

/* Eight codes of 64 bits an instruction; other widths as everywhere. */
static size_t filter_512(const uint8_t *codes, size_t n, int bits, const uint8_t *query, int limit,
                         uint32_t *offset) {
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

const ScanKernel scan_avx512 = {"avx512-vpopcntdq", filter_512, distances, slice, filter_slices};

#endif
