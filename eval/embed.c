#include "eval/embed.h"

#include <float.h>
#include <math.h>

#include "nn/base/alloc.h"
#include "nn/base/rng.h"

/* ---- Principal components ---- */

enum { POWER_ROUNDS = 300 };

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void centre(const float *x, size_t n, size_t dim, double *centred) {
    for (size_t j = 0; j < dim; j++) {
        double sum = 0.0;
        for (size_t i = 0; i < n; i++) sum += (double)x[i * dim + j];
        double mean = sum / (double)n;
        for (size_t i = 0; i < n; i++) centred[i * dim + j] = (double)x[i * dim + j] - mean;
    }
}

static double normalise(double *v, size_t dim) {
    double length = sqrt(dot(v, v, dim));
    for (size_t j = 0; j < dim && length > 0.0; j++) v[j] /= length;
    return length;
}

static void orient(double *v, size_t dim) {
    size_t largest = 0;
    for (size_t j = 1; j < dim; j++)
        if (fabs(v[j]) > fabs(v[largest])) largest = j;
    double sign = v[largest] < 0.0 ? -1.0 : 1.0;
    for (size_t j = 0; j < dim; j++) v[j] *= sign;
}

/* direction (dim) of most variance of the centred c; project (n); next (dim): scratch. Starts at the longest row. */
static double first_component(const double *c, size_t n, size_t dim, double *direction, double *project,
                              double *next) {
    size_t longest = 0;
    for (size_t i = 1; i < n; i++)
        if (dot(c + i * dim, c + i * dim, dim) > dot(c + longest * dim, c + longest * dim, dim)) longest = i;
    for (size_t j = 0; j < dim; j++) direction[j] = c[longest * dim + j];
    normalise(direction, dim);
    double variance = 0.0;
    for (int round = 0; round < POWER_ROUNDS; round++) {
        for (size_t j = 0; j < dim; j++) next[j] = 0.0;
        for (size_t i = 0; i < n; i++) {
            project[i] = dot(c + i * dim, direction, dim);
            for (size_t j = 0; j < dim; j++) next[j] += project[i] * c[i * dim + j];
        }
        double before = variance;
        variance = normalise(next, dim);
        for (size_t j = 0; j < dim; j++) direction[j] = next[j];
        if (variance <= before * (1.0 + 1e-14)) break;
    }
    orient(direction, dim);
    return variance;
}

static void deflate(double *c, size_t n, size_t dim, const double *direction) {
    for (size_t i = 0; i < n; i++) {
        double along = dot(c + i * dim, direction, dim);
        for (size_t j = 0; j < dim; j++) c[i * dim + j] -= along * direction[j];
    }
}

Status embed_pca(const float *x, size_t n, int dim, double *xy, double *share, Error *err) {
    NN_REQUIRE(n > 0 && dim > 0, "%zu vectors of %d dimensions", n, dim);
    size_t d = (size_t)dim;
    double *c = mem_calloc(n * d + 2 * d + n, sizeof *c);
    if (!c) return mem_error(err, "a map");
    double *direction = c + n * d, *next = direction + d, *project = next + d;
    centre(x, n, d, c);
    double total = dot(c, c, n * d);
    for (int k = 0; k < 2; k++) {
        double variance = first_component(c, n, d, direction, project, next);
        for (size_t i = 0; i < n; i++) xy[2 * i + (size_t)k] = dot(c + i * d, direction, d);
        if (share) share[k] = total > 0.0 ? variance / total : 0.0;
        deflate(c, n, d, direction);
    }
    mem_free(c);
    return STATUS_OK;
}

/* ---- t-SNE ---- */

enum { ROUNDS = 500, EARLY_ROUNDS = 150, SEARCH_ROUNDS = 60 };
static const double EXAGGERATION = 12.0;

typedef struct {
    const float *x;
    size_t n, dim;
    double perplexity, exaggeration;
    double *p;      /* (n, n): first squared distances, then affinities */
    double *y;      /* (n, 2) */
    double *force;  /* (n, 4): attraction, then repulsion */
    double *weight; /* (n): sums of 1 / (1 + d^2) of each row */
    double *kl;     /* (n) */
} Tsne;

static double squared_distance(const float *a, const float *b, size_t dim) {
    double sum = 0.0;
    for (size_t j = 0; j < dim; j++) {
        double difference = (double)a[j] - (double)b[j];
        sum += difference * difference;
    }
    return sum;
}

/* Turns row i of squared distances into p_{j|i} = exp(-beta d^2) / sum; returns the entropy in nats. least: the smallest distance, which
 * is subtracted so that the nearest item never underflows. */
static double row_entropy(const double *distance, size_t n, size_t i, double beta, double least, double *p) {
    double sum = 0.0, mean = 0.0;
    for (size_t j = 0; j < n; j++) {
        p[j] = j == i ? 0.0 : exp(-beta * (distance[j] - least));
        sum += p[j];
        mean += p[j] * (distance[j] - least);
    }
    for (size_t j = 0; j < n; j++) p[j] /= sum;
    return log(sum) + beta * mean / sum;
}

/* Finds the beta of row i whose entropy is log(perplexity), by bisection. */
static void fill_affinities(void *ctx, int item, int worker) {
    (void)worker;
    Tsne *t = ctx;
    size_t i = (size_t)item;
    double *row = t->p + i * t->n, *distance = t->p + (t->n + i) * t->n, least = DBL_MAX;
    for (size_t j = 0; j < t->n; j++) {
        distance[j] = squared_distance(t->x + i * t->dim, t->x + j * t->dim, t->dim);
        if (j != i && distance[j] < least) least = distance[j];
    }
    double low = 0.0, high = DBL_MAX, beta = 1.0 / (1.0 + least);
    for (int round = 0; round < SEARCH_ROUNDS; round++) {
        double excess = row_entropy(distance, t->n, i, beta, least, row) - log(t->perplexity);
        if (fabs(excess) < 1e-5) break;
        if (excess > 0.0)
            low = beta;
        else
            high = beta;
        beta = high == DBL_MAX ? 2.0 * beta : 0.5 * (low + high);
    }
}

/* p_ij = (p_{j|i} + p_{i|j}) / 2n. */
static void symmetrise(Tsne *t) {
    double scale = 0.5 / (double)t->n;
    for (size_t i = 0; i < t->n; i++)
        for (size_t j = 0; j <= i; j++) {
            double both = scale * (t->p[i * t->n + j] + t->p[j * t->n + i]);
            t->p[i * t->n + j] = t->p[j * t->n + i] = both;
        }
}

/* Row i: attraction sum_j p_ij w_ij (y_i - y_j), repulsion sum_j w_ij^2 (y_i - y_j) before its division by Z = sum w. */
static void row_forces(void *ctx, int item, int worker) {
    (void)worker;
    Tsne *t = ctx;
    size_t i = (size_t)item;
    const double *p = t->p + i * t->n;
    double ax = 0.0, ay = 0.0, rx = 0.0, ry = 0.0, sum = 0.0, xi = t->y[2 * i], yi = t->y[2 * i + 1];
    for (size_t j = 0; j < t->n; j++) {
        double dx = xi - t->y[2 * j], dy = yi - t->y[2 * j + 1];
        double w = 1.0 / (1.0 + dx * dx + dy * dy), pull = p[j] * w, push = w * w;
        ax += pull * dx;
        ay += pull * dy;
        rx += push * dx;
        ry += push * dy;
        sum += w;
    }
    double *f = t->force + 4 * i;
    f[0] = ax, f[1] = ay, f[2] = rx, f[3] = ry;
    t->weight[i] = sum - 1.0; /* without itself */
}

static double total_weight(const Tsne *t) {
    double z = 0.0;
    for (size_t i = 0; i < t->n; i++) z += t->weight[i];
    return z;
}

/* Gradient 4 (exaggeration * attraction - repulsion / Z), with a gain for each coordinate (Jacobs 1988) and momentum. */
static void move(Tsne *t, double *speed, double *gain, double momentum, double rate) {
    double z = total_weight(t);
    for (size_t k = 0; k < 2 * t->n; k++) {
        const double *f = t->force + 4 * (k / 2);
        double gradient = 4.0 * (t->exaggeration * f[k % 2] - f[2 + k % 2] / z);
        gain[k] = (gradient > 0.0) == (speed[k] > 0.0) ? fmax(0.8 * gain[k], 0.01) : gain[k] + 0.2;
        speed[k] = momentum * speed[k] - rate * gain[k] * gradient;
        t->y[k] += speed[k];
    }
}

static void recentre(Tsne *t) {
    double mean[2] = {0.0, 0.0};
    for (size_t k = 0; k < 2 * t->n; k++) mean[k % 2] += t->y[k] / (double)t->n;
    for (size_t k = 0; k < 2 * t->n; k++) t->y[k] -= mean[k % 2];
}

static void row_divergence(void *ctx, int item, int worker) {
    (void)worker;
    Tsne *t = ctx;
    size_t i = (size_t)item;
    double z = total_weight(t), sum = 0.0;
    for (size_t j = 0; j < t->n; j++) {
        double p = t->p[i * t->n + j], dx = t->y[2 * i] - t->y[2 * j], dy = t->y[2 * i + 1] - t->y[2 * j + 1];
        if (p > 0.0) sum += p * log(p * z * (1.0 + dx * dx + dy * dy));
    }
    t->kl[i] = sum;
}

/* Principal components scaled to a deviation of 1e-4 along the first, with a jitter of 1e-5. */
static Status start(Tsne *t, uint64_t seed, Error *err) {
    double square = 0.0;
    TRY(embed_pca(t->x, t->n, (int)t->dim, t->y, NULL, err));
    for (size_t i = 0; i < t->n; i++) square += t->y[2 * i] * t->y[2 * i] / (double)t->n;
    double scale = square > 0.0 ? 1e-4 / sqrt(square) : 0.0;
    Rng r = rng_stream(seed, RNG_INIT, 0);
    for (size_t k = 0; k < 2 * t->n; k++) t->y[k] = scale * t->y[k] + 1e-5 * rng_normal(&r);
    return STATUS_OK;
}

static void descend(Tsne *t, int rounds, double *speed, double *gain, Pool *pool) {
    double rate = fmax((double)t->n / EXAGGERATION / 4.0, 50.0);
    for (size_t k = 0; k < 2 * t->n; k++) gain[k] = 1.0;
    for (int round = 0; round < rounds; round++) {
        int early = round < EARLY_ROUNDS && round < rounds / 2;
        t->exaggeration = early ? EXAGGERATION : 1.0;
        pool_for(pool, (int)t->n, row_forces, t);
        move(t, speed, gain, early ? 0.5 : 0.8, rate);
        recentre(t);
    }
}

static double divergence_of(Tsne *t, Pool *pool) {
    double sum = 0.0;
    pool_for(pool, (int)t->n, row_forces, t);
    pool_for(pool, (int)t->n, row_divergence, t);
    for (size_t i = 0; i < t->n; i++) sum += t->kl[i];
    return sum;
}

Status embed_tsne(const float *x, size_t n, int dim, const TsneOptions *o, double *xy, double *divergence,
                  Pool *pool, Error *err) {
    NN_REQUIRE(n > 3 && n <= EMBED_MOST && dim > 0, "%zu vectors of %d dimensions", n, dim);
    double perplexity = o->perplexity > 0.0 ? o->perplexity : fmin(30.0, ((double)n - 1.0) / 3.0);
    Tsne t = {.x = x, .n = n, .dim = (size_t)dim, .perplexity = perplexity, .y = xy};
    double *memory = mem_calloc(2 * n * n + 10 * n, sizeof *memory);
    if (!memory) return mem_error(err, "a map");
    t.p = memory;
    t.force = memory + 2 * n * n;
    t.weight = t.force + 4 * n;
    t.kl = t.weight + n;
    double *speed = t.kl + n, *gain = speed + 2 * n;
    Status status = start(&t, o->seed, err);
    if (status == STATUS_OK) {
        pool_for(pool, (int)n, fill_affinities, &t);
        symmetrise(&t);
        descend(&t, o->rounds > 0 ? o->rounds : ROUNDS, speed, gain, pool);
        if (divergence) *divergence = divergence_of(&t, pool);
    }
    mem_free(memory);
    return status;
}
