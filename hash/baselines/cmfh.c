/* CMFH: Ding, Guo, Zhou, "Collective matrix factorization hashing for multimodal data", CVPR 2014,
 * doi 10.1109/CVPR.2014.267. Uses no labels.
 *     min lam |X - V U1|^2 + (1-lam) |Y - V U2|^2 + mu (|V - X P1|^2 + |V - Y P2|^2) + g (|V|^2 + |U|^2 + |P|^2)
 *     V (n,q), U1 (q,dx), U2 (q,dy), P1 (dx,q), P2 (dy,q); in turns
 *     U1 = ridge(V, X, g/lam)    U2 = ridge(V, Y, g/(1-lam))    P1 = ridge(X, V, g/mu)    P2 = ridge(Y, V, g/mu)
 *     V = [lam X U1' + (1-lam) Y U2' + mu (X P1 + Y P2)] [lam U1 U1' + (1-lam) U2 U2' + (2 mu + g) I]^-1
 *     score = x P - mean; the mean over the training cases is 0, for X is centred
 * With F = X'V, S = (V'V + g/lam I)^-1 and C = X'X + g/mu I:  U1 = S F', P1 = C^-1 F, hence
 *     lam X U1' + mu X P1 = X (lam F S + mu P1)
 * and at these U and P the objective is
 *     lam (|X|^2 - <F', U1>) + (1-lam) (|Y|^2 - <F_y', U2>) + mu (2 |V|^2 - <P1, F> - <P2, F_y>) + g |V|^2. */
#include <math.h>
#include <string.h>

#include "hash/baselines/baseline_fit.h"

/* One modality: constants, and values that each round recomputes. */
typedef struct {
    Mat x, factor; /* Cholesky factor of C */
    double weight; /* lam or 1 - lam */
    double square; /* |X|^2 */
    Mat f, u, p;   /* F = X'V (d,q), U (q,d), P (d,q) */
} Side;

static Status side_open(Fit *f, Mat x, double weight, Side *s, Error *err) {
    const BaselineSettings *o = f->settings;
    *s = (Side){.x = x, .weight = weight, .square = mat_dot(x, x)};
    s->f = mat_zeros(f->arena, x.cols, f->q);
    s->p = mat_zeros(f->arena, x.cols, f->q);
    s->u = mat_zeros(f->arena, f->q, x.cols);
    return fit_factor(f, x, o->cmfh_gamma / o->cmfh_mu, &s->factor, err);
}

/* U and P for V. Returns the modality's part of the objective without |V|^2. */
static Status side_update(Fit *f, Side *s, Mat v, double *part, Error *err) {
    ArenaMark mark = arena_mark(f->arena);
    Mat vv;
    TRY(fit_factor(f, v, f->settings->cmfh_gamma / s->weight, &vv, err));
    mat_product(true, false, 1, s->x, v, 0, s->f);
    for (int i = 0; i < s->f.rows; i++)
        for (int j = 0; j < s->f.cols; j++) mat_row(s->u, j)[i] = mat_row(s->f, i)[j];
    *part = s->weight * s->square;
    Mat transposed = mat_zeros(f->arena, s->u.rows, s->u.cols);
    memcpy(transposed.v, s->u.v, mat_size(s->u) * sizeof *s->u.v);
    mat_solve(vv, s->u);
    *part -= s->weight * mat_dot(transposed, s->u);
    memcpy(s->p.v, s->f.v, mat_size(s->f) * sizeof *s->f.v);
    mat_solve(s->factor, s->p);
    *part -= f->settings->cmfh_mu * mat_dot(s->p, s->f);
    arena_release(f->arena, mark);
    return STATUS_OK;
}

/* to += X (w U' + mu P); inverse += w U U' */
static void side_add(Fit *f, const Side *s, Mat to, Mat inverse) {
    ArenaMark mark = arena_mark(f->arena);
    Mat sum = mat_zeros(f->arena, s->p.rows, s->p.cols);
    for (int i = 0; i < sum.rows; i++)
        for (int j = 0; j < sum.cols; j++)
            mat_row(sum, i)[j] = s->weight * mat_row(s->u, j)[i] + f->settings->cmfh_mu * mat_row(s->p, i)[j];
    mat_product(false, false, 1, s->x, sum, 1, to);
    mat_product(false, true, s->weight, s->u, s->u, 1, inverse);
    arena_release(f->arena, mark);
}

static Status update_v(Fit *f, const Side side[2], Mat v, Error *err) {
    ArenaMark mark = arena_mark(f->arena);
    const BaselineSettings *o = f->settings;
    Mat a = mat_zeros(f->arena, f->q, f->q), vt = mat_zeros(f->arena, f->q, f->n);
    for (int i = 0; i < f->q; i++) mat_row(a, i)[i] = 2 * o->cmfh_mu + o->cmfh_gamma;
    memset(v.v, 0, mat_size(v) * sizeof *v.v);
    for (int m = 0; m < 2; m++) side_add(f, &side[m], v, a);
    if (!mat_cholesky(a)) return fit_diverged(err);
    for (int i = 0; i < f->n; i++)
        for (int j = 0; j < f->q; j++) mat_row(vt, j)[i] = mat_row(v, i)[j];
    mat_solve(a, vt);
    for (int i = 0; i < f->n; i++)
        for (int j = 0; j < f->q; j++) mat_row(v, i)[j] = mat_row(vt, j)[i];
    arena_release(f->arena, mark);
    return STATUS_OK;
}

static Status cmfh(Fit *f, Error *err) {
    const BaselineSettings *o = f->settings;
    TRY(fit_check("CMFH", "cmfh_lambda", o->cmfh_lambda, 0, 1, err));
    TRY(fit_check("CMFH", "cmfh_mu", o->cmfh_mu, 0, 1e12, err));
    TRY(fit_check("CMFH", "cmfh_gamma", o->cmfh_gamma, 0, 1e12, err));
    Side side[2];
    TRY(side_open(f, f->x, o->cmfh_lambda, &side[0], err));
    TRY(side_open(f, f->y, 1 - o->cmfh_lambda, &side[1], err));
    Mat v = mat_zeros(f->arena, f->n, f->q);
    fit_random(f, v);
    double last = INFINITY;
    for (int round = 0; round < fit_rounds(f, 50); round++) {
        double part[2];
        if (round > 0) TRY(update_v(f, side, v, err));
        for (int m = 0; m < 2; m++) TRY(side_update(f, &side[m], v, &part[m], err));
        double objective = part[0] + part[1] + (2 * o->cmfh_mu + o->cmfh_gamma) * mat_dot(v, v);
        fit_trace(f, objective);
        if (f->settings->rounds == 0 && last - objective < 1e-6 * last) break;
        last = objective;
    }
    f->wx = side[0].p;
    f->wy = side[1].p;
    if (f->trace && f->trace->latent) memcpy(f->trace->latent, v.v, mat_size(v) * sizeof *v.v);
    return STATUS_OK;
}

Status baseline_cmfh(BaselineModel *out, const BaselineData *data, const BaselineSettings *settings,
                     BaselineTrace *trace, Error *err) {
    return fit_run("CMFH", cmfh, out, data, settings, trace, err);
}
