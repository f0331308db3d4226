/* Registers of 128 bits, which compilers make of what the base instruction set has: NEON on arm64, SSE2 on
 * x86-64, pairs of words elsewhere. */
#include "hash/search/scan_kernels.h"

typedef uint64_t Lanes __attribute__((vector_size(16)));

#include "hash/search/scan_slices.h"

#if defined(__aarch64__)
const ScanKernel scan_plain = {"neon", filter, distances, slice, filter_slices, 13, 32};
#else
const ScanKernel scan_plain = {"plain", filter, distances, slice, filter_slices, 13, 32};
#endif
