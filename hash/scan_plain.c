/* The kernel of every machine, and the definition that the others are compared with. */
#include "hash/code.h"
#include "hash/scan_kernels.h"

static size_t filter(const uint8_t *codes, size_t n, int bits, const uint8_t *query, int limit,
                     uint32_t *offset) {
    size_t bytes = code_bytes(bits), found = 0;
    for (size_t i = 0; i < n; i++) {
        offset[found] = (uint32_t)i;
        found += code_difference(query, codes + i * bytes, bytes) < limit;
    }
    return found;
}

static void distances(const uint8_t *query, const uint8_t *codes, size_t n, int bits, uint16_t *distance) {
    size_t bytes = code_bytes(bits);
    for (size_t i = 0; i < n; i++) distance[i] = (uint16_t)code_difference(query, codes + i * bytes, bytes);
}

const ScanKernel scan_plain = {"plain", filter, distances};
