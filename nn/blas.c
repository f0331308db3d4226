#include "nn/blas.h"

#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/error.h"
#include "nn/base/ints.h"
#include "nn/fast.h"

enum { TILE_ROWS = 256 };

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

size_t gemm_scratch(int n, int k) {
    return fast->gemm_scratch ? fast->gemm_scratch(n, k) : 1;
}

void gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
          real *c, int ldc, real *scratch) {
    FAST_OR(gemm, gemm_plain)(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, scratch);
}

#ifdef NN_OPENBLAS
#include <cblas.h>
#undef I
#include <pthread.h>

static pthread_once_t single_thread_once = PTHREAD_ONCE_INIT;
static void single_thread(void) {
    openblas_set_num_threads(1);
}

void blas_single_thread(void) {
    pthread_once(&single_thread_once, single_thread);
}

void blas_gemm(bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b,
               int ldb, real beta, real *c, int ldc) {
    blas_single_thread();
    CBLAS_TRANSPOSE at = ta ? CblasTrans : CblasNoTrans, bt = tb ? CblasTrans : CblasNoTrans;
#ifdef NN_DOUBLE
    cblas_dgemm(CblasRowMajor, at, bt, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
#else
    cblas_sgemm(CblasRowMajor, at, bt, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
#endif
}

/* openblas_get_config returns such as "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH Zen MAX_THREADS=64". */
const char *blas_name(void) {
    const char *config = openblas_get_config();
    return config && *config ? config : "OpenBLAS";
}

#else

void blas_single_thread(void) {}

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

typedef struct {
    bool ta, tb;
    int m, n, k, lda, ldb, ldc;
    real alpha, beta;
    const real *a, *b;
    real *c;
} Product;

static void product_tile(void *ctx, int item, int worker) {
    const Product *p = ctx;
    (void)worker;
    int row = item * TILE_ROWS, rows = int_min(TILE_ROWS, p->m - row);
    const real *a = p->a + (p->ta ? (size_t)row : (size_t)row * (size_t)p->lda);
    blas_gemm(p->ta, p->tb, rows, p->n, p->k, p->alpha, a, p->lda, p->b, p->ldb, p->beta,
              p->c + (size_t)row * (size_t)p->ldc, p->ldc);
}

void blas_gemm_pool(Pool *pool, bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda,
                    const real *b, int ldb, real beta, real *c, int ldc) {
    Product p = {ta, tb, m, n, k, lda, ldb, ldc, alpha, beta, a, b, c};
    pool_for(pool, int_divide_up(m, TILE_ROWS), product_tile, &p);
}
