#include "tests/oracle/oracle_rules.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double oracle_input(int pixel, double mean, double deviation) {
    return (pixel / 255.0 - mean) / deviation;
}

bool oracle_labels(const uint8_t *y, int n, int c, double *unit) {
    bool single = true;
    for (int i = 0; i < n; i++) {
        double squares = 0;
        for (int k = 0; k < c; k++) squares += (double)y[i * c + k] * y[i * c + k];
        for (int k = 0; k < c; k++) unit[i * c + k] = squares > 0 ? y[i * c + k] / sqrt(squares) : 0;
        if (squares != 1) single = false;
    }
    return single;
}

void oracle_pairs(const uint8_t *y, const int *group, const int *text, int b, int c, uint8_t *relation) {
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++) {
            int shared = 0;
            for (int k = 0; k < c; k++) shared += y[i * c + k] * y[j * c + k];
            bool same = group[i] == group[j] || text[i] == text[j];
            uint8_t r = 2;
            if (same && shared > 0) r = 1;
            if (!same && shared == 0) r = 0;
            if (i == j) r = 1;
            relation[i * b + j] = r;
        }
}

double oracle_beta(double start, double end, int epoch, int epochs) {
    double beta = start;
    if (epochs == 1) return end;
    for (int e = 0; e < epoch; e++) beta += (end - start) / (epochs - 1);
    return beta;
}

void oracle_code(const float *s, int q, int *bit) {
    for (int j = 0; j < q; j++) bit[j] = s[j] >= 0;
}

double oracle_asymmetric(const float *s, const int *bit, int q) {
    double ones = 0, all = 0;
    for (int j = 0; j < q; j++) all += s[j], ones += bit[j] ? s[j] : 0;
    return 2 * ones - all;
}

int oracle_hamming(const int *a, const int *b, int q) {
    int n = 0;
    for (int j = 0; j < q; j++) n += a[j] != b[j];
    return n;
}

void oracle_nearest(const int *query, const int *codes, int n, int q, int k, int *row) {
    for (int rank = 0; rank < k; rank++) {
        int best = -1;
        for (int i = 0; i < n; i++) {
            bool taken = false;
            for (int r = 0; r < rank; r++) taken = taken || row[r] == i;
            if (!taken && (best < 0 || oracle_hamming(query, codes + i * q, q) <
                                           oracle_hamming(query, codes + best * q, q)))
                best = i;
        }
        row[rank] = best;
    }
}

/* Sum of the precisions at relevant items that are still to come, over all orders of equal distances; taken: a bit for each item. */
static double precisions(const int *distance, const bool *relevant, int n, unsigned taken, int rank,
                         int found) {
    int least = -1, ties = 0;
    double sum = 0;
    for (int i = 0; i < n; i++)
        if (!(taken >> i & 1) && (least < 0 || distance[i] < least)) least = distance[i];
    for (int i = 0; i < n; i++) {
        if (taken >> i & 1 || distance[i] != least) continue;
        int now = found + relevant[i];
        ties++;
        sum += relevant[i] ? (double)now / (rank + 1) : 0;
        sum += precisions(distance, relevant, n, taken | 1u << i, rank + 1, now);
    }
    return ties ? sum / ties : 0;
}

double oracle_average_precision(const int *distance, const bool *relevant, int n) {
    int all = 0;
    for (int i = 0; i < n; i++) all += relevant[i];
    return all ? precisions(distance, relevant, n, 0, 0, 0) / all : 0;
}

/* Mean share of the pools i..j. */
static double mean_share(const double *all, const double *relevant, int i, int j) {
    double n = 0, r = 0;
    for (; i <= j; i++) n += all[i], r += relevant[i];
    return n > 0 ? r / n : 0;
}

/* By the min-max formula of isotonic regression (Robertson, Wright, Dykstra 1988): p_d = min over i <= d of max over j >= d of the mean of
 * i..j. */
void oracle_confidence(const int64_t *all, const int64_t *relevant, int n, int least, int groups,
                       double *share) {
    enum { MOST = 128 };
    double pairs[MOST] = {0}, found[MOST] = {0};
    int pool[MOST], pools = 0;
    for (int d = 0; d < n; d++) {
        pool[d] = pools;
        pairs[pools] += (double)all[d];
        found[pools] += (double)relevant[d];
        if (pairs[pools] >= least) pools++;
    }
    if (pools && pool[n - 1] == pools) { /* the last pool is too small: it joins the one before */
        for (int d = 0; d < n; d++) pool[d] -= pool[d] == pools;
        pairs[pools - 1] += pairs[pools];
        found[pools - 1] += found[pools];
    }
    if (pools == 0) pools = 1;
    for (int d = 0; d < n; d++) {
        double low = 2;
        for (int i = 0; i <= pool[d]; i++) {
            double high = -1;
            for (int j = pool[d]; j < pools; j++) {
                double mean = mean_share(pairs, found, i, j);
                high = mean > high ? mean : high;
            }
            low = high < low ? high : low;
        }
        share[d] = low;
    }
    double every = 0, shared = 0;
    for (int d = 0; d < n; d++) every += (double)all[d], shared += (double)relevant[d];
    for (int d = 0; d < n && groups; d++)
        share[d] += (shared / every - share[d]) / (1 + (double)groups); /* a step towards chance */
}

/* FNV-1a of 32 bits (Fowler, Noll, Vo): for each byte, xor, then times the prime. */
static uint32_t hash(const char *s, size_t n) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++) {
        h ^= (unsigned char)s[i];
        h *= 16777619u;
    }
    return h;
}

int oracle_ngrams(const char *word, unsigned buckets, int most, int32_t *bucket) {
    char marked[128];
    int count = 0;
    snprintf(marked, sizeof marked, "<%s>", word);
    for (size_t length = 3; length <= 5; length++)
        for (size_t i = 0; i + length <= strlen(marked); i++)
            if (count < most) bucket[count++] = (int32_t)(hash(marked + i, length) % buckets);
    return count;
}
