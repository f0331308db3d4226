/* Our own matrix product: the oracle, the BLAS=builtin product, and the product of inference.
 *     C (m,n) = A B + beta C     A (m,k) with row stride lda, or A' of (k,m);  B (k,n), or B' of (n,k)
 * Every element of C is one chain of fused multiply-adds over k in rising order, so a row's bits do not
 * depend on m, on the row's place or on the tile: the hard rule of encoding. Single-threaded; callers split
 * the work. */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include "nn/fast/kernels.h"

/* The plain triple loop that defines the product. */
void gemm_plain(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb,
                real beta, real *c, int ldc);

/* The tuned form. scratch: gemm_scratch(n, k) reals of the caller's for the packed B, or NULL where b is
 * packed already (panels_pack). */
void gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
          real *c, int ldc, real *scratch);
size_t gemm_scratch(int n, int k);

/* C = relu?( A B + bias + add ) with B in panels; bias (n rounded up to PANEL) or NULL; add NULL or a matrix
 * like C. end.columns is not read. */
void gemm_packed(int m, int n, int k, const real *a, int lda, const real *panels, Epilogue end, real *c,
                 int ldc);

/* C (m,n) += A' B with both in panels of panel_rows rows, of which the first k count: a (ceil(m/PANEL),
 * panel_rows, PANEL), b (ceil(n/PANEL), panel_rows, PANEL). */
void gemm_outer_panels(int m, int n, int k, int panel_rows, const real *a, const real *b, real *c, int ldc);

#endif
