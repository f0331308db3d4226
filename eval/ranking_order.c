/* The whole order of a ranking, for formulas and files that need it. */
#include "eval/ranking.h"
#include "hash/code.h"

static bool same_group(const Ranking *r, size_t q, size_t i) {
    return r->query_group && r->query_group[q] == r->database_group[i];
}

size_t ranking_order(const Ranking *r, size_t q, uint32_t *order, uint16_t *distance, uint16_t *shared) {
    size_t n = r->database_codes.n, ranked = 0;
    uint32_t start[CODE_MAX_BITS + 2] = {0};
    bit_planes_distance(&r->query_codes, q, &r->database_codes, 0, n, distance);
    bit_planes_shared(&r->query_labels, q, &r->database_labels, 0, n, shared);
    for (size_t i = 0; i < n; i++)
        if (!same_group(r, q, i)) start[distance[i] + 1]++;
    for (int d = 0; d <= r->bits; d++) start[d + 1] += start[d];
    for (size_t i = 0; i < n; i++) {
        if (same_group(r, q, i)) continue;
        order[start[distance[i]]++] = (uint32_t)i;
        ranked++;
    }
    return ranked;
}
