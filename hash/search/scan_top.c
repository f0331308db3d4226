#include "hash/search/scan_top.h"

#include <string.h>

size_t top_capacity(size_t k, size_t n) {
    return k > (n - 1) / 2 ? n : 2 * k < 64 ? (n < 64 ? n : 64) : 2 * k;
}

void top_reset(Top *t, size_t k, int bits, int radius) {
    t->k = k;
    t->held = t->within = 0;
    t->limit = (radius < 0 || radius > bits ? bits : radius) + 1;
    memset(t->count, 0, ((size_t)t->limit + 1) * sizeof *t->count);
}

/* Drops entries that cannot be among the k nearest: those beyond the limit, and the last ones at the limit. */
static void drop_beaten(Top *t) {
    size_t ties = t->k - (t->within - t->count[t->limit]), kept = 0;
    t->within -= t->count[t->limit];
    t->count[t->limit] = 0;
    for (size_t i = 0; i < t->held; i++) {
        if (t->hit[i].distance > t->limit) continue;
        if (t->hit[i].distance == t->limit) {
            if (t->count[t->limit] == ties) continue;
            t->count[t->limit]++;
            t->within++;
        }
        t->hit[kept++] = t->hit[i];
    }
    t->held = kept;
}

void top_push(Top *t, int64_t row, int distance) {
    if (t->held == t->capacity) drop_beaten(t);
    t->hit[t->held++] = (Hit){row, distance};
    t->count[distance]++;
    t->within++;
    while (t->within - t->count[t->limit] >= t->k) t->within -= t->count[t->limit--];
}

size_t top_merge(const Top *parts, size_t n_parts, size_t k, int bits, size_t *total, Hit *hits) {
    memset(total, 0, ((size_t)bits + 2) * sizeof *total);
    for (size_t p = 0; p < n_parts; p++)
        for (size_t i = 0; i < parts[p].held; i++) total[parts[p].hit[i].distance]++;
    size_t start = 0; /* total[d] becomes the place of the next entry at distance d */
    for (int d = 0; d <= bits; d++) {
        size_t here = total[d];
        total[d] = start;
        start += here;
    }
    for (size_t p = 0; p < n_parts; p++)
        for (size_t i = 0; i < parts[p].held; i++) {
            size_t place = total[parts[p].hit[i].distance]++;
            if (place < k) hits[place] = parts[p].hit[i];
        }
    return start < k ? start : k;
}
