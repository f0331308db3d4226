#include "eval/average_precision.h"

void harmonic_fill(double *sum, size_t n) {
    sum[0] = 0.0;
    for (size_t i = 1; i <= n; i++) sum[i] = sum[i - 1] + 1.0 / (double)i;
}

/* Sums this short are added term by term, since the difference of two harmonic numbers would lose digits. */
enum { SHORT_SUM = 8 };

/* sum_{t=1..m} [first + (t-1) step] / (before + t), with (t-1)/(before+t) = 1 - (before+1)/(before+t). */
static double linear_over_rank(double first, double step, size_t before, size_t m, const double *harmonic) {
    if (m <= SHORT_SUM) {
        double sum = 0.0;
        for (size_t t = 0; t < m; t++) sum += (first + (double)t * step) / (double)(before + t + 1);
        return sum;
    }
    double rest = first - step * ((double)before + 1.0);
    return (double)m * step + rest * (harmonic[before + m] - harmonic[before]);
}

double average_precision_group(size_t n, size_t r, size_t m, size_t before, size_t found,
                               const double *harmonic) {
    if (n == 1) return ((double)found + 1.0) / ((double)before + 1.0);
    double step = ((double)r - 1.0) / ((double)n - 1.0);
    double sum = linear_over_rank((double)found + 1.0, step, before, m, harmonic);
    return (double)r / (double)n * sum;
}

/* EQ(map)  AP = 1/R sum_g r_g/n_g sum_{t=1..n_g} [R0 + 1 + (t-1)(r_g-1)/(n_g-1)]/(N0+t); MAP = mean of AP over queries */
Bounds average_precision(const Ties *ties, const double *harmonic) {
    Bounds sum = {0.0, 0.0, 0.0};
    size_t before = 0, found = 0;
    for (size_t g = 0; g < ties->groups; g++) {
        size_t n = ties->all[g], r = ties->relevant[g];
        if (r > 0) {
            double first = (double)found + 1.0;
            sum.pessimistic += linear_over_rank(first, 1.0, before + n - r, r, harmonic);
            sum.expected += average_precision_group(n, r, n, before, found, harmonic);
            sum.optimistic += linear_over_rank(first, 1.0, before, r, harmonic);
        }
        before += n;
        found += r;
    }
    if (found == 0) return sum;
    double all = (double)found;
    return (Bounds){sum.pessimistic / all, sum.expected / all, sum.optimistic / all};
}

double precision_at(const Ties *ties, size_t k) {
    double sum = 0.0;
    size_t before = 0;
    for (size_t g = 0; g < ties->groups && before < k; g++) {
        size_t n = ties->all[g], m = n < k - before ? n : k - before;
        if (n > 0) sum += (double)ties->relevant[g] * (double)m / (double)n;
        before += n;
    }
    return k > 0 ? sum / (double)k : 0.0;
}

double average_precision_random(size_t n, size_t relevant, const double *harmonic) {
    if (relevant == 0 || n == 0) return 0.0;
    if (n == 1) return 1.0;
    double items = (double)n, r = (double)relevant;
    return (r - 1.0) / (items - 1.0) + harmonic[n] / items * (items - r) / (items - 1.0);
}
