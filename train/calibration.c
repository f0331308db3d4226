#include "train/calibration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

static const char TRAINED[] = "calibration.trained", REPORTS[] = "calibration.reports",
                  PAIRS[] = "calibration.pairs", RANGE[] = "calibration.range",
                  PICTURES[] = "calibration.pictures", SALT[] = "calibration_salt",
                  UNLIKE[] = "calibration_unlike", GROUPS[] = "calibration_groups",
                  USUAL[] = "calibration_usual";

/* ---- The file ---- */

void calibration_store(const Calibration *c, StFile *f) {
    char unlike[64], groups[24], usual[24];
    if (c->trained) {
        st_set(f, SALT, c->salt);
        st_add(f, TRAINED, ST_I64, 1, (int64_t[]){c->n_trained}, c->trained);
    }
    if (c->reports) st_add(f, REPORTS, ST_I64, 1, (int64_t[]){c->n_trained}, c->reports);
    snprintf(groups, sizeof groups, "%d", c->groups);
    if (c->pairs && c->groups > 0) st_set(f, GROUPS, groups);
    snprintf(usual, sizeof usual, "%d", c->usual);
    if (c->pairs && c->usual >= 0) st_set(f, USUAL, usual);
    if (c->pairs) st_add(f, PAIRS, ST_I64, 3, (int64_t[]){MODALITIES, 2, c->bits + 1}, c->pairs);
    if (c->range) st_add(f, RANGE, ST_F32, 3, (int64_t[]){MODALITIES, 2, c->bits + 1}, c->range);
    if (c->picture) {
        snprintf(unlike, sizeof unlike, "%.17g", c->unlike);
        st_set(f, UNLIKE, unlike);
        st_add(f, PICTURES, ST_F32, 2, (int64_t[]){c->n_pictures, c->dim}, c->picture);
    }
}

/* A copy of a tensor with this type and these dimensions, of which -1 fits any. NULL in *data where there is none. */
static Status copy_tensor(const StFile *f, const char *name, StType type, int rank, const int64_t *dim,
                          void **data, int64_t *first, const char *path, Error *err) {
    const StTensor *t = st_find(f, name);
    *data = NULL;
    if (!t) return STATUS_OK;
    bool same = t->type == type && t->rank == rank && t->dim[0] > 0 && t->dim[0] < INT32_MAX;
    for (int k = 0; same && k < rank; k++) same = dim[k] < 0 || t->dim[k] == dim[k];
    if (!same)
        return error_set(err, STATUS_INPUT, "%s: tensor '%s' does not have the shape of the configuration",
                         path, name);
    *first = t->dim[0];
    *data = mem_alloc(t->bytes);
    if (!*data) return mem_error(err, path);
    memcpy(*data, t->data, t->bytes);
    return STATUS_OK;
}

static Status check_numbers(const Calibration *c, const char *path, Error *err) {
    size_t row = (size_t)c->bits + 1;
    bool whole = c->groups >= 0 && c->usual >= -1 && c->usual <= c->bits;
    whole = whole && (!c->picture || (isfinite(c->unlike) && c->unlike >= 0));
    for (int i = 1; i < c->n_trained; i++) whole = whole && c->trained[i - 1] <= c->trained[i];
    for (int i = 1; c->reports && i < c->n_trained; i++) whole = whole && c->reports[i - 1] <= c->reports[i];
    for (size_t i = 0; c->pairs && i < MODALITIES * row; i++) {
        const int64_t *all = c->pairs + i / row * 2 * row + i % row;
        whole = whole && all[row] >= 0 && all[row] <= all[0] && all[0] <= INT64_C(1) << 52;
    }
    for (size_t i = 0; c->range && i < MODALITIES * row; i++) {
        const float *low = c->range + i / row * 2 * row + i % row;
        whole = whole && low[0] >= 0 && low[0] <= low[row] && low[row] <= 1;
    }
    if (whole) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: its calibration holds impossible numbers; train the model again",
                     path);
}

Status calibration_read(Calibration *c, const StFile *f, int bits, int dim, const char *path, Error *err) {
    int64_t n = 0;
    void *data;
    const char *salt = st_get(f, SALT), *unlike = st_get(f, UNLIKE), *groups = st_get(f, GROUPS),
               *usual = st_get(f, USUAL);
    *c = (Calibration){.bits = bits, .dim = dim, .chance_from = {-1, -1}, .usual = -1};
    snprintf(c->salt, sizeof c->salt, "%s", salt ? salt : "");
    TRY(copy_tensor(f, TRAINED, ST_I64, 1, (int64_t[]){-1}, &data, &n, path, err));
    c->trained = data;
    c->n_trained = data ? (int)n : 0;
    TRY(copy_tensor(f, REPORTS, ST_I64, 1, (int64_t[]){c->n_trained}, &data, &n, path, err));
    c->reports = data;
    TRY(copy_tensor(f, PAIRS, ST_I64, 3, (int64_t[]){MODALITIES, 2, bits + 1}, &data, &n, path, err));
    c->pairs = data;
    TRY(copy_tensor(f, RANGE, ST_F32, 3, (int64_t[]){MODALITIES, 2, bits + 1}, &data, &n, path, err));
    c->range = data;
    c->groups = groups ? (int)strtol(groups, NULL, 10) : 0;
    c->usual = usual ? (int)strtol(usual, NULL, 10) : -1;
    TRY(copy_tensor(f, PICTURES, ST_F32, 2, (int64_t[]){-1, dim}, &data, &n, path, err));
    c->picture = data;
    c->n_pictures = data ? (int)n : 0;
    c->unlike = unlike ? strtod(unlike, NULL) : NAN;
    TRY(check_numbers(c, path, err));
    return calibration_fit(c, err);
}

void calibration_free(Calibration *c) {
    mem_free(c->trained);
    mem_free(c->reports);
    mem_free(c->pairs);
    mem_free(c->range);
    mem_free(c->picture);
    mem_free(c->share);
    *c = (Calibration){.chance_from = {-1, -1}, .usual = -1};
}

/* ---- Confidence ---- */

/* Distances first..last share one value. */
typedef struct {
    int first, last;
    double all, relevant;
} Pooled;

static bool rises(const Pooled *before, const Pooled *after) {
    return after->relevant * before->all > before->relevant * after->all;
}

/* Distances from near to far, pooled until each pool has CALIBRATION_LEAST pairs; the last takes what is left. Returns how many. */
static int pool_pairs(const int64_t *all, const int64_t *relevant, int bits, Pooled *pool) {
    int n = 0;
    Pooled next = {0, 0, 0, 0};
    for (int d = 0; d <= bits; d++) {
        next.last = d;
        next.all += (double)all[d];
        next.relevant += (double)relevant[d];
        if (next.all < CALIBRATION_LEAST && d < bits) continue;
        if (next.all < CALIBRATION_LEAST && n > 0) {
            pool[n - 1].last = d;
            pool[n - 1].all += next.all;
            pool[n - 1].relevant += next.relevant;
        } else {
            pool[n++] = next;
        }
        next = (Pooled){d + 1, d + 1, 0, 0};
    }
    return n;
}

/* EQ(confidence)  p(d) = (g q(d) + chance) / (g + 1), q = argmin sum_d n_d (q(d) - r_d/n_d)^2 with q(d) >= q(d+1)
 * (here q, by pool adjacent violators; shrink does the rest) */
static void fit_direction(const int64_t *all, const int64_t *relevant, int bits, double *share) {
    Pooled pool[CODE_MAX_BITS + 1];
    int n = pool_pairs(all, relevant, bits, pool), kept = 0;
    for (int i = 0; i < n; i++) {
        pool[kept++] = pool[i];
        for (; kept > 1 && rises(&pool[kept - 2], &pool[kept - 1]); kept--) {
            pool[kept - 2].last = pool[kept - 1].last;
            pool[kept - 2].all += pool[kept - 1].all;
            pool[kept - 2].relevant += pool[kept - 1].relevant;
        }
    }
    for (int i = 0; i < kept; i++)
        for (int d = pool[i].first; d <= pool[i].last; d++)
            share[d] = pool[i].all > 0 ? pool[i].relevant / pool[i].all : 0;
}

/* Pairs of one group (patient) are alike, so that few groups give shares that are too sure: one further group is assumed, whose
 * pairs share labels as often as chance at every distance. groups 0: not known; the shares stay. */
static void shrink(double *share, int bits, double chance, int groups) {
    for (int d = 0; groups > 0 && d <= bits; d++) share[d] += (chance - share[d]) / (groups + 1);
}

double calibration_curve(const int64_t *all, const int64_t *relevant, int bits, int groups, double *share) {
    double pairs = 0, found = 0;
    for (int d = 0; d <= bits; d++) pairs += (double)all[d], found += (double)relevant[d];
    fit_direction(all, relevant, bits, share);
    shrink(share, bits, found / pairs, groups);
    return found / pairs;
}

Status calibration_fit(Calibration *c, Error *err) {
    size_t row = (size_t)c->bits + 1;
    if (!c->pairs) return STATUS_OK;
    mem_free(c->share);
    c->share = mem_calloc(MODALITIES * row, sizeof *c->share);
    if (!c->share) return mem_error(err, "the calibration");
    for (Modality m = 0; m < MODALITIES; m++) {
        const int64_t *all = c->pairs + (size_t)m * 2 * row, *relevant = all + row;
        double *share = c->share + (size_t)m * row, pairs = 0;
        for (size_t d = 0; d < row; d++) pairs += (double)all[d];
        c->chance_from[m] = -1;
        c->chance[m] = NAN;
        for (size_t d = 0; pairs <= 0 && d < row; d++) share[d] = NAN;
        if (pairs <= 0) continue;
        c->chance[m] = calibration_curve(all, relevant, c->bits, c->groups, share);
        for (size_t d = row; d-- > 0 && share[d] <= c->chance[m];) c->chance_from[m] = (int)d;
    }
    return STATUS_OK;
}

double calibration_share(const Calibration *c, Modality from, int distance) {
    bool known = c->share && distance >= 0 && distance <= c->bits;
    return known ? c->share[(size_t)from * ((size_t)c->bits + 1) + (size_t)distance] : (double)NAN;
}

double calibration_bound(const Calibration *c, Modality from, int distance, int which) {
    double share = calibration_share(c, from, distance);
    if (!c->range || !isfinite(share)) return NAN;
    double bound = c->range[(2 * (size_t)from + (size_t)which) * ((size_t)c->bits + 1) + (size_t)distance];
    return which ? fmax(bound, share) : fmin(bound, share);
}

/* ---- Training cases ---- */

/* The mixing of SplitMix64. */
static uint64_t mixed(uint64_t h) {
    h = (h ^ h >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    h = (h ^ h >> 27) * UINT64_C(0x94D049BB133111EB);
    return h ^ h >> 31;
}

/* FNV-1a of salt and id; then a byte of the hash of the report. */
int64_t calibration_hash(const char *salt, const char *id, const char *report) {
    uint64_t h = fnv1a(fnv1a(FNV1A_START, salt, strlen(salt) + 1), id, strlen(id)), letters = h;
    for (const char *s = report ? report : ""; *s; s++) {
        char letter = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
        bool ascii = (unsigned char)letter < 0x80;
        if (!ascii || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
            letters = fnv1a(letters, &letter, 1);
    }
    const unsigned char part[2] = {0, (unsigned char)mixed(letters)};
    return (int64_t)mixed(report ? fnv1a(h, part, sizeof part) : h);
}

static bool holds(const int64_t *ascending, int n, int64_t hash) {
    int low = 0, high = n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (ascending[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && ascending[low] == hash;
}

int calibration_trained_on(const Calibration *c, const char *id, const char *report) {
    if (!c->trained) return -1;
    if (!holds(c->trained, c->n_trained, calibration_hash(c->salt, id, NULL))) return 0;
    if (!c->reports || !report || !*report) return 1;
    return holds(c->reports, c->n_trained, calibration_hash(c->salt, id, report));
}

/* ---- Pictures ---- */

static double dot(const float *a, const float *b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

double calibration_nearest(const Calibration *c, const float *descriptor) {
    double least = -1, own = sqrt(dot(descriptor, descriptor, c->dim));
    for (int i = 0; i < c->n_pictures; i++) {
        const float *p = c->picture + (size_t)i * (size_t)c->dim;
        double norm = own * sqrt(dot(p, p, c->dim)),
               far = norm > 0 ? 1 - dot(descriptor, p, c->dim) / norm : 1;
        if (least < 0 || far < least) least = far;
    }
    return least;
}

bool calibration_is_unlike(const Calibration *c, const float *descriptor) {
    return c->n_pictures > 0 && calibration_nearest(c, descriptor) > c->unlike;
}
