#include "nn/fast/kernels.h"

#include <string.h>

enum { TABLES = 4 };

/* Fills `all` with the tables that this machine can run, slowest first. Returns their number. */
static int available(const Kernels *all[TABLES]) {
    int n = 0;
    all[n++] = &kernels_scalar;
#if !defined(NN_DOUBLE) && defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all[n++] = &kernels_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        all[n++] = &kernels_avx512;
#elif !defined(NN_DOUBLE) && defined(__aarch64__)
    all[n++] = &kernels_neon;
#endif
    return n;
}

/* Asking the processor costs a few loads, so the answer is not cached. */
const Kernels *kernels(void) {
    const Kernels *all[TABLES];
    return all[available(all) - 1];
}

const Kernels *kernels_at(int i) {
    const Kernels *all[TABLES];
    int n = available(all);
    return i >= 0 && i < n ? all[i] : NULL;
}

/* The last panel of n columns: `columns` of PANEL, from b with the given strides of rows and columns. */
static void pack_rest(int columns, int k, const real *b, size_t row, size_t column, real *to) {
    for (size_t p = 0; p < (size_t)k; p++, to += PANEL)
        for (size_t j = 0; j < PANEL; j++) to[j] = (int)j < columns ? b[p * row + j * column] : 0;
}

void panels_pack(bool transposed, int n, int k, const real *b, int ldb, real *to) {
    size_t row = transposed ? 1 : (size_t)ldb, column = transposed ? (size_t)ldb : 1;
    int whole = n / PANEL * PANEL;
    for (int j = 0; j < whole; j += PANEL) {
        const real *from = b + (size_t)j * column;
        if (!transposed)
            for (size_t p = 0; p < (size_t)k; p++, to += PANEL)
                memcpy(to, from + p * row, PANEL * sizeof(real));
        else
            for (size_t p = 0; p < (size_t)k; p++, to += PANEL)
                for (size_t i = 0; i < PANEL; i++) to[i] = from[p + i * column];
    }
    if (whole < n) pack_rest(n - whole, k, b + (size_t)whole * column, row, column, to);
}
