#include "nn/base/rng.h"

#include <math.h>

static void philox4x32_10(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]) {
    const uint32_t m0 = 0xD2511F53u, m1 = 0xCD9E8D57u, w0 = 0x9E3779B9u, w1 = 0xBB67AE85u;
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)m0 * c0, p1 = (uint64_t)m1 * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1, c3 = (uint32_t)p0, c0 = n0, c2 = n2;
        k0 += w0, k1 += w1;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

Rng rng_stream(uint64_t seed, RngPurpose purpose, uint32_t index) {
    Rng r = {{(uint32_t)seed, (uint32_t)(seed >> 32)}, {(uint32_t)purpose, index}, 0, {0, 0, 0, 0}, 0};
    return r;
}

void rng_blocks(const Rng *r, uint64_t block, size_t n, uint32_t *out) {
    for (size_t i = 0; i < n; i++, block++) {
        uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), r->stream[0], r->stream[1]};
        philox4x32_10(out + 4 * i, counter, r->key);
    }
}

uint32_t rng_u32(Rng *r) {
    if (r->left == 0) {
        uint32_t counter[4] = {(uint32_t)r->counter, (uint32_t)(r->counter >> 32), r->stream[0],
                               r->stream[1]};
        philox4x32_10(r->block, counter, r->key);
        r->counter++;
        r->left = 4;
    }
    return r->block[4 - r->left--];
}

uint64_t rng_u64(Rng *r) {
    uint64_t high = rng_u32(r);
    return high << 32 | rng_u32(r);
}

double rng_uniform(Rng *r) {
    return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

double rng_range(Rng *r, double low, double high) {
    return low + (high - low) * rng_uniform(r);
}

uint32_t rng_below(Rng *r, uint32_t n) {
    uint32_t rejected = (0u - n) % n; /* 2^32 mod n: smaller draws would favour small results */
    uint32_t x;
    do x = rng_u32(r);
    while (x < rejected);
    return x % n;
}

double rng_normal(Rng *r) {
    double u = 1.0 - rng_uniform(r); /* (0,1]: the logarithm stays finite */
    double v = rng_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

void rng_shuffle(Rng *r, int *items, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(r, (uint32_t)i);
        int t = items[i - 1];
        items[i - 1] = items[j];
        items[j] = t;
    }
}
