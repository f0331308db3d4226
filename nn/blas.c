#include "nn/blas.h"

#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/error.h"

enum { TILE_ROWS = 256 };

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

/* OpenBLAS tells its version in openblas_get_config: "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH Zen
 * MAX_THREADS=64". */
const char *blas_name(void) {
    const char *config = openblas_get_config();
    return config && *config ? config : "OpenBLAS";
}

#else

void blas_single_thread(void) {}

/* Without scratch of the caller's the packed B must come from the heap; where memory is out, the plain loop
 * needs none. */
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
        gemm_plain(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
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
    int row = item * TILE_ROWS, rows = p->m - row < TILE_ROWS ? p->m - row : TILE_ROWS;
    const real *a = p->a + (p->ta ? (size_t)row : (size_t)row * (size_t)p->lda);
    blas_gemm(p->ta, p->tb, rows, p->n, p->k, p->alpha, a, p->lda, p->b, p->ldb, p->beta,
              p->c + (size_t)row * (size_t)p->ldc, p->ldc);
}

void blas_gemm_pool(Pool *pool, bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda,
                    const real *b, int ldb, real beta, real *c, int ldc) {
    Product p = {ta, tb, m, n, k, lda, ldb, ldc, alpha, beta, a, b, c};
    pool_for(pool, (m + TILE_ROWS - 1) / TILE_ROWS, product_tile, &p);
}
