/* Dense linear algebra of the shallow methods, in double: LAPACK of OpenBLAS on one thread, or with BLAS=builtin plain loops (for small
 * sizes). All matrices are row-major and allocated in an arena; shapes that do not fit abort. */
#ifndef HASH_LINALG_H
#define HASH_LINALG_H

#include <stdbool.h>

#include "nn/base/arena.h"

typedef struct {
    int rows, cols;
    double *v; /* (rows,cols) */
} Mat;

Mat mat_zeros(Arena *a, int rows, int cols);
static inline size_t mat_size(Mat m) {
    return (size_t)m.rows * (size_t)m.cols;
}
static inline double *mat_row(Mat m, int i) {
    return m.v + (size_t)i * (size_t)m.cols;
}

/* c = alpha op(a) op(b) + beta c; op is the transpose where ta or tb. */
void mat_product(bool ta, bool tb, double alpha, Mat a, Mat b, double beta, Mat c);
/* op(a) op(b) */
Mat mat_times(Arena *arena, bool ta, bool tb, Mat a, Mat b);
/* y (rows of op(a)) = op(a) x */
void mat_vector(bool ta, Mat a, const double *x, double *y);
/* a'a + ridge I */
Mat mat_gram(Arena *arena, Mat a, double ridge);
double mat_dot(Mat a, Mat b); /* sum of a_ij b_ij */

/* a = L L', L in the lower triangle, zeros above. False where a is not positive definite. */
bool mat_cholesky(Mat a);
/* b = L^-1 b, or L'^-1 b */
void mat_solve_lower(Mat l, bool transposed, Mat b);
/* b = (L L')^-1 b */
void mat_solve(Mat l, Mat b);

/* a (m,n), m >= n, is overwritten: a = U diag(s) V', s falling, u (m,n), vt (n,n). False where it did not
 * converge. */
bool mat_svd(Arena *arena, Mat a, Mat u, double *s, Mat vt);

/* The k largest eigenvalues, falling, of a symmetric a (n,n) without negative ones, which is overwritten; row i of
 * vectors (k,n) is the i-th eigenvector. False where it did not converge. */
bool mat_eigen(Arena *arena, Mat a, int k, double *values, Mat vectors);

#endif
