#include "tests/tiny_set.h"

#include <stdio.h>
#include <string.h>

#include "nn/base/bytes.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"

enum { SIDE = 24 };

static void blob(uint8_t *pixel, int label, Rng *rng) {
    int cx = 6 + 6 * label + (int)rng_below(rng, 3), cy = 8 + (int)rng_below(rng, 8);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int near = (x - cx) * (x - cx) + (y - cy) * (y - cy) < 12;
            int value = pixel[y * SIDE + x] + (near ? 120 + 30 * label : 0) + (int)rng_below(rng, 30);
            pixel[y * SIDE + x] = (uint8_t)(value > 255 ? 255 : value);
        }
}

const char *tiny_set(const char *name, int many) {
    static const char *const words[TINY_LABELS][3] = {
        {"a thin cyst", "anechoic cystic structure", "simple cyst, clear"},
        {"a solid nodule", "hypoechoic nodular mass", "nodule with regular margin"},
        {"a bright stone", "calculus with shadow", "stones and acoustic shadow"}};
    static const char *const labels[TINY_LABELS] = {"cyst", "nodule", "stone"};
    Buffer manifest = {0};
    buffer_printf(&manifest, "id\timage\ttext\tlabels\tgroup\n");
    for (int i = 0; i < TINY_CASES; i++) {
        Rng rng = rng_stream(5, RNG_TEST, (uint32_t)i);
        int label = i % TINY_LABELS, second = many && i % 4 == 0 ? (label + 1) % TINY_LABELS : -1;
        uint8_t pixel[SIDE * SIDE] = {0};
        char image[64];
        blob(pixel, label, &rng);
        if (second >= 0) blob(pixel, second, &rng);
        snprintf(image, sizeof image, "%s/c%02d.png", name, i);
        fixture_png(image, SIDE, SIDE, pixel);
        buffer_printf(&manifest, "c%02d\tc%02d.png\t%s%s%s, case %d\t%s%s%s\tp%d\n", i, i,
                      words[label][rng_below(&rng, 3)], second >= 0 ? " and " : "",
                      second >= 0 ? words[second][rng_below(&rng, 3)] : "", i, labels[label],
                      second >= 0 ? "|" : "", second >= 0 ? labels[second] : "", i / 2);
    }
    char path[64];
    snprintf(path, sizeof path, "%s/manifest.tsv", name);
    const char *result = fixture_file(path, manifest.data, manifest.size);
    buffer_free(&manifest);
    return result;
}

Config tiny_config(void) {
    Config c;
    config_default(&c);
    c.image_size = 16, c.width = 4, c.dim = 16, c.heads = 2, c.bits = 16, c.buckets = 64, c.min_count = 1;
    c.landmarks = 32, c.text_length = 12, c.stage1_epochs = 3, c.stage2_epochs = 3,
    c.stage1_batch = c.stage2_batch = 16, c.views = 1;
    c.neighbours = 4;
    return c;
}

void tiny_open(Session *s, const Config *c, const char *manifest) {
    Error err = {0};
    ManifestOptions o = {0};
    cr_assert_eq(session_open(s, c, manifest, &o, NULL, NULL, &err), STATUS_OK, "%s", err.message);
}
