/* Solutions of lesson 4. */
#include <math.h>

#include "nn/ops.h"
#include "tests/tutorial/phantoms.h"
#include "tests/tutorial/solutions/check.h"

/* Pieces that both words have. */
static int shared(const char *a, const char *b, int buckets, int *of_a) {
    int32_t x[TOKEN_NGRAMS], y[TOKEN_NGRAMS];
    int n = token_ngrams(a, buckets, x), m = token_ngrams(b, buckets, y), same = 0;
    *of_a = n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) same += x[i] == y[j];
    return same;
}

/* Different pieces of the words for each bucket in use. Pieces of equal letters are one: words are hashed to 2^20 first. */
static double collisions(const Vocab *v, int buckets) {
    enum { LARGE = 1 << 20 };
    static uint8_t large[LARGE], small[LARGE];
    int different = 0, used = 0;
    memset(large, 0, sizeof large), memset(small, 0, sizeof small);
    for (int i = 0; i < v->n; i++) {
        int32_t a[TOKEN_NGRAMS], b[TOKEN_NGRAMS];
        int n = token_ngrams(v->words[i], LARGE, a);
        token_ngrams(v->words[i], buckets, b);
        for (int k = 0; k < n; k++) {
            different += !large[a[k]], used += !small[b[k]];
            large[a[k]] = small[b[k]] = 1;
        }
    }
    return (double)different / used;
}

/* The mean over a text of one column of the table: here any number of the word's id. */
static double mean_of(const Vocab *v, const char *text) {
    int32_t id[REPORT], gram[REPORT * TOKEN_NGRAMS];
    int n;
    double sum = 0;
    reports_tokens(v, text, id, gram, &n);
    for (int i = 0; i < n; i++) sum += id[i] * 0.37;
    return sum / n;
}

int main(int argc, char **argv) {
    static Reports r;
    int n;
    reports_load(&r, argc > 1 ? argv[1] : NULL);
    int same = shared("cyst", "cystic", REPORT_BUCKETS, &n);
    printf("exercise 1: cyst has %d pieces, of which cystic has %d\n", n, same);
    CLAIM(same >= 4 && same < n);

    double many = collisions(&r.of.vocab, REPORT_BUCKETS), few = collisions(&r.of.vocab, 64);
    printf("exercise 2: pieces a bucket: %.2f with %d buckets, %.1f with 64\n", many, REPORT_BUCKETS, few);
    CLAIM(many >= 1 && few > 4 * many);

    const char *a = "cyst seen, no stone", *b = "stone seen, no cyst";
    printf("exercise 3: \"%s\" and \"%s\" have the same mean\n", a, b);
    CLAIM(fabs(mean_of(&r.of.vocab, a) - mean_of(&r.of.vocab, b)) < 1e-9);
    phantoms_free(&r.of);
    return 0;
}
