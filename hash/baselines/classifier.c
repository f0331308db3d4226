#include "hash/baselines/classifier.h"

#include <math.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/rng.h"

/* code (classes,bits) of -1 and +1; each class draws from its own stream. */
static void class_codes(int classes, int bits, uint64_t seed, float *code) {
    for (int k = 0; k < classes; k++) {
        Rng r = rng_stream(seed, RNG_BASELINE, (uint32_t)k);
        for (int j = 0; j < bits; j++)
            code[(size_t)k * (size_t)bits + (size_t)j] = rng_u32(&r) & 1 ? 1.0f : -1.0f;
    }
}

static void add_code(const float *code, int bits, float *sum) {
    for (int j = 0; j < bits; j++) sum[j] += code[j];
}

static void case_scores(const float *p, int classes, const float *code, int bits, float *sum) {
    int likeliest = 0, count = 0;
    for (int j = 0; j < bits; j++) sum[j] = 0;
    for (int k = 0; k < classes; k++) {
        if (p[k] > p[likeliest]) likeliest = k;
        if (p[k] < 0.5f) continue;
        add_code(code + (size_t)k * (size_t)bits, bits, sum);
        count++;
    }
    if (!count) add_code(code + (size_t)likeliest * (size_t)bits, bits, sum);
}

Status classifier_codes(const float *p, int n, int classes, int bits, uint64_t seed, uint8_t *codes,
                        Error *err) {
    if (bits < CODE_MIN_BITS || bits > CODE_MAX_BITS || bits % 8)
        return error_set(err, STATUS_INPUT, "%d bits; a multiple of 8 from %d to %d was expected", bits,
                         CODE_MIN_BITS, CODE_MAX_BITS);
    for (size_t i = 0; i < (size_t)n * (size_t)classes; i++)
        if (!isfinite(p[i]))
            return error_set(
                err, STATUS_INPUT,
                "the probability of class %zu of case %zu is not finite; a number in [0,1] was expected",
                i % (size_t)classes + 1, i / (size_t)classes + 1);
    float *code = mem_alloc((size_t)(classes + 1) * (size_t)bits * sizeof *code);
    if (!code) return mem_error(err, "the codes of the classes");
    class_codes(classes, bits, seed, code);
    float *sum = code + (size_t)classes * (size_t)bits;
    for (int i = 0; i < n; i++) {
        case_scores(p + (size_t)i * (size_t)classes, classes, code, bits, sum);
        code_pack(sum, 1, bits, codes + (size_t)i * code_bytes(bits));
    }
    mem_free(code);
    return STATUS_OK;
}
