#include "hash/search/scan.h"

#include <limits.h>

#include "hash/code.h"
#include "hash/search/scan_kernels.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"

const char *scan_kernel_name(void) {
    return PART_SCAN ? scan_kernel()->name : "plain loop";
}

/* The distance of a row, or -1: left out. */
static int distance_of(const uint8_t *query, const uint8_t *codes, size_t row, int bits, int radius,
                       const uint8_t *allowed) {
    if (allowed && !allowed[row]) return -1;
    int d = code_distance(query, codes + row * code_bytes(bits), bits);
    return d <= radius ? d : -1;
}

/* A counting sort: place[d] is the next place for a row at distance d. */
size_t scan_nearest(const uint8_t *query, const uint8_t *codes, size_t n, int bits, size_t k, int radius,
                    const uint8_t *allowed, Hit *hits) {
    size_t place[CODE_MAX_BITS + 2] = {0};
    if (radius < 0 || radius > bits) radius = bits;
    for (size_t row = 0; row < n; row++) place[distance_of(query, codes, row, bits, radius, allowed) + 1]++;
    place[0] = 0; /* the rows left out */
    for (int d = 1; d <= radius + 1; d++) place[d] += place[d - 1];
    for (size_t row = 0; row < n; row++) {
        int d = distance_of(query, codes, row, bits, radius, allowed);
        size_t at = d < 0 ? k : place[d]++;
        if (at < k) hits[at] = (Hit){(int64_t)row, d};
    }
    return place[radius] < k ? place[radius] : k;
}

Status scan_search(const uint8_t *queries, size_t n_queries, const uint8_t *codes, size_t n, int bits,
                   size_t k, int radius, const uint8_t *allowed, Hit *hits, size_t *found, Pool *pool,
                   Error *err) {
    NN_REQUIRE(bits >= CODE_MIN_BITS && bits <= CODE_MAX_BITS && bits % 8 == 0, "bits %d", bits);
    NN_REQUIRE(radius >= -1 && n_queries < INT_MAX / 1024, "radius %d, %zu queries", radius, n_queries);
    for (size_t q = 0; q < n_queries; q++) found[q] = 0;
    if (k == 0 || n == 0 || n_queries == 0) return STATUS_OK;
    if (PART_SCAN)
        return scan_tuned(queries, n_queries, codes, n, bits, k, radius, allowed, hits, found, pool, err);
    for (size_t q = 0; q < n_queries; q++)
        found[q] =
            scan_nearest(queries + q * code_bytes(bits), codes, n, bits, k, radius, allowed, hits + q * k);
    return STATUS_OK;
}

size_t scan_count(const uint8_t *query, const uint8_t *codes, size_t n, int bits, int radius,
                  const uint8_t *allowed) {
    if (PART_SCAN) return scan_count_tuned(query, codes, n, bits, radius, allowed);
    size_t count = 0;
    for (size_t row = 0; row < n; row++) count += distance_of(query, codes, row, bits, radius, allowed) >= 0;
    return count;
}
