/* Matrix products of the losses, the baselines and the encoder of baselines, and the one door to OpenBLAS (blas_open.c), which runs
 * single-threaded. With BLAS=builtin every product is gemm's. */
#ifndef NN_BLAS_H
#define NN_BLAS_H

#include <stddef.h>

#include "nn/base/error.h"
#include "nn/tensor.h"

/* C (m,n) = alpha op(A) op(B) + beta C, row-major. Single-threaded. */
void blas_gemm(bool ta, bool tb, int m, int n, int k, real alpha, const real *a, int lda, const real *b,
               int ldb, real beta, real *c, int ldc);

/* Our own product, single-threaded: C (m,n) = A B + beta C, A (m,k) with row stride lda or A' of (k,m), B (k,n) or B' of (n,k).
 * Every element of C is one chain of multiply-adds over k in rising order, so the bits of a row depend neither on m nor on the
 * row's place: the rule of encoding. scratch: gemm_scratch(n, k) reals of the caller's. */
void gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
          real *c, int ldc, real *scratch);
size_t gemm_scratch(int n, int k);

/* Around each call of LAPACK: OpenBLAS maps a buffer of BLAS_BUFFER bytes for each call at a time and, where that fails, tries
 * forever. So under `ulimit -v` one call runs at a time, in the buffer of blas_reserve. Nothing with BLAS=builtin. */
void blas_enter(void);
void blas_leave(void);
/* A function of OpenBLAS, which is loaded with the first product and runs on one thread. Not with BLAS=builtin. */
void *blas_symbol(const char *name);

/* Before the first product of a verb. STATUS_IO where OpenBLAS cannot be loaded, or where `ulimit -v`
 * leaves no address space for the buffer. */
enum { BLAS_BUFFER = 128 << 20 };
Status blas_reserve(Error *err);

/* "OpenBLAS 0.3.21 (Zen)" or "builtin"; for --version and bench. */
const char *blas_name(void);

#endif
