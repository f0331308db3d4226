#include "nn/tensor.h"

#include <stdio.h>

#include "nn/base/error.h"

size_t tensor_size(const Tensor *x) {
    size_t n = 1;
    for (int i = 0; i < x->rank; i++) n *= (size_t)x->dim[i];
    return n;
}

int tensor_last(const Tensor *x) {
    NN_REQUIRE(x->rank > 0, "a tensor without dimensions");
    return x->dim[x->rank - 1];
}

size_t tensor_rows(const Tensor *x) {
    return tensor_size(x) / (size_t)tensor_last(x);
}

bool tensor_same_shape(const Tensor *x, const Tensor *y) {
    if (x->rank != y->rank) return false;
    for (int i = 0; i < x->rank; i++)
        if (x->dim[i] != y->dim[i]) return false;
    return true;
}

const char *tensor_shape(const Tensor *x, char text[64]) {
    int n = snprintf(text, 64, "(");
    for (int i = 0; i < x->rank; i++) n += snprintf(text + n, (size_t)(64 - n), i ? ",%d" : "%d", x->dim[i]);
    snprintf(text + n, (size_t)(64 - n), ")");
    return text;
}
