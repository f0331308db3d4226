/* DCH: Xu, Shen, Yang, Shen, Li, "Learning discriminative binary codes for large-scale cross-modal retrieval",
 * TIP 2017, doi 10.1109/TIP.2017.2676345; the two-modal form of supervised discrete hashing (Shen et al., CVPR 2015).
 *     min |L - B W|^2 + l |W|^2 + nu (|B - X P1|^2 + |B - Y P2|^2) + nu l_p (|P1|^2 + |P2|^2),  B in {-1,+1}
 *     in turns W = ridge(B, L, l),  P1 = ridge(X, B, l_p),  P2 = ridge(Y, B, l_p)   and, bit by bit,
 *     b_k = sign(q_k - B_-k W_-k w_k'),   Q = L W' + nu (X P1 + Y P2)
 *     score = x P.   W (q,c), P1 (dx,q), w_k: row k of W, B_-k, W_-k: without bit k */
#include <math.h>

#include "hash/baselines/baseline_fit.h"

enum { SWEEPS = 5 };

/* Passes over the bits until none changes; returns the number of changes. bww (n,q) holds B W W'; each changed bit updates it, since few
 * bits change. */
static size_t update_bits(Mat q, Mat ww, Mat b, Mat bww) {
    size_t all = 0, changed = 1;
    for (int sweep = 0; changed && sweep < SWEEPS; sweep++) {
        changed = 0;
        mat_product(false, false, 1, b, ww, 0, bww);
        for (int i = 0; i < b.rows; i++) {
            double *bits = mat_row(b, i), *along = mat_row(bww, i);
            for (int k = 0; k < b.cols; k++) {
                double score = mat_row(q, i)[k] - (along[k] - bits[k] * mat_row(ww, k)[k]);
                double sign = score >= 0 ? 1 : -1, change = sign - bits[k];
                if (change == 0) continue;
                for (int j = 0; j < b.cols; j++) along[j] += change * mat_row(ww, k)[j];
                bits[k] = sign;
                changed++;
            }
        }
        all += changed;
    }
    return all;
}

static double distance2(Mat a, Mat b) {
    double sum = 0;
    for (size_t i = 0; i < mat_size(a); i++) sum += (a.v[i] - b.v[i]) * (a.v[i] - b.v[i]);
    return sum;
}

/* W, P1, P2, then B. Returns the changes of B; *objective at the end. */
static Status one_round(Fit *f, Mat lx, Mat ly, Mat b, size_t *changed, double *objective, Error *err) {
    const BaselineSettings *o = f->settings;
    double nu = o->dch_nu;
    Mat factor;
    TRY(fit_factor(f, b, o->dch_lambda, &factor, err));
    Mat w = fit_ridge(f, factor, b, f->label);
    Mat px = fit_ridge(f, lx, f->x, b), py = fit_ridge(f, ly, f->y, b);
    Mat xp = mat_times(f->arena, false, false, f->x, px), yp = mat_times(f->arena, false, false, f->y, py);
    Mat q = mat_times(f->arena, false, true, f->label, w), ww = mat_times(f->arena, false, true, w, w);
    for (size_t i = 0; i < mat_size(q); i++) q.v[i] += nu * (xp.v[i] + yp.v[i]);
    *changed = update_bits(q, ww, b, mat_zeros(f->arena, f->n, f->q));
    *objective = distance2(f->label, mat_times(f->arena, false, false, b, w)) +
                 o->dch_lambda * mat_dot(w, w) + nu * (distance2(b, xp) + distance2(b, yp)) +
                 nu * o->dch_ridge * (mat_dot(px, px) + mat_dot(py, py));
    return STATUS_OK;
}

static Status dch(Fit *f, Error *err) {
    const BaselineSettings *o = f->settings;
    TRY(fit_check("DCH", "dch_lambda", o->dch_lambda, 0, 1e12, err));
    TRY(fit_check("DCH", "dch_nu", o->dch_nu, 0, 1e12, err));
    TRY(fit_check("DCH", "dch_ridge", o->dch_ridge, 0, 1e12, err));
    Mat lx, ly, b = mat_zeros(f->arena, f->n, f->q);
    TRY(fit_factor(f, f->x, o->dch_ridge, &lx, err));
    TRY(fit_factor(f, f->y, o->dch_ridge, &ly, err));
    fit_random(f, b);
    mat_sign(b, b);
    size_t changed = 1;
    for (int round = 0; changed && round < fit_rounds(f, 20); round++) {
        ArenaMark mark = arena_mark(f->arena);
        double objective = 0;
        TRY(one_round(f, lx, ly, b, &changed, &objective, err));
        fit_trace(f, objective);
        arena_release(f->arena, mark);
    }
    f->wx = fit_ridge(f, lx, f->x, b);
    f->wy = fit_ridge(f, ly, f->y, b);
    return STATUS_OK;
}

Status baseline_dch(BaselineModel *out, const BaselineData *data, const BaselineSettings *settings,
                    BaselineTrace *trace, Error *err) {
    return fit_run("DCH", dch, out, data, settings, trace, err);
}
