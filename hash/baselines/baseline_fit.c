#include "hash/baselines/baseline_fit.h"

#include <math.h>
#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"
#include "nn/blas.h"

static Status check_data(const char *name, const BaselineData *d, const BaselineSettings *s, Error *err) {
    if (s->bits < CODE_MIN_BITS || s->bits > CODE_MAX_BITS || s->bits % 8)
        return error_set(err, STATUS_INPUT, "%s: %d bits; a multiple of 8 from %d to %d was expected", name,
                         s->bits, CODE_MIN_BITS, CODE_MAX_BITS);
    if (d->n < 2 || d->dx < 1 || d->dy < 1 || d->classes < 2)
        return error_set(err, STATUS_INPUT,
                         "%s: %d training cases, %d and %d features, %d classes; at least 2, 1, 1 and 2 are "
                         "needed",
                         name, d->n, d->dx, d->dy, d->classes);
    return STATUS_OK;
}

/* Mean and centred, scaled copy of one modality. A constant column becomes exactly 0. */
static Status centre(Fit *f, const char *what, const float *from, Mat to, double *mean, double *scale,
                     Error *err) {
    int n = to.rows, d = to.cols;
    for (size_t i = 0; i < mat_size(to); i++)
        if (!isfinite(from[i]))
            return error_set(
                err, STATUS_INPUT,
                "%s feature %zu of training case %zu is not finite; finite numbers were expected", what,
                i % (size_t)d + 1, i / (size_t)d + 1);
    bool *varies = arena_calloc(f->arena, (size_t)d, sizeof *varies);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) {
            float value = from[(size_t)i * (size_t)d + (size_t)j];
            mean[j] += (double)value / n;
            varies[j] |= value != from[j];
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            if (varies[j]) mat_row(to, i)[j] = from[(size_t)i * (size_t)d + (size_t)j] - mean[j];
    double square = mat_dot(to, to) / (double)mat_size(to);
    if (!(square > 0))
        return error_set(
            err, STATUS_INPUT,
            "the %s features of all training cases are the same; features that differ were expected", what);
    *scale = 1 / sqrt(square);
    for (size_t i = 0; i < mat_size(to); i++) to.v[i] *= *scale;
    return STATUS_OK;
}

static void read_labels(Fit *f, const float *labels) {
    for (int i = 0; i < f->n; i++) {
        double count = 0;
        for (int k = 0; k < f->label.cols; k++) {
            double one = labels[(size_t)i * (size_t)f->label.cols + (size_t)k] != 0;
            mat_row(f->label, i)[k] = one;
            count += one;
        }
        for (int k = 0; count > 0 && k < f->label.cols; k++)
            mat_row(f->unit, i)[k] = mat_row(f->label, i)[k] / sqrt(count);
    }
}

/* (x - mean) scale W = x (scale W) - mean (scale W) */
static Status store(Mat w, const double *mean, double scale, float **out_w, float **out_b, Error *err) {
    *out_w = mem_alloc(mat_size(w) * sizeof **out_w);
    *out_b = mem_alloc((size_t)w.cols * sizeof **out_b);
    if (!*out_w || !*out_b) return mem_error(err, "the hash functions");
    for (size_t i = 0; i < mat_size(w); i++) {
        (*out_w)[i] = (float)(scale * w.v[i]);
        if (!isfinite((*out_w)[i]))
            return error_set(err, STATUS_INTERNAL, "a weight of a hash function is not finite");
    }
    for (int k = 0; k < w.cols; k++) {
        double sum = 0;
        for (int j = 0; j < w.rows; j++) sum -= mean[j] * (*out_w)[(size_t)j * (size_t)w.cols + (size_t)k];
        (*out_b)[k] = (float)sum;
    }
    return STATUS_OK;
}

static Status fit_in(Fit *f, FitMethod *method, BaselineModel *out, const BaselineData *d, Error *err) {
    double scale_x = 1, scale_y = 1;
    double *mean_x = arena_calloc(f->arena, (size_t)d->dx, sizeof *mean_x);
    double *mean_y = arena_calloc(f->arena, (size_t)d->dy, sizeof *mean_y);
    f->x = mat_zeros(f->arena, d->n, d->dx);
    f->y = mat_zeros(f->arena, d->n, d->dy);
    f->label = mat_zeros(f->arena, d->n, d->classes);
    f->unit = mat_zeros(f->arena, d->n, d->classes);
    f->wx = mat_zeros(f->arena, d->dx, f->q);
    f->wy = mat_zeros(f->arena, d->dy, f->q);
    TRY(centre(f, "image", d->x, f->x, mean_x, &scale_x, err));
    TRY(centre(f, "text", d->y, f->y, mean_y, &scale_y, err));
    read_labels(f, d->labels);
    TRY(method(f, err));
    *out = (BaselineModel){.dx = d->dx, .dy = d->dy, .bits = f->q};
    TRY(store(f->wx, mean_x, scale_x, &out->wx, &out->bx, err));
    return store(f->wy, mean_y, scale_y, &out->wy, &out->by, err);
}

void baseline_model_free(BaselineModel *m) {
    mem_free(m->wx);
    mem_free(m->bx);
    mem_free(m->wy);
    mem_free(m->by);
    *m = (BaselineModel){0};
}

Status fit_run(const char *name, FitMethod *method, BaselineModel *out, const BaselineData *data,
               const BaselineSettings *settings, BaselineTrace *trace, Error *err) {
    *out = (BaselineModel){0};
    if (trace) trace->count = 0;
    TRY(check_data(name, data, settings, err));
    Arena arena;
    arena_init(&arena);
    Fit f = {.arena = &arena, .settings = settings, .trace = trace, .n = data->n, .q = settings->bits};
    Status s;
    if (ARENA_GUARD(&arena)) {
        s = mem_error(err, name);
    } else {
        s = fit_in(&f, method, out, data, err);
        if (s != STATUS_OK) error_prefix(err, "%s", name);
    }
    arena_free(&arena);
    if (s != STATUS_OK) baseline_model_free(out);
    return s;
}

Status baseline_encode(const BaselineModel *m, Modality modality, const float *x, int n, uint8_t *codes,
                       Error *err) {
    enum { TILE = 256 };
    int d = modality == MODALITY_TEXT ? m->dy : m->dx, q = m->bits;
    const float *w = modality == MODALITY_TEXT ? m->wy : m->wx,
                *b = modality == MODALITY_TEXT ? m->by : m->bx;
    float *scores = mem_alloc((size_t)TILE * (size_t)q * sizeof *scores);
    real *scratch = mem_aligned(gemm_scratch(q, d) * sizeof *scratch);
    Status s = scores && scratch ? STATUS_OK : mem_error(err, "encoding");
    for (int first = 0; s == STATUS_OK && first < n; first += TILE) {
        int rows = n - first < TILE ? n - first : TILE;
        gemm(false, false, rows, q, d, x + (size_t)first * (size_t)d, d, w, q, 0, scores, q, scratch);
        for (int i = 0; i < rows; i++)
            for (int k = 0; k < q; k++) scores[(size_t)i * (size_t)q + (size_t)k] += b[k];
        code_pack(scores, (size_t)rows, q, codes + (size_t)first * code_bytes(q));
    }
    mem_free(scores);
    mem_free(scratch);
    return s;
}

Status fit_check(const char *method, const char *name, double value, double low, double high, Error *err) {
    if (value > low && value < high) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: %s is %g; above %g and below %g was expected", method, name,
                     value, low, high);
}

int fit_rounds(const Fit *f, int own) {
    return f->settings->rounds > 0 ? f->settings->rounds : own;
}

void fit_trace(Fit *f, double objective) {
    BaselineTrace *t = f->trace;
    if (t && t->objective && t->count < t->capacity) t->objective[t->count++] = objective;
}

void fit_random(const Fit *f, Mat m) {
    Rng r = rng_stream(f->settings->seed, RNG_BASELINE, 0);
    for (size_t i = 0; i < mat_size(m); i++) m.v[i] = rng_normal(&r);
}

size_t mat_sign(Mat a, Mat b) {
    size_t changed = 0;
    for (size_t i = 0; i < mat_size(a); i++) {
        double sign = a.v[i] >= 0 ? 1 : -1;
        changed += b.v[i] != sign;
        b.v[i] = sign;
    }
    return changed;
}

Status fit_factor(Fit *f, Mat a, double ridge, Mat *factor, Error *err) {
    *factor = mat_gram(f->arena, a, ridge);
    if (mat_cholesky(*factor)) return STATUS_OK;
    return error_set(err, STATUS_INPUT,
                     "a ridge of %g is too small for these features: X'X + ridge I is not positive definite "
                     "in double; use a larger one",
                     ridge);
}

Mat fit_ridge(Fit *f, Mat factor, Mat a, Mat t) {
    Mat w = mat_times(f->arena, true, false, a, t);
    mat_solve(factor, w);
    return w;
}

Status fit_diverged(Error *err) {
    return error_set(err, STATUS_INTERNAL, "a factorisation did not converge");
}
