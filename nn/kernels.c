#include "nn/kernels.h"

#include <string.h>

enum { TABLES = 4 };

/* Fills all with what this machine can run, slowest first; returns how many. */
static int available(const Kernels *all[TABLES]) {
    int n = 0;
    all[n++] = &kernels_plain;
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

/* The question to the processor is a few loads: nothing is remembered. */
const Kernels *kernels(void) {
    const Kernels *all[TABLES];
    return all[available(all) - 1];
}

const Kernels *kernels_at(int i) {
    const Kernels *all[TABLES];
    int n = available(all);
    return i >= 0 && i < n ? all[i] : NULL;
}

static void pack_rows(int n, int k, const real *b, int ldb, real *to) {
    for (int first = 0; first < n; first += PANEL) {
        int columns = n - first < PANEL ? n - first : PANEL;
        for (int p = 0; p < k; p++, to += PANEL) {
            memcpy(to, b + (size_t)p * (size_t)ldb + first, (size_t)columns * sizeof(real));
            memset(to + columns, 0, (size_t)(PANEL - columns) * sizeof(real));
        }
    }
}

static void pack_columns(int n, int k, const real *b, int ldb, real *to) {
    for (int first = 0; first < n; first += PANEL, to += (size_t)k * PANEL)
        for (int j = 0; j < PANEL; j++) {
            const real *column = b + (size_t)(first + j) * (size_t)ldb;
            for (size_t p = 0; p < (size_t)k; p++) to[p * PANEL + (size_t)j] = first + j < n ? column[p] : 0;
        }
}

void panels_pack(bool transposed, int n, int k, const real *b, int ldb, real *to) {
    if (transposed)
        pack_columns(n, k, b, ldb, to);
    else
        pack_rows(n, k, b, ldb, to);
}
