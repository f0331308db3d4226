/* Arithmetic of ints that more than one file needs. */
#ifndef NN_BASE_INTS_H
#define NN_BASE_INTS_H

static inline int int_min(int a, int b) {
    return a < b ? a : b;
}
static inline int int_max(int a, int b) {
    return a > b ? a : b;
}
/* The smallest whole number that is at least a/b; a >= 0, b > 0. */
static inline int int_divide_up(int a, int b) {
    return (a + b - 1) / b;
}

#endif
