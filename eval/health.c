#include "eval/health.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/average_precision_cut.h"
#include "eval/ranking.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { TIE_QUERIES = 1000 };

static int bit_of(const uint8_t *code, int j) {
    return (code[j / 8] >> (j % 8)) & 1;
}

void code_bit_means(const uint8_t *code, size_t n, int bits, double *mean) {
    size_t bytes = code_bytes(bits);
    for (int j = 0; j < bits; j++) {
        size_t ones = 0;
        for (size_t i = 0; i < n; i++) ones += (size_t)bit_of(code + i * bytes, j);
        mean[j] = n ? (double)ones / (double)n : 0.0;
    }
}

/* ---- Distinct codes ---- */

/* FNV-1a over the code, with a final mix of the high bits into the low ones. */
static size_t code_hash(const uint8_t *code, size_t bytes) {
    uint64_t h = fnv1a(FNV1A_START, code, bytes);
    return (size_t)(h ^ (h >> 29));
}

Status code_distinct(const uint8_t *code, size_t n, int bits, size_t *distinct, Error *err) {
    size_t slots = 16, bytes = code_bytes(bits);
    while (slots < 2 * n) slots *= 2;
    size_t *row_plus_one = mem_calloc(slots, sizeof *row_plus_one);
    if (!row_plus_one) return mem_error(err, "counting codes");
    *distinct = 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *own = code + i * bytes;
        size_t at = code_hash(own, bytes) & (slots - 1);
        while (row_plus_one[at] && memcmp(code + (row_plus_one[at] - 1) * bytes, own, bytes) != 0)
            at = (at + 1) & (slots - 1);
        if (row_plus_one[at]) continue;
        row_plus_one[at] = i + 1;
        ++*distinct;
    }
    mem_free(row_plus_one);
    return STATUS_OK;
}

/* ---- Correlation ---- */

/* column (bits, words): bit i%64 of word i/64 of row j = bit j of code i. */
static uint64_t *columns_of(const uint8_t *code, size_t n, int bits) {
    size_t words = (n + 63) / 64, bytes = code_bytes(bits);
    uint64_t *column = mem_calloc((size_t)bits * words + 1, sizeof *column);
    for (size_t i = 0; column && i < n; i++)
        for (int j = 0; j < bits; j++)
            column[(size_t)j * words + i / 64] |= (uint64_t)bit_of(code + i * bytes, j) << (i % 64);
    return column;
}

static double both_share(const uint64_t *a, const uint64_t *b, size_t n) {
    size_t both = 0;
    for (size_t w = 0; w < (n + 63) / 64; w++) both += (size_t)__builtin_popcountll(a[w] & b[w]);
    return (double)both / (double)n;
}

static void fill_correlation(const uint64_t *a, const uint64_t *b, size_t n, int bits, double *correlation) {
    size_t words = (n + 63) / 64, q = (size_t)bits;
    double mean_b[CODE_MAX_BITS];
    for (size_t k = 0; k < q; k++) mean_b[k] = both_share(b + k * words, b + k * words, n);
    for (size_t j = 0; j < q; j++) {
        double mean_a = both_share(a + j * words, a + j * words, n), variance_a = mean_a * (1.0 - mean_a);
        for (size_t k = 0; k < q; k++) {
            double variance = variance_a * mean_b[k] * (1.0 - mean_b[k]);
            double covariance = both_share(a + j * words, b + k * words, n) - mean_a * mean_b[k];
            correlation[j * q + k] = variance > 0.0 ? covariance / sqrt(variance) : 0.0;
        }
    }
}

Status code_correlation(const uint8_t *a, const uint8_t *b, size_t n, int bits, double *correlation,
                        Error *err) {
    uint64_t *x = columns_of(a, n, bits), *y = columns_of(b, n, bits);
    if (x && y) fill_correlation(x, y, n, bits, correlation);
    Status status = x && y ? STATUS_OK : mem_error(err, "bits to correlate");
    mem_free(x);
    mem_free(y);
    return status;
}

static void summarise_correlation(CodeHealth *h, const double *correlation, const double *mean) {
    double sum = 0.0, pairs = 0.0;
    h->high_a = h->high_b = -1;
    for (int j = 0; j < h->bits; j++)
        for (int k = j + 1; k < h->bits; k++) {
            if (mean[j] <= 0.0 || mean[j] >= 1.0 || mean[k] <= 0.0 || mean[k] >= 1.0) continue;
            double size = fabs(correlation[(size_t)j * (size_t)h->bits + (size_t)k]);
            sum += size;
            pairs += 1.0;
            if (size <= h->correlation_high) continue;
            h->correlation_high = size;
            h->high_a = j;
            h->high_b = k;
        }
    h->correlation = pairs > 0.0 ? sum / pairs : 0.0;
}

/* ---- Bits and ties ---- */

static double entropy_of(double p) {
    return p <= 0.0 || p >= 1.0 ? 0.0 : -p * log2(p) - (1.0 - p) * log2(1.0 - p);
}

static void summarise_bits(CodeHealth *h, const double *mean) {
    h->bit_mean_low = h->entropy_low = 1.0;
    for (int j = 0; j < h->bits; j++) {
        double entropy = entropy_of(mean[j]);
        h->bit_mean += mean[j] / h->bits;
        h->entropy += entropy / h->bits;
        h->bit_mean_low = fmin(h->bit_mean_low, mean[j]);
        h->bit_mean_high = fmax(h->bit_mean_high, mean[j]);
        h->entropy_low = fmin(h->entropy_low, entropy);
        h->constant_bits += mean[j] <= 0.0 || mean[j] >= 1.0;
    }
}

static double tie_of(const BitPlanes *planes, size_t q, int bits) {
    uint32_t all[CODE_MAX_BITS + 1] = {0}, relevant[CODE_MAX_BITS + 1] = {0};
    uint16_t distance[RANKING_BLOCK];
    for (size_t first = 0; first < planes->n; first += RANKING_BLOCK) {
        size_t count = planes->n - first < RANKING_BLOCK ? planes->n - first : RANKING_BLOCK;
        bit_planes_distance(planes, q, planes, first, count, distance);
        for (size_t i = 0; i < count; i++) all[distance[i]]++;
    }
    return tie_mean(&(Ties){(size_t)bits + 1, all, relevant});
}

static Status measure_ties(CodeHealth *h, const uint8_t *code, Error *err) {
    BitPlanes planes;
    Status status = bit_planes_of_codes(&planes, code, h->codes, h->bits, err);
    size_t queries = h->codes < TIE_QUERIES ? h->codes : TIE_QUERIES;
    for (size_t q = 0; q < queries && status == STATUS_OK; q++)
        h->mean_tie += tie_of(&planes, q * h->codes / queries, h->bits) / (double)queries;
    bit_planes_free(&planes);
    return status;
}

Status code_health(CodeHealth *h, const uint8_t *code, size_t n, int bits, Error *err) {
    *h = (CodeHealth){.bits = bits, .codes = n};
    NN_REQUIRE(n > 0 && bits >= CODE_FEWEST_BITS && bits <= CODE_MAX_BITS, "%zu codes of %d bits", n, bits);
    double mean[CODE_MAX_BITS];
    code_bit_means(code, n, bits, mean);
    summarise_bits(h, mean);
    double *correlation = mem_calloc((size_t)bits * (size_t)bits, sizeof *correlation);
    if (!correlation) return mem_error(err, "bits to correlate");
    Status status = code_correlation(code, code, n, bits, correlation, err);
    if (status == STATUS_OK) summarise_correlation(h, correlation, mean);
    mem_free(correlation);
    TRY(status);
    TRY(code_distinct(code, n, bits, &h->distinct, err));
    return measure_ties(h, code, err);
}
