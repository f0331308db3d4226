/* CCA-ITQ. Canonical correlation analysis: Hotelling, "Relations between two sets of variates", Biometrika 1936,
 * doi 10.1093/biomet/28.3-4.321. Iterative quantisation: Gong, Lazebnik, Gordo, Perronnin, TPAMI 2013,
 * doi 10.1109/TPAMI.2012.193. Uses no labels.
 *     C_xx = X'X + e n I = L_x L_x'      C_yy = Y'Y + e n I = L_y L_y'
 *     T = L_x^-1 X'Y L_y^-T = U diag(rho) V'      W_x = L_x^-T U_q diag(rho)   W_y = L_y^-T V_q diag(rho)
 *     Z = [X W_x ; Y W_y] (2n,q);   in turns B = sign(Z R),  R = U_b V_b' of the SVD Z'B = U_b S V_b'
 *     score = x W R;   min |B - Z R|^2
 * Where q exceeds the rank of T, the columns beyond the rank are 0; R still spreads Z over all q bits. */
#include <math.h>

#include "hash/baselines/baseline_fit.h"

/* rho (q) and, of the smaller side, the vectors by rows (q,d): eigenvectors of TT' or T'T. T gives the other side's: U diag(rho) = T V,
 * without a division by a rho near 0. */
static Status canonical(Fit *f, Mat t, double *rho, Mat *ux, Mat *vy, Error *err) {
    bool left = t.rows <= t.cols; /* eigenvectors of T T' */
    int small = left ? t.rows : t.cols, k = f->q < small ? f->q : small;
    Mat square = mat_times(f->arena, !left, left, t, t), vectors = mat_zeros(f->arena, f->q, small);
    if (!mat_eigen(f->arena, square, k, rho, (Mat){k, small, vectors.v})) return fit_diverged(err);
    for (int i = 0; i < k; i++) rho[i] = sqrt(rho[i]);
    Mat other = mat_times(f->arena, false, !left, vectors, t); /* rho times the other side's vectors */
    for (int i = 0; i < f->q; i++)
        for (int j = 0; j < small; j++) mat_row(vectors, i)[j] *= rho[i];
    *ux = left ? vectors : other;
    *vy = left ? other : vectors;
    return STATUS_OK;
}

/* w (d,q) = L^-T v' */
static void back(Mat factor, Mat v, Mat w) {
    for (int i = 0; i < v.rows; i++)
        for (int j = 0; j < v.cols; j++) mat_row(w, j)[i] = mat_row(v, i)[j];
    mat_solve_lower(factor, true, w);
}

static Status cca(Fit *f, Error *err) {
    double ridge = f->settings->cca_ridge * f->n, *rho = arena_calloc(f->arena, (size_t)f->q, sizeof *rho);
    Mat lx, ly, ux = {0}, vy = {0};
    TRY(fit_factor(f, f->x, ridge, &lx, err));
    TRY(fit_factor(f, f->y, ridge, &ly, err));
    Mat half = mat_times(f->arena, true, false, f->y, f->x); /* Y'X (dy,dx) */
    mat_solve_lower(ly, false, half);
    Mat t = mat_zeros(f->arena, half.cols, half.rows); /* L_x^-1 (L_y^-1 Y'X)' */
    for (int i = 0; i < half.rows; i++)
        for (int j = 0; j < half.cols; j++) mat_row(t, j)[i] = mat_row(half, i)[j];
    mat_solve_lower(lx, false, t);
    TRY(canonical(f, t, rho, &ux, &vy, err));
    back(lx, ux, f->wx);
    back(ly, vy, f->wy);
    if (f->trace && f->trace->correlation)
        for (int i = 0; i < f->q; i++) f->trace->correlation[i] = rho[i];
    return STATUS_OK;
}

/* r = U V' of a = U S V', the rotation with the largest tr(r'a); a is overwritten. */
static Status rotation(Fit *f, Mat a, Mat r, Error *err) {
    ArenaMark mark = arena_mark(f->arena);
    Mat u = mat_zeros(f->arena, f->q, f->q), vt = mat_zeros(f->arena, f->q, f->q);
    double *s = arena_calloc(f->arena, (size_t)f->q, sizeof *s);
    bool good = mat_svd(f->arena, a, u, s, vt);
    mat_product(false, false, 1, u, vt, 0, r);
    arena_release(f->arena, mark);
    return good ? STATUS_OK : fit_diverged(err);
}

static Status itq(Fit *f, Mat r, Error *err) {
    int n = f->n, q = f->q;
    Mat z = mat_zeros(f->arena, 2 * n, q), zr = mat_zeros(f->arena, 2 * n, q);
    Mat b = mat_zeros(f->arena, 2 * n, q), zb = mat_zeros(f->arena, q, q);
    mat_product(false, false, 1, f->x, f->wx, 0, (Mat){n, q, z.v});
    mat_product(false, false, 1, f->y, f->wy, 0, (Mat){n, q, mat_row(z, n)});
    fit_random(f, zb);
    TRY(rotation(f, zb, r, err));
    for (int round = 0; round < fit_rounds(f, 50); round++) {
        mat_product(false, false, 1, z, r, 0, zr);
        mat_sign(zr, b);
        mat_product(true, false, 1, z, b, 0, zb);
        TRY(rotation(f, zb, r, err));
        mat_product(true, false, 1, z, b, 0, zb);
        /* |B - ZR|^2 with R R' = I */
        fit_trace(f, (double)mat_size(b) + mat_dot(z, z) - 2 * mat_dot(zb, r));
    }
    return STATUS_OK;
}

static Status cca_itq(Fit *f, Error *err) {
    TRY(fit_check("CCA-ITQ", "cca_ridge", f->settings->cca_ridge, 0, 1e12, err));
    TRY(cca(f, err));
    Mat r = mat_zeros(f->arena, f->q, f->q);
    TRY(itq(f, r, err));
    f->wx = mat_times(f->arena, false, false, f->wx, r);
    f->wy = mat_times(f->arena, false, false, f->wy, r);
    return STATUS_OK;
}

Status baseline_cca_itq(BaselineModel *out, const BaselineData *data, const BaselineSettings *settings,
                        BaselineTrace *trace, Error *err) {
    return fit_run("CCA-ITQ", cca_itq, out, data, settings, trace, err);
}
