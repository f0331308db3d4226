/* The weights can be taken elsewhere: PyTorch opens model.safetensors by its published names and repeats `encode --dump`. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

/* The first Python that has what the script needs, which is looked up and not loaded (a second each time); NULL where none has. */
static const char *torch_python(void) {
    static const char *const candidate[] = {"python3", "/usr/bin/python3"};
    char command[160];
    for (size_t i = 0; i < sizeof candidate / sizeof *candidate; i++) {
        snprintf(
            command, sizeof command,
            "%s -c 'from importlib.util import find_spec as f; exit(not (f(\"numpy\") and f(\"torch\")))' "
            ">/dev/null 2>&1",
            candidate[i]);
        if (system(command) == 0) return candidate[i];
    }
    return NULL;
}

/* Largest difference of features and scores of one modality. */
static void compare(const char *python, const TinyRun *t, const char *modality) {
    char dump[600], command[2000];
    snprintf(dump, sizeof dump, "%s/dump_%s", t->run, modality);
    expect_msach(0, NULL, "encode --model %s --data %s --as %s --out %s.npy --dump %s", t->run, t->manifest,
                 modality, dump, dump);
    snprintf(command, sizeof command, "%s tests/peers/read_model.py '%s/model.safetensors' %s '%s'", python,
             t->run, modality, dump);
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    double features = -1, scores = -1;
    cr_assert_eq(fscanf(f, "features %lf scores %lf", &features, &scores), 2, "%s", command);
    cr_assert_eq(pclose(f), 0);
    cr_assert(features >= 0 && features < 1e-4, "%s: features differ by %g", modality, features);
    cr_assert(scores >= 0 && scores < 1e-4, "%s: scores differ by %g", modality, scores);
}

static void compare_run(const char *name, const char *settings) {
    const char *python = torch_python();
    if (!python) cr_skip("python3 with PyTorch is missing: the comparison is left out");
    TinyRun t = tiny_run(name);
    if (settings) {
        char other[sizeof t.run];
        cr_assert_lt((size_t)snprintf(other, sizeof other, "%.400s_set", t.run), sizeof other);
        expect_msach(0, NULL, "train -q --data %s --out %s --set %s %s", t.manifest, other, tiny_settings,
                     settings);
        memcpy(t.run, other, sizeof other);
    }
    compare(python, &t, "image");
    compare(python, &t, "text");
}

Test(peer_torch, reads_the_model_file_and_repeats_the_scores) {
    compare_run("torch", NULL);
}

Test(peer_torch, reads_two_layers_of_four_heads_and_two_blocks_without_subwords) {
    compare_run("torch_deep", "layers=2 heads=4 blocks=2 buckets=0");
}

Test(peer_torch, reads_a_model_without_transformer) {
    compare_run("torch_plain", "transformer=0 joint_pass=0");
}

Test(peer_torch, reads_a_model_that_averages_moved_copies_of_a_picture) {
    compare_run("torch_views", "encode_views=9");
}
