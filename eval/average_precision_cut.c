#include "eval/average_precision_cut.h"

double average_precision_at(const Ties *ties, size_t k, const double *harmonic) {
    double sum = 0.0;
    size_t before = 0, found = 0, relevant = 0;
    for (size_t g = 0; g < ties->groups; g++) relevant += ties->relevant[g];
    for (size_t g = 0; g < ties->groups && before < k; g++) {
        size_t n = ties->all[g], r = ties->relevant[g];
        size_t m = n < k - before ? n : k - before;
        if (r > 0) sum += average_precision_group(n, r, m, before, found, harmonic);
        before += n;
        found += r;
    }
    size_t over = relevant < k ? relevant : k;
    return over > 0 ? sum / (double)over : 0.0;
}

double tie_mean(const Ties *ties) {
    double squares = 0.0, items = 0.0;
    for (size_t g = 0; g < ties->groups; g++) {
        double n = ties->all[g];
        squares += n * n;
        items += n;
    }
    return items > 0.0 ? squares / items : 0.0;
}
