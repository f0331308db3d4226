/* Tiled matrix products over panels (nn/fast/kernels.h).
 *     C (m,n) = A B + beta C     A (m,k) with row stride lda, or A' of (k,m);  B (k,n), or B' of (n,k)
 * Every element of C is one chain of fused multiply-adds over k in rising order, so a row's bits do not depend on m, on the row's
 * place or on the tile. Single-threaded; callers split the work. */
#ifndef NN_FAST_GEMM_H
#define NN_FAST_GEMM_H

#include "nn/fast/kernels.h"
#include "nn/tape.h"

/* scratch: panels_size(n, k) reals of the caller's for the packed B, or NULL where b is in panels (panels_pack). */
void gemm_tiled(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb,
                real beta, real *c, int ldc, real *scratch);

/* Reals of a (k,n) matrix in panels. */
size_t panels_size(int n, int k);

/* A copy of b (n) in the tape's arena, filled with zeros to whole panels. */
real *panels_bias(Tape *t, const Tensor *b);

/* C = relu?( A B + bias + add ) with B in panels; bias (n rounded up to PANEL) or NULL; add NULL or a matrix
 * like C. end.columns is not read. */
void gemm_packed(int m, int n, int k, const real *a, int lda, const real *panels, Epilogue end, real *c,
                 int ldc);

/* C (m,n) += A' B with both in panels of panel_rows rows, of which the first k count: a (ceil(m/PANEL),
 * panel_rows, PANEL), b (ceil(n/PANEL), panel_rows, PANEL). */
void gemm_outer_panels(int m, int n, int k, int panel_rows, const real *a, const real *b, real *c, int ldc);

#endif
