#include "nn/blas.h"

#include "nn/base/alloc.h"
#include "nn/base/error.h"
#include "nn/fast.h"

/* C = op(A) op(B) + beta C: the loop that defines the product. */
static void gemm_plain(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb,
                       real beta, real *c, int ldc, real *scratch) {
    (void)scratch;
    size_t a_row = ta ? 1 : (size_t)lda, a_col = ta ? (size_t)lda : 1;
    size_t b_row = tb ? 1 : (size_t)ldb, b_col = tb ? (size_t)ldb : 1;
    for (size_t i = 0; i < (size_t)m; i++)
        for (size_t j = 0; j < (size_t)n; j++) {
            real sum = 0, *to = &c[i * (size_t)ldc + j];
            for (size_t p = 0; p < (size_t)k; p++) sum += a[i * a_row + p * a_col] * b[p * b_row + j * b_col];
            *to = beta == 0 ? sum : sum + beta * *to;
        }
}

static size_t no_scratch(int n, int k) {
    (void)n, (void)k;
    return 1;
}

size_t gemm_scratch(int n, int k) {
    return FAST_OR(gemm_scratch, no_scratch)(n, k);
}

void gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
          real *c, int ldc, real *scratch) {
    FAST_OR(gemm, gemm_plain)(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, scratch);
}

#ifndef NN_OPENBLAS /* else nn/blas_open.c has these */
void blas_enter(void) {}
void blas_leave(void) {}

Status blas_reserve(Error *err) {
    (void)err;
    return STATUS_OK;
}

/* The scratch comes from the heap; where memory runs out, the plain loop needs none. */
void blas_gemm(bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b,
               int ldb, real beta, real *c, int ldc) {
    if (m <= 0 || n <= 0) return;
    if (alpha != 1) { /* alpha op(A) op(B) + beta C = alpha (op(A) op(B) + (beta/alpha) C) */
        if (alpha == 0) k = 0, alpha = 1;
        beta /= alpha;
    }
    real *scratch = mem_aligned(gemm_scratch(n, k) * sizeof(real));
    if (scratch)
        gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, scratch);
    else
        gemm_plain(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, NULL);
    mem_free(scratch);
    if (alpha != 1)
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) c[(size_t)i * (size_t)ldc + (size_t)j] *= alpha;
}

const char *blas_name(void) {
    return "builtin";
}

#endif
