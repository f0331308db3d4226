#include "train/table/table_rotate.h"

#include <math.h>
#include <string.h>

#include "hash/baselines/linalg.h"
#include "nn/base/alloc.h"

static Mat as_mat(Arena *a, const float *x, int rows, int cols) {
    Mat m = mat_zeros(a, rows, cols);
    for (size_t i = 0; i < mat_size(m); i++) m.v[i] = (double)x[i];
    return m;
}

/* basis (n,r) = V L^-1/2 of x x'. Eigenvalues below 1e-9 of the largest are rounding. */
static Status make_basis(Arena *a, Mat x, Mat *basis, Error *err) {
    int n = x.rows;
    Mat gram = mat_times(a, false, true, x, x), vectors = mat_zeros(a, n, n);
    double *values = arena_alloc(a, (size_t)n * sizeof *values);
    if (!mat_eigen(a, gram, n, values, vectors))
        return error_set(err, STATUS_CHECK, "raw features: the eigenvectors did not converge");
    int r = 0;
    while (r < n && values[r] > 1e-9 * values[0]) r++;
    if (r == 0) return error_set(err, STATUS_INPUT, "raw features: all of them are 0");
    *basis = mat_zeros(a, n, r);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < r; k++) mat_row(*basis, i)[k] = mat_row(vectors, k)[i] / sqrt(values[k]);
    return STATUS_OK;
}

typedef struct {
    Arena arena;
    Mat own, basis; /* (n,d) training cases; (n,r) */
} Rotation;

static Status rotate(Rotation *t, float **x, const int *rows, int sets, int train, int *dim, Error *err) {
    Arena *a = &t->arena;
    t->own = as_mat(a, x[train], rows[train], *dim);
    TRY(make_basis(a, t->own, &t->basis, err));
    for (int k = 0; k < sets; k++) {
        if (rows[k] == 0) continue;
        Mat products = mat_times(a, false, true, as_mat(a, x[k], rows[k], *dim), t->own);
        Mat to = mat_times(a, false, false, products, t->basis);
        for (size_t i = 0; i < mat_size(to); i++) x[k][i] = (float)to.v[i];
    }
    *dim = t->basis.cols;
    return STATUS_OK;
}

Status rotate_features(float **x, const int *rows, int sets, int train, int *dim, Error *err) {
    if (rows[train] >= *dim) return STATUS_OK;
    Rotation t;
    arena_init(&t.arena);
    Status s;
    if (ARENA_GUARD(&t.arena))
        s = mem_error(err, "the raw features");
    else
        s = rotate(&t, x, rows, sets, train, dim, err);
    arena_free(&t.arena);
    return s;
}
