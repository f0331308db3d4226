#include "hash/baselines/linalg.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "nn/blas.h"

Mat mat_zeros(Arena *a, int rows, int cols) {
    Mat m = {rows, cols, NULL};
    m.v = arena_calloc(a, mat_size(m), sizeof *m.v);
    return m;
}

Mat mat_times(Arena *arena, bool ta, bool tb, Mat a, Mat b) {
    Mat c = mat_zeros(arena, ta ? a.cols : a.rows, tb ? b.rows : b.cols);
    mat_product(ta, tb, 1, a, b, 0, c);
    return c;
}

double mat_dot(Mat a, Mat b) {
    double sum = 0;
    for (size_t i = 0; i < mat_size(a); i++) sum += a.v[i] * b.v[i];
    return sum;
}

void mat_solve(Mat l, Mat b) {
    mat_solve_lower(l, false, b);
    mat_solve_lower(l, true, b);
}

/* Copies the lower triangle to the upper. */
static void mirror(Mat m) {
    for (int i = 0; i < m.rows; i++)
        for (int j = 0; j < i; j++) mat_row(m, j)[i] = mat_row(m, i)[j];
}

#ifdef NN_OPENBLAS

/* Functions of OpenBLAS under their Fortran names. Fortran stores matrices by columns, so a row-major one is read as its transpose. The
 * size_t at the end are the lengths of the strings, which Fortran compilers pass. */
static void (*dgemm_)(const char *ta, const char *tb, const int *m, const int *n, const int *k,
                      const double *alpha, const double *a, const int *lda, const double *b, const int *ldb,
                      const double *beta, double *c, const int *ldc, size_t, size_t);
static void (*dgemv_)(const char *ta, const int *m, const int *n, const double *alpha, const double *a,
                      const int *lda, const double *x, const int *incx, const double *beta, double *y,
                      const int *incy, size_t);
static void (*dsyrk_)(const char *uplo, const char *trans, const int *n, const int *k, const double *alpha,
                      const double *a, const int *lda, const double *beta, double *c, const int *ldc, size_t,
                      size_t);
static void (*dtrsm_)(const char *side, const char *uplo, const char *trans, const char *diag, const int *m,
                      const int *n, const double *alpha, const double *a, const int *lda, double *b,
                      const int *ldb, size_t, size_t, size_t, size_t);
static void (*dpotrf_)(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
static void (*dgesdd_)(const char *job, const int *m, const int *n, double *a, const int *lda, double *s,
                       double *u, const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork,
                       int *iwork, int *info, size_t);
static void (*dsyevr_)(const char *job, const char *range, const char *uplo, const int *n, double *a,
                       const int *lda, const double *vl, const double *vu, const int *il, const int *iu,
                       const double *tolerance, int *found, double *w, double *z, const int *ldz,
                       int *support, double *work, const int *lwork, int *iwork, const int *liwork, int *info,
                       size_t, size_t, size_t);

static pthread_once_t begun = PTHREAD_ONCE_INIT;

static void begin(void) {
    void *found[] = {blas_symbol("dgemm_"), blas_symbol("dgemv_"),  blas_symbol("dsyrk_"),
                     blas_symbol("dtrsm_"), blas_symbol("dpotrf_"), blas_symbol("dgesdd_"),
                     blas_symbol("dsyevr_")};
    memcpy(&dgemm_, &found[0], sizeof found[0]);
    memcpy(&dgemv_, &found[1], sizeof found[0]);
    memcpy(&dsyrk_, &found[2], sizeof found[0]);
    memcpy(&dtrsm_, &found[3], sizeof found[0]);
    memcpy(&dpotrf_, &found[4], sizeof found[0]);
    memcpy(&dgesdd_, &found[5], sizeof found[0]);
    memcpy(&dsyevr_, &found[6], sizeof found[0]);
}

static void enter(void) {
    pthread_once(&begun, begin);
    blas_enter();
}

void mat_product(bool ta, bool tb, double alpha, Mat a, Mat b, double beta, Mat c) {
    enter();
    int k = ta ? a.rows : a.cols;
    dgemm_(tb ? "T" : "N", ta ? "T" : "N", &c.cols, &c.rows, &k, &alpha, b.v, &b.cols, a.v, &a.cols, &beta,
           c.v, &c.cols, 1, 1);
    blas_leave();
}

void mat_vector(bool ta, Mat a, const double *x, double *y) {
    enter();
    double one = 1, zero = 0;
    int step = 1;
    dgemv_(ta ? "N" : "T", &a.cols, &a.rows, &one, a.v, &a.cols, x, &step, &zero, y, &step, 1);
    blas_leave();
}

Mat mat_gram(Arena *arena, Mat a, double ridge) {
    Mat c = mat_zeros(arena, a.cols, a.cols);
    double one = 1, zero = 0;
    enter();
    dsyrk_("U", "N", &a.cols, &a.rows, &one, a.v, &a.cols, &zero, c.v, &c.cols, 1, 1);
    blas_leave();
    mirror(c);
    for (int i = 0; i < c.rows; i++) mat_row(c, i)[i] += ridge;
    return c;
}

bool mat_cholesky(Mat a) {
    enter();
    int info = 0;
    dpotrf_("U", &a.rows, a.v, &a.cols, &info, 1);
    blas_leave();
    for (int i = 0; i < a.rows; i++)
        for (int j = i + 1; j < a.cols; j++) mat_row(a, i)[j] = 0;
    return info == 0;
}

void mat_solve_lower(Mat l, bool transposed, Mat b) {
    enter();
    double one = 1;
    dtrsm_("R", "U", transposed ? "T" : "N", "N", &b.cols, &b.rows, &one, l.v, &l.cols, b.v, &b.cols, 1, 1, 1,
           1);
    blas_leave();
}

bool mat_svd(Arena *arena, Mat a, Mat u, double *s, Mat vt) {
    pthread_once(&begun, begin);
    int info = 0, query = -1, *iwork = arena_alloc(arena, 8 * (size_t)a.cols * sizeof *iwork);
    double size = 0;
    /* a' = V S U', so Fortran's U is our vt. */
    dgesdd_("S", &a.cols, &a.rows, a.v, &a.cols, s, vt.v, &vt.cols, u.v, &u.cols, &size, &query, iwork, &info,
            1);
    int room = (int)size;
    double *work = arena_alloc(arena, (size_t)room * sizeof *work);
    enter();
    dgesdd_("S", &a.cols, &a.rows, a.v, &a.cols, s, vt.v, &vt.cols, u.v, &u.cols, work, &room, iwork, &info,
            1);
    blas_leave();
    return info == 0;
}

bool mat_eigen(Arena *arena, Mat a, int k, double *values, Mat vectors) {
    pthread_once(&begun, begin);
    int n = a.rows, info = 0, query = -1, found = 0, first = n - k + 1, isize = 0;
    int *support = arena_alloc(arena, 2 * (size_t)n * sizeof *support);
    double *w = arena_alloc(arena, (size_t)n * sizeof *w), none = 0, size = 0;
    Mat z = mat_zeros(arena, k, n);
    dsyevr_("V", "I", "U", &n, a.v, &n, &none, &none, &first, &n, &none, &found, w, z.v, &n, support, &size,
            &query, &isize, &query, &info, 1, 1, 1);
    int room = (int)size;
    double *work = arena_alloc(arena, (size_t)room * sizeof *work);
    int *iwork = arena_alloc(arena, (size_t)isize * sizeof *iwork);
    enter();
    dsyevr_("V", "I", "U", &n, a.v, &n, &none, &none, &first, &n, &none, &found, w, z.v, &n, support, work,
            &room, iwork, &isize, &info, 1, 1, 1);
    blas_leave();
    for (int i = 0; i < k; i++) { /* LAPACK's are rising */
        values[i] = w[k - 1 - i] > 0 ? w[k - 1 - i] : 0;
        memcpy(mat_row(vectors, i), mat_row(z, k - 1 - i), (size_t)n * sizeof *z.v);
    }
    return info == 0 && found == k;
}

#else

static double at(Mat m, bool transposed, int i, int j) {
    return transposed ? mat_row(m, j)[i] : mat_row(m, i)[j];
}

void mat_product(bool ta, bool tb, double alpha, Mat a, Mat b, double beta, Mat c) {
    int inner = ta ? a.rows : a.cols;
    for (int i = 0; i < c.rows; i++) {
        double *to = mat_row(c, i);
        for (int j = 0; j < c.cols; j++) to[j] = beta == 0 ? 0 : beta * to[j];
        for (int k = 0; k < inner; k++) {
            double factor = alpha * at(a, ta, i, k);
            if (factor == 0) continue;
            if (tb)
                for (int j = 0; j < c.cols; j++) to[j] += factor * mat_row(b, j)[k];
            else
                for (int j = 0; j < c.cols; j++) to[j] += factor * mat_row(b, k)[j];
        }
    }
}

void mat_vector(bool ta, Mat a, const double *x, double *y) {
    int n = ta ? a.cols : a.rows;
    for (int i = 0; i < n; i++) y[i] = 0;
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < a.cols; j++) y[ta ? j : i] += mat_row(a, i)[j] * x[ta ? i : j];
}

Mat mat_gram(Arena *arena, Mat a, double ridge) {
    Mat c = mat_zeros(arena, a.cols, a.cols);
    for (int r = 0; r < a.rows; r++)
        for (int i = 0; i < a.cols; i++)
            for (int j = 0; j <= i; j++) mat_row(c, i)[j] += mat_row(a, r)[i] * mat_row(a, r)[j];
    mirror(c);
    for (int i = 0; i < c.rows; i++) mat_row(c, i)[i] += ridge;
    return c;
}

bool mat_cholesky(Mat a) {
    for (int i = 0; i < a.rows; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = mat_row(a, i)[j];
            for (int k = 0; k < j; k++) sum -= mat_row(a, i)[k] * mat_row(a, j)[k];
            if (i == j && !(sum > 0)) return false;
            mat_row(a, i)[j] = i == j ? sqrt(sum) : sum / mat_row(a, j)[j];
        }
        for (int j = i + 1; j < a.cols; j++) mat_row(a, i)[j] = 0;
    }
    return true;
}

void mat_solve_lower(Mat l, bool transposed, Mat b) {
    for (int step = 0; step < l.rows; step++) {
        int i = transposed ? l.rows - 1 - step : step;
        double *to = mat_row(b, i);
        for (int k = transposed ? i + 1 : 0; k < (transposed ? l.rows : i); k++) {
            double factor = at(l, transposed, i, k);
            for (int j = 0; j < b.cols; j++) to[j] -= factor * mat_row(b, k)[j];
        }
        for (int j = 0; j < b.cols; j++) to[j] /= mat_row(l, i)[i];
    }
}

/* Rotates rows p and q by the angle of (c, s). */
static void turn(Mat m, int p, int q, double c, double s) {
    double *x = mat_row(m, p), *y = mat_row(m, q);
    for (int i = 0; i < m.cols; i++) {
        double old = x[i];
        x[i] = c * old - s * y[i];
        y[i] = s * old + c * y[i];
    }
}

/* One-sided Jacobi (Hestenes 1958): rotates pairs of rows of t (n,m) = a' until all are orthogonal. r (n,n) accumulates
 * the rotations, so that r a' = t. The lengths of t's rows are then the singular values, unsorted. */
static bool orthogonalise(Mat t, Mat r) {
    enum { SWEEPS = 60 };
    double all =
        mat_dot(t, t); /* rows below 1e-15 of it are rounding errors, which cannot be made orthogonal */
    for (int i = 0; i < r.rows; i++) mat_row(r, i)[i] = 1;
    bool turned = true;
    for (int sweep = 0; turned && sweep < SWEEPS; sweep++) {
        turned = false;
        for (int p = 0; p < t.rows; p++)
            for (int q = p + 1; q < t.rows; q++) {
                double pp = 0, qq = 0, pq = 0;
                const double *x = mat_row(t, p), *y = mat_row(t, q);
                for (int i = 0; i < t.cols; i++) pp += x[i] * x[i], qq += y[i] * y[i], pq += x[i] * y[i];
                if (fabs(pq) <= 1e-15 * sqrt(pp * qq) || fabs(pq) <= 1e-30 * all) continue;
                double zeta = (qq - pp) / (2 * pq);
                double tangent = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
                double c = 1 / sqrt(1 + tangent * tangent), s = c * tangent;
                turn(t, p, q, c, s);
                turn(r, p, q, c, s);
                turned = true;
            }
    }
    return !turned;
}

/* Sets column k of u (m,n) to a unit vector orthogonal to the columns before it: the projection of a coordinate vector, at least one of
 * which keeps 1/m of its square. */
static void complete_column(Mat u, int k) {
    double square = 0;
    for (int e = 0; e < u.rows && square < 0.5 / u.rows; e++) {
        for (int i = 0; i < u.rows; i++) mat_row(u, i)[k] = i == e;
        for (int pass = 0; pass < 2; pass++)
            for (int j = 0; j < k; j++) {
                double dot = 0;
                for (int i = 0; i < u.rows; i++) dot += mat_row(u, i)[k] * mat_row(u, i)[j];
                for (int i = 0; i < u.rows; i++) mat_row(u, i)[k] -= dot * mat_row(u, i)[j];
            }
        square = 0;
        for (int i = 0; i < u.rows; i++) square += mat_row(u, i)[k] * mat_row(u, i)[k];
    }
    for (int i = 0; i < u.rows; i++) mat_row(u, i)[k] /= sqrt(square);
}

bool mat_svd(Arena *arena, Mat a, Mat u, double *s, Mat vt) {
    Mat t = mat_zeros(arena, a.cols, a.rows), r = mat_zeros(arena, a.cols, a.cols);
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < a.cols; j++) mat_row(t, j)[i] = mat_row(a, i)[j];
    bool good = orthogonalise(t, r);
    double *length = arena_alloc(arena, (size_t)a.cols * sizeof *length);
    for (int j = 0; j < a.cols; j++) {
        Mat row = {1, a.rows, mat_row(t, j)};
        length[j] = sqrt(mat_dot(row, row));
    }
    for (int k = 0; k < a.cols; k++) {
        int best = 0;
        for (int j = 1; j < a.cols; j++)
            if (length[j] > length[best]) best = j;
        s[k] = length[best];
        for (int i = 0; s[k] > 1e-13 * s[0] && i < a.rows; i++) mat_row(u, i)[k] = mat_row(t, best)[i] / s[k];
        if (!(s[k] > 1e-13 * s[0])) complete_column(u, k);
        memcpy(mat_row(vt, k), mat_row(r, best), (size_t)a.cols * sizeof *vt.v);
        length[best] = -1;
    }
    return good;
}

/* A symmetric matrix without negative eigenvalues has the same singular vectors and eigenvectors. */
bool mat_eigen(Arena *arena, Mat a, int k, double *values, Mat vectors) {
    Mat u = mat_zeros(arena, a.rows, a.rows), vt = mat_zeros(arena, a.rows, a.rows);
    double *s = arena_alloc(arena, (size_t)a.rows * sizeof *s);
    bool good = mat_svd(arena, a, u, s, vt);
    memcpy(values, s, (size_t)k * sizeof *s);
    memcpy(vectors.v, vt.v, mat_size(vectors) * sizeof *vt.v);
    return good;
}

#endif
