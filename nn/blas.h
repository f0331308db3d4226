/* Matrix products for training and LAPACK: the one door to OpenBLAS, which runs single-threaded; parallel work is cut
 * into tiles whose shapes do not depend on the number of threads. With BLAS=builtin the product is gemm.h's. */
#ifndef NN_BLAS_H
#define NN_BLAS_H

#include "nn/base/pool.h"
#include "nn/fast/gemm.h"

/* C (m,n) = alpha op(A) op(B) + beta C, row-major. Single-threaded. */
void blas_gemm(bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b,
               int ldb, real beta, real *c, int ldc);

/* The same over the pool: rows of C in tiles of 256. */
void blas_gemm_pool(Pool *pool, bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda,
                    const real *b, int ldb, real beta, real *c, int ldc);

/* OpenBLAS to one thread, once; for callers of LAPACK. Nothing with BLAS=builtin. */
void blas_single_thread(void);

/* "OpenBLAS 0.3.21 (Zen)" or "builtin"; for --version and bench. */
const char *blas_name(void);

#endif
