/* EQ(ridge)  A = (Phi' W Phi + P)^-1 Phi' W (Y - 1 mu'),  f = mu + phi A,  mu the mean of Y weighted by W,
 *            w_i = 1/sqrt(cases of i's group), scaled to mean 1
 * EQ(held)   f_g = y_g - W_g^-1/2 (1 - H_g)^-1 W_g^1/2 (y_g - mu - phi_g A),  H_g = W_g^1/2 Phi_g (Phi' W Phi + P)^-1 Phi_g' W_g^1/2
 * A group of many cases, such as the frames of one video, holds little more information than one case; W lets it count as the square root
 * of its cases. f_g is the prediction of group g by the fit to all other groups with the same mu: one factorisation gives all of them
 * (Woodbury's identity, as for leave-one-out residuals). */
#include "hash/ridge.h"

#include <math.h>
#include <string.h>

#include "nn/base/alloc.h"

enum {
    LANES = 8,
    BLOCK = 8 /* cases, or rows of a matrix, that are worked on together */
};

/* Fixes the order of the sum in a way that the compiler can vectorise. */
static double dot(const double *x, const double *y, int n) {
    double lane[LANES] = {0}, sum = 0;
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) lane[k] += x[i + k] * y[i + k];
    for (; i < n; i++) sum += x[i] * y[i];
    for (int k = 0; k < LANES; k++) sum += lane[k];
    return sum;
}

/* The first `rows` numbers of each of the vectors x (count,n): x = L^-1 x. A row of L (n,n) is read once for all of them. */
static void solve_lower(const double *l, int n, int rows, int count, double *x) {
    for (int i = 0; i < rows; i++) {
        const double *row = l + (size_t)i * (size_t)n;
        for (double *v = x; v < x + (size_t)count * (size_t)n; v += n)
            v[i] = (v[i] - dot(row, v, i)) / row[i];
    }
}

/* a (n,n), lower triangle: a = L L' in place, BLOCK rows at a time. */
static void cholesky(double *a, int n) {
    for (int first = 0; first < n; first += BLOCK) {
        int end = first + BLOCK < n ? first + BLOCK : n;
        solve_lower(a, n, first, end - first, a + (size_t)first * (size_t)n);
        for (int i = first; i < end; i++) {
            double *row = a + (size_t)i * (size_t)n;
            for (int j = first; j <= i; j++) {
                const double *other = a + (size_t)j * (size_t)n;
                double rest = row[j] - dot(row, other, j);
                row[j] = j < i ? rest / other[j] : sqrt(fmax(rest, 1e-12));
            }
        }
    }
}

/* x = L'^-1 x */
static void solve_upper(const double *l, int n, double *x) {
    for (int i = n - 1; i >= 0; i--) {
        const double *row = l + (size_t)i * (size_t)n;
        x[i] /= row[i];
        for (int j = 0; j < i; j++) x[j] -= row[j] * x[i];
    }
}

typedef struct {
    const Ridge *r;
    double *weight; /* (n) w */
    double *l;      /* (m,m) the factor of Phi' W Phi + P */
    double *a;      /* (c,m) A' */
    double *mean;   /* (c) */
    int groups, *size;
    int *cases, first, last; /* (n) the cases, group by group; those of the chunk in z */
    double *z;               /* (chunk,m) L^-1 Phi' W^1/2, a row a case */
} Fit;

static Status fit_begin(Fit *f, const Ridge *r, Error *err) {
    size_t n = (size_t)r->n, m = (size_t)r->m, c = (size_t)r->c;
    *f = (Fit){.r = r};
    for (int i = 0; i < r->n; i++) f->groups = r->group[i] >= f->groups ? r->group[i] + 1 : f->groups;
    f->weight = mem_calloc(n, sizeof *f->weight);
    f->l = mem_calloc(m * m, sizeof *f->l);
    f->a = mem_calloc(c * m, sizeof *f->a);
    f->mean = mem_calloc(c, sizeof *f->mean);
    f->size = mem_calloc((size_t)f->groups, sizeof *f->size);
    return f->weight && f->l && f->a && f->mean && f->size ? STATUS_OK : mem_error(err, "a ridge regression");
}

static void fit_free(Fit *f) {
    mem_free(f->weight);
    mem_free(f->l);
    mem_free(f->a);
    mem_free(f->mean);
    mem_free(f->z);
    mem_free(f->cases);
    mem_free(f->size);
}

static void weigh(Fit *f) {
    const Ridge *r = f->r;
    double sum = 0;
    for (int i = 0; i < r->n; i++) f->size[r->group[i]]++;
    for (int i = 0; i < r->n; i++) sum += f->weight[i] = 1 / sqrt(f->size[r->group[i]]);
    for (int i = 0; i < r->n; i++) f->weight[i] *= r->n / sum;
    for (int i = 0; i < r->n; i++)
        for (int k = 0; k < r->c; k++)
            f->mean[k] += f->weight[i] * (double)r->y[(size_t)i * (size_t)r->c + (size_t)k] / r->n;
}

/* BLOCK rows of Phi' W Phi + P and of Phi' W (Y - 1 mu'). Features of texts are mostly 0. */
static void add_rows(void *ctx, int item, int worker) {
    const Fit *f = ctx;
    const Ridge *r = f->r;
    size_t m = (size_t)r->m, c = (size_t)r->c, first = (size_t)item * BLOCK,
           end = first + BLOCK < m ? first + BLOCK : m;
    (void)worker;
    for (size_t j = first; j < end; j++)
        for (size_t k = 0; k <= j; k++) f->l[j * m + k] = r->penalty ? r->penalty[j * m + k] : j == k;
    for (size_t i = 0; i < (size_t)r->n; i++) {
        const float *phi = r->phi + i * m;
        for (size_t j = first; j < end; j++) {
            double x = f->weight[i] * (double)phi[j];
            for (size_t k = 0; x != 0 && k <= j; k++) f->l[j * m + k] += x * (double)phi[k];
            for (size_t k = 0; x != 0 && k < c; k++)
                f->a[k * m + j] += x * ((double)r->y[i * c + k] - f->mean[k]);
        }
    }
}

/* L and A */
static void solve(Fit *f, Pool *pool) {
    size_t m = (size_t)f->r->m, c = (size_t)f->r->c;
    pool_for(pool, (f->r->m + BLOCK - 1) / BLOCK, add_rows, f);
    cholesky(f->l, f->r->m);
    for (size_t k = 0; k < c; k++) {
        solve_lower(f->l, f->r->m, f->r->m, 1, f->a + k * m);
        solve_upper(f->l, f->r->m, f->a + k * m);
    }
}

/* ---- Held out ---- */

static void solve_cases(void *ctx, int item, int worker) {
    const Fit *f = ctx;
    size_t m = (size_t)f->r->m;
    int from = f->first + item * BLOCK, count = f->last - from < BLOCK ? f->last - from : BLOCK;
    double *z = f->z + (size_t)(from - f->first) * m;
    (void)worker;
    for (int i = 0; i < count; i++) {
        size_t at = (size_t)f->cases[from + i];
        for (size_t j = 0; j < m; j++)
            z[(size_t)i * m + j] = sqrt(f->weight[at]) * (double)f->r->phi[at * m + j];
    }
    solve_lower(f->l, f->r->m, f->r->m, count, z);
}

/* One group: the place of its first case, its size, the factor of 1 - H_g (size,size), residuals (size). */
static void hold_group(const Fit *f, int first, int size, double *l, double *e, float *held) {
    const Ridge *r = f->r;
    size_t m = (size_t)r->m, c = (size_t)r->c;
    const int *cases = f->cases + first;
    const double *z = f->z + (size_t)(first - f->first) * m;
    for (int i = 0; i < size; i++)
        for (int j = 0; j <= i; j++)
            l[(size_t)i * (size_t)size + (size_t)j] =
                (i == j) - dot(z + (size_t)i * m, z + (size_t)j * m, r->m);
    cholesky(l, size);
    for (size_t k = 0; k < c; k++) {
        for (int i = 0; i < size; i++) {
            size_t at = (size_t)cases[i];
            double fitted = f->mean[k];
            for (size_t j = 0; j < m; j++) fitted += (double)r->phi[at * m + j] * f->a[k * m + j];
            e[i] = sqrt(f->weight[at]) * ((double)r->y[at * c + k] - fitted);
        }
        solve_lower(l, size, size, 1, e);
        solve_upper(l, size, e);
        for (int i = 0; i < size; i++) {
            size_t at = (size_t)cases[i];
            held[at * c + k] = (float)((double)r->y[at * c + k] - e[i] / sqrt(f->weight[at]));
        }
    }
}

static Status hold_out(Fit *f, float *held, Pool *pool, Error *err) {
    const Ridge *r = f->r;
    int most = 0;
    for (int g = 0; g < f->groups; g++) most = f->size[g] > most ? f->size[g] : most;
    size_t chunk = (size_t)(most > RIDGE_CHUNK ? most : r->n < RIDGE_CHUNK ? r->n : RIDGE_CHUNK);
    double *l = mem_calloc((size_t)most * (size_t)most, sizeof *l), *e = mem_calloc((size_t)most, sizeof *e);
    int *start = mem_calloc((size_t)f->groups + 1, sizeof *start);
    f->cases = mem_calloc((size_t)r->n, sizeof *f->cases);
    f->z = mem_calloc(chunk * (size_t)r->m, sizeof *f->z);
    Status status = l && e && start && f->cases && f->z ? STATUS_OK : mem_error(err, "a ridge regression");
    if (status == STATUS_OK) {
        for (int i = 0; i < r->n; i++) start[r->group[i] + 1]++;
        for (int g = 0; g < f->groups; g++) start[g + 1] += start[g];
        for (int i = r->n - 1; i >= 0; i--) f->cases[start[r->group[i]] + --f->size[r->group[i]]] = i;
        for (int g = 0; g < f->groups; g++) {
            if (start[g + 1] > f->last) { /* the next chunk, of whole groups */
                f->first = start[g];
                for (int h = g; h < f->groups && start[h + 1] - start[g] <= (int)chunk; h++)
                    f->last = start[h + 1];
                pool_for(pool, (f->last - f->first + BLOCK - 1) / BLOCK, solve_cases, f);
            }
            hold_group(f, start[g], start[g + 1] - start[g], l, e, held);
        }
    }
    mem_free(l);
    mem_free(e);
    mem_free(start);
    return status;
}

Status ridge_fit(const Ridge *r, real *mean, real *weight, float *held, Pool *pool, Error *err) {
    NN_REQUIRE(r->n > 0 && r->m > 0 && r->c > 0, "ridge of %d cases, %d features, %d labels", r->n, r->m,
               r->c);
    Fit f;
    Status status = fit_begin(&f, r, err);
    if (status == STATUS_OK) {
        weigh(&f);
        solve(&f, pool);
        for (int k = 0; k < r->c; k++) mean[k] = (real)f.mean[k];
        for (int j = 0; j < r->m; j++)
            for (int k = 0; k < r->c; k++)
                weight[(size_t)j * (size_t)r->c + (size_t)k] =
                    (real)f.a[(size_t)k * (size_t)r->m + (size_t)j];
        if (held) status = hold_out(&f, held, pool, err);
    }
    fit_free(&f);
    return status;
}
