#include "hash/baselines/baselines.h"

#include <stdio.h>

#define AXIS(field) #field, offsetof(BaselineSettings, field)

const Baseline BASELINES[BASELINE_METHODS] = {
    {"CCA-ITQ", baseline_cca_itq, 1, {{AXIS(cca_ridge), 5, {1e-3, 1e-2, 1e-1, 1, 10}}}},
    {"CMFH", baseline_cmfh, 2, {{AXIS(cmfh_mu), 3, {1, 10, 100}}, {AXIS(cmfh_gamma), 4, {1, 10, 100, 1000}}}},
    {"SCM-seq", baseline_scm_seq, 1, {{AXIS(scm_ridge), 5, {1e-3, 1e-2, 1e-1, 1, 10}}}},
    {"DCH",
     baseline_dch,
     2,
     {{AXIS(dch_nu), 3, {1e-5, 1e-3, 1e-1}}, {AXIS(dch_ridge), 4, {1, 10, 100, 1000}}}},
    {"BATCH",
     baseline_batch,
     2,
     {{AXIS(batch_omega), 3, {1e-2, 1, 100}}, {AXIS(batch_ridge), 4, {1, 10, 100, 1000}}}},
};

BaselineSettings baseline_defaults(int bits, uint64_t seed) {
    return (BaselineSettings){.bits = bits,
                              .seed = seed,
                              .cca_ridge = 0.1,
                              .cmfh_lambda = 0.5,
                              .cmfh_mu = 100,
                              .cmfh_gamma = 100,
                              .scm_ridge = 0.1,
                              .dch_lambda = 1,
                              .dch_nu = 1e-5,
                              .dch_ridge = 100,
                              .batch_omega = 1,
                              .batch_image = 0.5,
                              .batch_text = 0.5,
                              .batch_label = 1,
                              .batch_ridge = 100};
}

int baseline_candidates(const Baseline *b) {
    int n = 1;
    for (int a = 0; a < b->axes; a++) n *= b->axis[a].count;
    return n;
}

void baseline_candidate(const Baseline *b, int i, BaselineSettings *s) {
    NN_REQUIRE(i >= 0 && i < baseline_candidates(b), "%s has %d candidates, not one of number %d", b->name,
               baseline_candidates(b), i);
    for (int a = 0; a < b->axes; a++) {
        const BaselineAxis *axis = &b->axis[a];
        *(double *)(void *)((char *)s + axis->offset) = axis->value[i % axis->count];
        i /= axis->count;
    }
}

void baseline_describe(const Baseline *b, const BaselineSettings *s, char *text, size_t size) {
    size_t used = 0;
    if (size) text[0] = 0;
    for (int a = 0; a < b->axes && used < size; a++) {
        double value = *(const double *)(const void *)((const char *)s + b->axis[a].offset);
        int n = snprintf(text + used, size - used, "%s%s=%g", a ? " " : "", b->axis[a].name, value);
        used += n > 0 ? (size_t)n : 0;
    }
}
