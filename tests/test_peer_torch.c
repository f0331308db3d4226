/* PyTorch can use the weights: it opens model.safetensors by its published names and reproduces `encode --dump`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

/* The first Python with the modules of the script, which are looked up rather than loaded (a second each time); NULL where there
 * is none. */
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

static void dump(const TinyRun *t, const char *modality) {
    expect_msach(0, NULL, "encode --model %s --data %s --as %s --out %s/%s.npy --dump %s/%s", t->run,
                 t->manifest, modality, t->run, modality, t->run, modality);
}

/* Largest differences of features and scores. PyTorch is loaded once for both modalities: that takes seconds. */
static void compare(const char *python, const TinyRun *t) {
    char command[2400];
    snprintf(command, sizeof command,
             "%s tests/peers/read_model.py '%s/model.safetensors' image '%s/image' text '%s/text'", python,
             t->run, t->run, t->run);
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    for (int m = 0; m < 2; m++) {
        double features = -1, scores = -1;
        cr_assert_eq(fscanf(f, " features %lf scores %lf", &features, &scores), 2, "%s", command);
        cr_assert(features >= 0 && features < 1e-4, "modality %d: features differ by %g", m, features);
        cr_assert(scores >= 0 && scores < 1e-4, "modality %d: scores differ by %g", m, scores);
    }
    cr_assert_eq(pclose(f), 0);
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
    dump(&t, "image");
    dump(&t, "text");
    compare(python, &t);
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
