#include "nn/gemm.h"

#include "nn/base/error.h"

void gemm_plain(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb,
                real beta, real *c, int ldc) {
    size_t a_row = ta ? 1 : (size_t)lda, a_col = ta ? (size_t)lda : 1;
    size_t b_row = tb ? 1 : (size_t)ldb, b_col = tb ? (size_t)ldb : 1;
    for (size_t i = 0; i < (size_t)m; i++)
        for (size_t j = 0; j < (size_t)n; j++) {
            real sum = 0;
            for (size_t p = 0; p < (size_t)k; p++) sum += a[i * a_row + p * a_col] * b[p * b_row + j * b_col];
            real *to = &c[i * (size_t)ldc + j];
            *to = beta == 0 ? sum : beta * *to + sum;
        }
}

size_t gemm_scratch(int n, int k) {
    return (size_t)((n + 15) / 16) * 16 * (size_t)(k > 0 ? k : 1);
}

void gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
          real *c, int ldc, real *scratch) {
    (void)scratch;
    gemm_plain(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
}
