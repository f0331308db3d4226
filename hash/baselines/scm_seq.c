/* SCM-seq: Zhang, Li, "Large-scale supervised multimodal hashing with semantic correlation maximization", AAAI 2014.
 *     L~: rows of L of length 1;  similarity S = 2 L~ L~' - 1 1'
 *     C_1 = q X'S Y = q [2 (X'L~)(Y'L~)' - (X'1)(Y'1)'], whose second term is 0, since X and Y are centred
 *     per bit k: (u, v) the top singular pair of L_x^-1 C_k L_y^-T,   w_x = L_x^-T u,  w_y = L_y^-T v,
 *     C_k+1 = C_k - X'sign(X w_x) (Y'sign(Y w_y))'
 *     L_x L_x' = X'X + e n I, same for y;   score = x w
 * Without the factor q, only noise remains after the first bit, and MAP falls to chance. C is never formed:
 * M = L_x^-1 C L_y^-T = sum_j weight_j a_j b_j' has rank at most c + bits, and Lanczos steps on M'M give its top pair (Golub, Van Loan,
 * Matrix Computations, chapter 10). */
#include <math.h>
#include <string.h>

#include "hash/baselines/baseline_fit.h"

/* M = sum_j weight[j] a_j b_j', rows a_j (rank,dx), b_j (rank,dy). */
typedef struct {
    Mat a, b;
    double *weight, *inner; /* (rank); scratch (rank) */
} LowRank;

static double norm(const double *x, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* y = M x, or M'x */
static void low_rank_apply(const LowRank *m, bool transposed, const double *x, double *y) {
    mat_vector(false, transposed ? m->a : m->b, x, m->inner);
    for (int j = 0; j < m->a.rows; j++) m->inner[j] *= m->weight[j];
    mat_vector(true, transposed ? m->b : m->a, m->inner, y);
}

/* x -= basis (k,n)' basis x, twice because of rounding. */
static void make_orthogonal(Mat basis, int k, double *x, double *room) {
    Mat rows = {k, basis.cols, basis.v};
    for (int pass = 0; pass < 2 && k > 0; pass++) {
        mat_vector(false, rows, x, room);
        for (int j = 0; j < k; j++)
            for (int i = 0; i < basis.cols; i++) x[i] -= room[j] * mat_row(basis, j)[i];
    }
}

enum { LANCZOS_STEPS = 30, LANCZOS_RESTARTS = 20 };

/* One run of Lanczos from v, which becomes the best vector found. *sigma2: its eigenvalue of M'M; *rest: the residual
 * relative to it. u: scratch (dx). */
static bool lanczos(Arena *arena, const LowRank *m, double *v, double *u, double *sigma2, double *rest) {
    int n = m->b.cols, steps = n < LANCZOS_STEPS ? n : LANCZOS_STEPS, k = 0;
    Mat basis = mat_zeros(arena, steps, n), t = mat_zeros(arena, steps, steps);
    double *z = arena_alloc(arena, (size_t)n * sizeof *z),
           *room = arena_alloc(arena, (size_t)steps * sizeof *room);
    double length = norm(v, n), beta = 0;
    memcpy(z, v, (size_t)n * sizeof *z);
    while (k < steps) {
        for (int i = 0; i < n; i++) mat_row(basis, k)[i] = z[i] / length;
        low_rank_apply(m, false, mat_row(basis, k), u);
        low_rank_apply(m, true, u, z);
        double scale = norm(u, m->a.cols);
        mat_row(t, k)[k] = scale * scale;
        k++;
        make_orthogonal(basis, k, z, room);
        beta = length = norm(z, n);
        if (!(length > 1e-13 * mat_row(t, 0)[0])) break;
        if (k < steps) mat_row(t, k)[k - 1] = mat_row(t, k - 1)[k] = length;
    }
    Mat small = mat_zeros(arena, k, k), top = mat_zeros(arena, 1, k);
    for (int i = 0; i < k; i++) memcpy(mat_row(small, i), mat_row(t, i), (size_t)k * sizeof *t.v);
    if (!mat_eigen(arena, small, 1, sigma2, top)) return false;
    mat_vector(true, (Mat){k, n, basis.v}, top.v, v);
    *rest = *sigma2 > 0 ? fabs(beta * top.v[k - 1]) / *sigma2 : 0;
    return true;
}

/* The top singular pair: u (dx), v (dy) of length 1, or both 0 where M is 0. On entry v is the start vector. */
static Status top_pair(Arena *arena, const LowRank *m, double *u, double *v, Error *err) {
    double sigma2 = 0, rest = 1;
    for (int i = 0; rest > 1e-9 && i < LANCZOS_RESTARTS; i++) {
        ArenaMark mark = arena_mark(arena);
        bool good = lanczos(arena, m, v, u, &sigma2, &rest);
        arena_release(arena, mark);
        if (!good) return fit_diverged(err);
    }
    low_rank_apply(m, false, v, u);
    double sigma = norm(u, m->a.cols);
    for (int i = 0; i < m->a.cols; i++) u[i] = sigma > 0 ? u[i] / sigma : 0;
    for (int i = 0; i < m->b.cols; i++) v[i] = sigma > 0 ? v[i] : 0;
    return STATUS_OK;
}

/* to (dx) = L_x^-1 X'sign(X w), w (dx) = L_x^-T u, which is also stored in column k of all. */
static void one_side(Fit *f, Mat x, Mat factor, double *u, Mat all, int k, double *to) {
    ArenaMark mark = arena_mark(f->arena);
    double *sign = arena_alloc(f->arena, (size_t)f->n * sizeof *sign);
    mat_solve_lower(factor, true, (Mat){x.cols, 1, u});
    for (int i = 0; i < x.cols; i++) mat_row(all, i)[k] = u[i];
    mat_vector(false, x, u, sign);
    for (int i = 0; i < f->n; i++) sign[i] = sign[i] >= 0 ? 1 : -1;
    mat_vector(true, x, sign, to);
    mat_solve_lower(factor, false, (Mat){x.cols, 1, to});
    arena_release(f->arena, mark);
}

/* Rows j of to = (L^-1 X'L~)' */
static void first_terms(Fit *f, Mat x, Mat factor, Mat to) {
    ArenaMark mark = arena_mark(f->arena);
    Mat xl = mat_times(f->arena, true, false, x, f->unit);
    mat_solve_lower(factor, false, xl);
    for (int i = 0; i < xl.rows; i++)
        for (int j = 0; j < xl.cols; j++) mat_row(to, j)[i] = mat_row(xl, i)[j];
    arena_release(f->arena, mark);
}

static Status scm_seq(Fit *f, Error *err) {
    int c = f->unit.cols, dx = f->x.cols, dy = f->y.cols;
    double ridge = f->settings->scm_ridge * f->n;
    TRY(fit_check("SCM-seq", "scm_ridge", f->settings->scm_ridge, 0, 1e12, err));
    Mat lx, ly;
    TRY(fit_factor(f, f->x, ridge, &lx, err));
    TRY(fit_factor(f, f->y, ridge, &ly, err));
    LowRank m = {mat_zeros(f->arena, c + f->q, dx), mat_zeros(f->arena, c + f->q, dy), NULL, NULL};
    m.weight = arena_calloc(f->arena, (size_t)(c + f->q), sizeof(double));
    m.inner = arena_calloc(f->arena, (size_t)(c + f->q), sizeof(double));
    first_terms(f, f->x, lx, m.a);
    first_terms(f, f->y, ly, m.b);
    for (int j = 0; j < c; j++) m.weight[j] = 2.0 * f->q;
    Mat u = mat_zeros(f->arena, 1, dx), v = mat_zeros(f->arena, 1, dy);
    for (int k = 0; k < f->q; k++) {
        m.a.rows = m.b.rows = c + k;
        fit_random(f, v);
        TRY(top_pair(f->arena, &m, u.v, v.v, err));
        one_side(f, f->x, lx, u.v, f->wx, k, mat_row(m.a, c + k));
        one_side(f, f->y, ly, v.v, f->wy, k, mat_row(m.b, c + k));
        m.weight[c + k] = -1;
    }
    return STATUS_OK;
}

Status baseline_scm_seq(BaselineModel *out, const BaselineData *data, const BaselineSettings *settings,
                        BaselineTrace *trace, Error *err) {
    return fit_run("SCM-seq", scm_seq, out, data, settings, trace, err);
}
