/* Matrix products of the losses, the baselines and the encoder of baselines, and the one door to OpenBLAS, which runs
 * single-threaded. With BLAS=builtin every product is gemm's. */
#ifndef NN_BLAS_H
#define NN_BLAS_H

#include "nn/base/pool.h"
#include "nn/tensor.h"

/* C (m,n) = alpha op(A) op(B) + beta C, row-major. Single-threaded. */
void blas_gemm(bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b,
               int ldb, real beta, real *c, int ldc);

/* The same over the pool, in tiles of 256 rows of C: the result does not depend on the number of threads. */
void blas_gemm_pool(Pool *pool, bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda,
                    const real *b, int ldb, real beta, real *c, int ldc);

/* Our own product, single-threaded: C (m,n) = A B + beta C, A (m,k) with row stride lda or A' of (k,m), B (k,n) or B' of (n,k).
 * Every element of C is one chain of multiply-adds over k in rising order, so the bits of a row depend neither on m nor on the
 * row's place: the rule of encoding. scratch: gemm_scratch(n, k) reals of the caller's. */
void gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
          real *c, int ldc, real *scratch);
size_t gemm_scratch(int n, int k);

/* Sets OpenBLAS to one thread, once; for callers of LAPACK. Nothing with BLAS=builtin. */
void blas_single_thread(void);

/* "OpenBLAS 0.3.21 (Zen)" or "builtin"; for --version and bench. */
const char *blas_name(void);

#endif
