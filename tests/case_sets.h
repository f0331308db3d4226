/* Sets of cases from arrays, for tests of eval/. */
#ifndef TESTS_CASE_SETS_H
#define TESTS_CASE_SETS_H

#include "eval/case_set.h"

/* n cases that have the same codes (n, bits/8) in both modalities, and labels (n, classes). */
static inline CaseSet case_set(size_t n, int bits, const uint8_t *codes, int classes, const uint8_t *labels) {
    return (CaseSet){.n = n, .bits = bits, .classes = classes, .code = {codes, codes}, .labels = labels};
}

/* n cases that have the same vectors (n, dim) in both modalities. */
static inline CaseSet vector_set(size_t n, int dim, const float *vectors, int classes,
                                 const uint8_t *labels) {
    return (CaseSet){.n = n, .dim = dim, .classes = classes, .vector = {vectors, vectors}, .labels = labels};
}

#endif
