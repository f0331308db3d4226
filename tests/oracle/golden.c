#include "tests/oracle/golden.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"

#ifdef NN_DOUBLE
static const double BOUND = 1e-9;
#else
static const double BOUND = 1e-4;
#endif

Golden golden_read(const char *file) {
    Golden g;
    Error err = {.status = STATUS_OK};
    char path[128];
    snprintf(path, sizeof path, "tests/golden/%s", file);
    Status status = file_read(path, 1 << 20, &g.data, &g.size, &err);
    cr_assert(status == STATUS_OK, "%s (tests run at the top of the tree)", err.message);
    cr_assert(g.size > 8 && memcmp(g.data, "GOLD", 4) == 0, "%s is no golden file", path);
    return g;
}

void golden_free(Golden *g) {
    mem_free(g->data);
}

/* ---- Inputs from names ---- */

static uint64_t split_mix(uint64_t z) {
    z *= 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void golden_wave(const char *name, size_t n, double scale, real *to) {
    uint64_t seed = (uint64_t)crc32_update(0, name, strlen(name)) << 32;
    for (size_t k = 0; k < n; k++)
        to[k] = (real)(((double)(split_mix(seed + k + 1) >> 11) * 0x1p-53 * 2 - 1) * scale);
}

Tensor *golden_input(Tape *t, const char *name, bool grad, int rank, const int *dim) {
    Tensor *x = tape_tensor(t, rank, dim);
    golden_wave(name, tensor_size(x), 1, x->data);
    x->needs_grad = grad;
    return x;
}

/* ---- Entries ---- */

static double value_at(const unsigned char *from) {
    uint64_t bits = get_u64(from);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The first value of entry `name` of n values. */
static const unsigned char *find(const Golden *g, const char *name, size_t n) {
    const unsigned char *at = g->data + 8, *end = g->data + g->size;
    for (uint32_t left = get_u32(g->data + 4); left > 0 && at < end; left--) {
        uint32_t length = get_u32(at);
        const char *entry = (const char *)at + 4;
        at += 4 + length;
        uint32_t rank = get_u32(at);
        size_t size = 1;
        for (uint32_t i = 0; i < rank; i++) size *= get_u32(at + 4 + 4 * i);
        at += 4 + 4 * rank;
        if (length == strlen(name) && memcmp(entry, name, length) == 0) {
            cr_assert(size == n && at + 8 * size <= end, "golden entry %s has %zu values, not %zu", name,
                      size, n);
            return at;
        }
        at += 8 * size;
    }
    cr_assert(false, "no golden entry %s", name);
    return NULL;
}

void golden_reals(const Golden *g, const char *name, size_t n, real *to) {
    const unsigned char *from = find(g, name, n);
    for (size_t i = 0; i < n; i++) to[i] = (real)value_at(from + 8 * i);
}

void golden_bytes(const Golden *g, const char *name, size_t n, uint8_t *to) {
    const unsigned char *from = find(g, name, n);
    for (size_t i = 0; i < n; i++) to[i] = (uint8_t)value_at(from + 8 * i);
}

void golden_check(const Golden *g, const char *name, const real *x, size_t n, double bound) {
    const unsigned char *wanted = find(g, name, n);
    double largest = 0, error = 0;
    for (size_t i = 0; i < n; i++) {
        double e = fabs((double)x[i] - value_at(wanted + 8 * i));
        if (!(e <= error)) error = isnan(e) ? INFINITY : e;
        largest = fmax(largest, fabs(value_at(wanted + 8 * i)));
    }
    if (bound == 0) bound = BOUND;
    cr_assert(largest > 0, "golden entry %s holds zeros alone: it would prove nothing", name);
    cr_assert(error <= bound * largest, "%s differs from PyTorch by %.3g of its largest entry", name,
              error / largest);
}

/* ---- The two steps ---- */

const int32_t STEP1_WORDS[STEP1_B * STEP_N_T] = {3, 0, 5, 1, 2, 2, 2, 0, 0, 0, 6, 4, 1, 0, 0, 1, 6, 3, 5, 0};
const int32_t STEP1_GRAMS[STEP1_B * STEP_N_T * STEP1_G] = {0, 7, -1, -1, 3, -1, 2, 2, 4,  5,  1,  4, 5, -1,
                                                           0, 0, 0,  0,  0, 0,  6, 7, 7,  7,  -1, 3, 0, 0,
                                                           0, 0, 5,  1,  2, 0,  3, 3, -1, -1, 0,  0};
const int STEP1_LENGTHS[STEP1_B] = {5, 2, 3, 4}, STEP1_LABELS[STEP1_B] = {0, 2, 1, 0},
          STEP1_GROUPS[STEP1_B] = {0, 1, 1, 0};
const int STEP2_BATCH[STEP2_B] = {0, 4, 3, 7, 10, 11}, STEP2_LENGTHS[STEP2_B] = {3, 1, 5, 4, 2, 5};
const int STEP2_GROUPS[STEP2_N] = {0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 7, 8};
const int STEP2_TEXTS[STEP2_N] = {0, 1, 2, 3, 4, 5, 6, 3, 8, 9, 4, 11};

static const ModelConfig CONFIG = {
    .image_size = 32,
    .width = 4,
    .blocks = 1,
    .dim = STEP_D,
    .text_length = STEP_N_T,
    .words = 7,
    .buckets = 8,
    .layers = 2,
    .heads = 2,
    .bits = STEP_Q,
    .classes = STEP_C,
    .transformer = 1,
    .deviation = 1,
    .n_extra = 2,
    .extra = {{"term2.soft_pairs.scale", 1, 2}, {"term2.soft_pairs.offset", 1, -2}}};

/* As parameter() of the script: norm weights 1 + 0.25 wave, other vectors 0.25 wave, matrices sqrt(6/fan_in)
 * wave. */
static void fill(const Param *p) {
    Tensor *x = p->tensor;
    size_t n = tensor_size(x), length = strlen(p->name);
    if (p->buffer || strncmp(p->name, "term", 4) == 0) return; /* the script knows no parameters of terms */
    double fan_in = (double)n / x->dim[0];
    golden_wave(p->name, n, x->rank > 1 ? sqrt(6 / fan_in) : 0.25, x->data);
    if (x->rank > 1 || length < 6 || strcmp(p->name + length - 6, "weight") != 0) return;
    for (size_t i = 0; i < n; i++) x->data[i] += 1;
}

void golden_model(Model *m, const char *const *prefixes, int n) {
    Error err;
    cr_assert_eq(model_create(m, &CONFIG, 1, &err), STATUS_OK);
    for (size_t i = 0; i < m->params.count; i++) fill(&m->params.items[i]);
    params_train_only(&m->params, prefixes, n);
}

static void check_entry(const Golden *g, const char *stage, const char *what, const Param *p, const real *x) {
    char entry[128];
    snprintf(entry, sizeof entry, "%s/%s/%s", stage, what, p->name);
    golden_check(g, entry, x, tensor_size(p->tensor), 0);
}

void golden_check_gradients(const Golden *g, const Model *m, const char *stage, int count) {
    for (size_t i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        if (!p->tensor->needs_grad) continue;
        check_entry(g, stage, "grad", p, p->tensor->grad);
        count--;
    }
    cr_assert_eq(count, 0);
}

void golden_check_statistics(const Golden *g, const Model *m, const char *stage) {
    for (size_t i = 0; i < m->params.count; i++)
        if (m->params.items[i].buffer)
            check_entry(g, stage, "after", &m->params.items[i], m->params.items[i].tensor->data);
}
