/* Matrix products, and the only access to OpenBLAS (blas_open.c), which runs single-threaded. With BLAS=builtin every product is
 * computed by gemm. */
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
 * row's index, as encoding requires (nn/ops.h). scratch: gemm_scratch(n, k) reals, owned by the caller. */
void gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
          real *c, int ldc, real *scratch);
size_t gemm_scratch(int n, int k);

/* Called around each LAPACK function. OpenBLAS maps a buffer of BLAS_BUFFER bytes for each concurrent call and retries forever where that
 * fails. Under `ulimit -v` only one call runs at a time, in the buffer of blas_reserve. With BLAS=builtin they do nothing. */
void blas_enter(void);
void blas_leave(void);
/* A function of OpenBLAS, which is loaded with the first product; aborts where it is absent. Not with BLAS=builtin. */
void *blas_symbol(const char *name);

/* Called before the first product of a verb. STATUS_IO: OpenBLAS cannot be loaded, or `ulimit -v` leaves no address space for its
 * buffer. */
enum { BLAS_BUFFER = 128 << 20 };
Status blas_reserve(Error *err);

/* OpenBLAS's description of itself, such as "OpenBLAS 0.3.21 ... Zen MAX_THREADS=64", or "builtin"; for --version and bench. */
const char *blas_name(void);

#endif
