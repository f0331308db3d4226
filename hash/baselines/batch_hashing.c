/* BATCH: Wang, Luo, Zhang, Xu, "BATCH: a scalable asymmetric discrete cross-modal hashing", TKDE 2020,
 * doi 10.1109/TKDE.2020.2974825.
 *     min |q G G' - B V'|^2 + om |B - V|^2 + e1 |X - V U1|^2 + e2 |Y - V U2|^2 + e0 |L - V U3|^2 + l sum_k e_k |U_k|^2
 *     with B in {-1,+1} (n,q), V'V = n I, V'1 = 0, G = L~ (rows of L of length 1); in turns
 *     U_k = ridge(V, ., l) = V'(.)/(n + l)
 *     Z = q G (G'B) + om B + e1 X U1' + e2 Y U2' + e0 L U3'
 *     V = sqrt(n) times the polar factor of the centred Z, completed where Z is rank-deficient by orthonormal columns
 *         orthogonal to 1: exact balance and decorrelation
 *     B = sign(q G (G'V) + om V)
 *     score = x W,  W = ridge(X, B, l)
 * On these constraints |q GG' - BV'|^2 = q^2 |G'G|^2 - 2 q <G'B, G'V> + n^2 q, so that no (n,n) matrix is formed. */
#include <math.h>
#include <string.h>

#include "hash/baselines/baseline_fit.h"
#include "nn/base/rng.h"

/* Makes row k of u (q,n) orthogonal to 1 and to the rows before it, twice because of rounding, then scales it to length 1. False where
 * the row becomes 0. room: scratch (q + n). */
static bool row_orthonormal(Mat u, int k, double *room) {
    Mat row = {1, u.cols, mat_row(u, k)}, earlier = {k, u.cols, u.v};
    double before = mat_dot(row, row), *along = room + u.rows;
    for (int pass = 0; pass < 2; pass++) {
        double mean = 0;
        for (int i = 0; i < u.cols; i++) mean += row.v[i] / u.cols;
        for (int i = 0; i < u.cols; i++) row.v[i] -= mean;
        if (k == 0) continue;
        mat_vector(false, earlier, row.v, room);
        mat_vector(true, earlier, room, along);
        for (int i = 0; i < u.cols; i++) row.v[i] -= along[i];
    }
    double after = mat_dot(row, row);
    if (!(after > 1e-6 * before)) return false;
    for (int i = 0; i < u.cols; i++) row.v[i] /= sqrt(after);
    return true;
}

/* V = sqrt(n) U V_z' of the centred Z = U S V_z', which is overwritten. Singular values below 1e-9 of the largest are rounding errors: their
 * columns of U are drawn at random. */
static Status balanced(Fit *f, Mat z, Mat v, Error *err) {
    ArenaMark mark = arena_mark(f->arena);
    Mat u = mat_zeros(f->arena, f->n, f->q), vt = mat_zeros(f->arena, f->q, f->q);
    double *s = arena_calloc(f->arena, (size_t)f->q, sizeof *s);
    for (int k = 0; k < f->q; k++) {
        double mean = 0;
        for (int i = 0; i < f->n; i++) mean += mat_row(z, i)[k] / f->n;
        for (int i = 0; i < f->n; i++) mat_row(z, i)[k] -= mean;
    }
    if (!mat_svd(f->arena, z, u, s, vt)) return fit_diverged(err);
    Mat rows = mat_zeros(f->arena, f->q, f->n); /* U' */
    for (int i = 0; i < f->n; i++)
        for (int k = 0; k < f->q; k++) mat_row(rows, k)[i] = mat_row(u, i)[k];
    double *room = arena_alloc(f->arena, (size_t)(f->q + f->n) * sizeof *room);
    Rng r = rng_stream(f->settings->seed, RNG_BASELINE, 1);
    for (int k = 0; k < f->q; k++) {
        bool good = s[k] > 1e-9 * s[0] && row_orthonormal(rows, k, room);
        while (!good) {
            for (int i = 0; i < f->n; i++) mat_row(rows, k)[i] = rng_normal(&r);
            good = row_orthonormal(rows, k, room);
        }
    }
    mat_product(true, false, sqrt(f->n), rows, vt, 0, v);
    arena_release(f->arena, mark);
    return STATUS_OK;
}

/* The three matrices that V approximates: X, Y and L. */
typedef struct {
    Mat x[3];
    double weight[3], square[3]; /* e1, e2, e0; |.|^2 */
} Views;

/* z += e X U' with U = V'X/(n + l); *rest: e (|X - VU|^2 + l |U|^2) at that U. */
static void add_view(Fit *f, Mat x, double weight, double square, Mat v, Mat z, double *rest) {
    ArenaMark mark = arena_mark(f->arena);
    Mat xv = mat_times(f->arena, true, false, x, v);
    double shrink = 1 / (f->n + f->settings->batch_ridge);
    mat_product(false, false, weight * shrink, x, xv, 1, z);
    *rest += weight * (square - shrink * mat_dot(xv, xv));
    arena_release(f->arena, mark);
}

/* to = q G (G'from) + om from; *inner = G'from, unless inner is NULL. */
static void add_pairs(Fit *f, Mat from, Mat to, Mat *inner) {
    *inner = mat_times(f->arena, true, false, f->unit, from);
    memcpy(to.v, from.v, mat_size(from) * sizeof *from.v);
    mat_product(false, false, f->q, f->unit, *inner, f->settings->batch_omega, to);
}

/* U and Z for the next V, from V and B; the objective of V, B and these U. */
static double next_z(Fit *f, const Views *w, Mat v, Mat b, Mat gv, Mat z, double pairs) {
    Mat gb;
    double rest = 0, apart = 0;
    add_pairs(f, b, z, &gb);
    for (int m = 0; m < 3; m++) add_view(f, w->x[m], w->weight[m], w->square[m], v, z, &rest);
    for (size_t i = 0; i < mat_size(b); i++) apart += (b.v[i] - v.v[i]) * (b.v[i] - v.v[i]);
    double n = f->n, q = f->q;
    return q * q * pairs - 2 * q * mat_dot(gb, gv) + n * n * q + f->settings->batch_omega * apart + rest;
}

static Status check(const Fit *f, Error *err) {
    const BaselineSettings *o = f->settings;
    TRY(fit_check("BATCH", "batch_omega", o->batch_omega, 0, 1e12, err));
    TRY(fit_check("BATCH", "batch_image", o->batch_image, 0, 1e12, err));
    TRY(fit_check("BATCH", "batch_text", o->batch_text, 0, 1e12, err));
    TRY(fit_check("BATCH", "batch_label", o->batch_label, 0, 1e12, err));
    TRY(fit_check("BATCH", "batch_ridge", o->batch_ridge, 0, 1e12, err));
    if (f->n > f->q) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "%d training cases for %d bits; balanced bits without correlation need more cases than "
                     "bits; use fewer bits, or more cases",
                     f->n, f->q);
}

static Status batch(Fit *f, Error *err) {
    TRY(check(f, err));
    const BaselineSettings *o = f->settings;
    Views w = {{f->x, f->y, f->label}, {o->batch_image, o->batch_text, o->batch_label}, {0, 0, 0}};
    for (int m = 0; m < 3; m++) w.square[m] = mat_dot(w.x[m], w.x[m]);
    Mat v = mat_zeros(f->arena, f->n, f->q), b = mat_zeros(f->arena, f->n, f->q);
    Mat z = mat_zeros(f->arena, f->n, f->q), score = mat_zeros(f->arena, f->n, f->q), lx, ly, gv;
    Mat gg = mat_gram(f->arena, f->unit, 0);
    double pairs = mat_dot(gg, gg), last = INFINITY;
    fit_random(f, z);
    for (int round = 0; round < fit_rounds(f, 30); round++) {
        ArenaMark mark = arena_mark(f->arena);
        TRY(balanced(f, z, v, err));
        add_pairs(f, v, score, &gv);
        mat_sign(score, b);
        double objective = next_z(f, &w, v, b, gv, z, pairs);
        arena_release(f->arena, mark);
        fit_trace(f, objective);
        if (f->settings->rounds == 0 && last - objective < 1e-6 * last) break;
        last = objective;
    }
    TRY(fit_factor(f, f->x, o->batch_ridge, &lx, err));
    TRY(fit_factor(f, f->y, o->batch_ridge, &ly, err));
    f->wx = fit_ridge(f, lx, f->x, b);
    f->wy = fit_ridge(f, ly, f->y, b);
    if (f->trace && f->trace->latent) memcpy(f->trace->latent, v.v, mat_size(v) * sizeof *v.v);
    return STATUS_OK;
}

Status baseline_batch(BaselineModel *out, const BaselineData *data, const BaselineSettings *settings,
                      BaselineTrace *trace, Error *err) {
    return fit_run("BATCH", batch, out, data, settings, trace, err);
}
