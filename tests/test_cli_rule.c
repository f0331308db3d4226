/* Through the real binary: a case's code does not depend on other cases, and equal seeds give equal bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nn/base/npy.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

enum { BYTES = 8, IMAGES = 7, TEXTS = 5 };

static const char *const TEXT[TEXTS] = {"simple cyst of the liver", "no abnormality", "单纯囊肿",
                                        "B-lines at both bases, 12 mm", "shadow behind a stone"};

/* codes (rows, BYTES) of an encode run. */
static void read_codes(const char *path, int rows, uint8_t *codes) {
    Npy n;
    Error err = {0};
    cr_assert_eq(npy_read(&n, path, 1 << 20, &err), STATUS_OK, "%s", err.message);
    cr_assert(n.type == NPY_U8 && n.rank == 2 && n.dim[0] == rows && n.dim[1] == BYTES);
    memcpy(codes, n.data, (size_t)rows * BYTES);
    npy_free(&n);
}

static void encode(const TinyRun *t, const char *words, int rows, uint8_t *codes) {
    const char *out = fixture_path("codes.npy");
    expect_msach(0, NULL, "encode -q --model %s --out %s %s", t->run, out, words);
    read_codes(out, rows, codes);
}

static char *image_words(const TinyRun *t, const int *which, int n) {
    static char line[8192];
    size_t used = (size_t)snprintf(line, sizeof line, "--image");
    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, " %s/case%04d.png", t->images, which[i]);
    return line;
}

static void add_texts(char *line, size_t room, const int *which, int n) {
    size_t used = strlen(line);
    used += (size_t)snprintf(line + used, room - used, " --text");
    for (int i = 0; i < n; i++) used += (size_t)snprintf(line + used, room - used, " '%s'", TEXT[which[i]]);
}

Test(cli_rule, seven_images_and_five_texts_encode_in_one_run_as_each_does_alone) {
    static const int image[IMAGES] = {1, 2, 3, 4, 5, 6, 7}, text[TEXTS] = {0, 1, 2, 3, 4};
    uint8_t all[IMAGES + TEXTS][BYTES], one[1][BYTES];
    TinyRun t = tiny_run("tiny");
    char line[8192];
    snprintf(line, sizeof line, "%s", image_words(&t, image, IMAGES));
    add_texts(line, sizeof line, text, TEXTS);
    encode(&t, line, IMAGES + TEXTS, all[0]);
    for (int i = 0; i < IMAGES; i++) {
        encode(&t, image_words(&t, &image[i], 1), 1, one[0]);
        cr_assert_eq(memcmp(one, all[i], BYTES), 0, "image %d", i);
    }
    for (int i = 0; i < TEXTS; i++) {
        line[0] = 0;
        add_texts(line, sizeof line, &text[i], 1);
        encode(&t, line, 1, one[0]);
        cr_assert_eq(memcmp(one, all[IMAGES + i], BYTES), 0, "text %d", i);
    }
}

Test(cli_rule, order_and_batch_change_no_code) {
    int forth[40], back[40];
    uint8_t a[40][BYTES], b[40][BYTES];
    for (int i = 0; i < 40; i++) forth[i] = i + 1, back[39 - i] = i + 1;
    TinyRun t = tiny_run("tiny");
    encode(&t, image_words(&t, forth, 40), 40, a[0]);
    encode(&t, image_words(&t, back, 40), 40, b[0]);
    for (int i = 0; i < 40; i++) cr_assert_eq(memcmp(a[i], b[39 - i], BYTES), 0, "image %d", i);
}

Test(cli_rule, a_partner_changes_no_code) {
    uint8_t with[3][BYTES], without[3][BYTES];
    TinyRun t = tiny_run("tiny");
    char alone[256], paired[512], line[1200];
    snprintf(paired, sizeof paired,
             "id\timage\ttext\na\timages/case0001.png\tcyst\nb\timages/case0002.png\tstone cyst\n"
             "c\timages/case0003.png\tcyst cyst\n");
    snprintf(alone, sizeof alone,
             "id\timage\na\timages/case0001.png\nb\timages/case0002.png\nc\timages/case0003.png\n");
    snprintf(line, sizeof line, "--as image --data %s", fixture_text("tiny/paired.tsv", paired));
    encode(&t, line, 3, with[0]);
    snprintf(line, sizeof line, "--as image --data %s", fixture_text("tiny/alone.tsv", alone));
    encode(&t, line, 3, without[0]);
    cr_assert_eq(memcmp(with, without, sizeof with), 0);
    snprintf(line, sizeof line, "--as text --data %s", fixture_path("tiny/paired.tsv"));
    encode(&t, line, 3, with[0]);
    encode(&t, "--text cyst 'stone cyst' 'cyst cyst'", 3, without[0]);
    cr_assert_eq(memcmp(with, without, sizeof with), 0);
}

Test(cli_rule, dumped_scores_are_the_codes_before_the_sign) {
    TinyRun t = tiny_run("tiny");
    const char *out = fixture_path("codes.npy"), *dump = fixture_path("dump");
    expect_msach(0, NULL, "encode --model %s --data %s --as text --out %s --dump %s", t.run, t.manifest, out,
                 dump);
    uint8_t codes[60][BYTES];
    char path[600];
    Npy n;
    read_codes(out, 60, codes[0]);
    snprintf(path, sizeof path, "%s/scores.npy", dump);
    cr_assert_eq(npy_read(&n, path, 1 << 24, NULL), STATUS_OK);
    cr_assert(n.type == NPY_F32 && n.rank == 2 && n.dim[0] == 60 && n.dim[1] == 8 * BYTES);
    const float *score = n.data;
    for (int i = 0; i < 60; i++)
        for (int j = 0; j < 8 * BYTES; j++)
            cr_assert_eq(codes[i][j / 8] >> j % 8 & 1, score[i * 8 * BYTES + j] >= 0);
    npy_free(&n);
    snprintf(path, sizeof path, "%s/tokens.npy", dump);
    cr_assert_eq(npy_read(&n, path, 1 << 24, NULL), STATUS_OK);
    cr_assert(n.type == NPY_I32 && n.rank == 2 && n.dim[0] == 60);
    npy_free(&n);
}

/* ---- The same bytes ---- */

static void expect_same_model(const char *a, const char *b) {
    char path[2][700];
    unsigned char *data[2];
    size_t size[2];
    const char *const run[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/model.safetensors", run[i]);
        cr_assert_eq(file_read(path[i], 1 << 28, &data[i], &size[i], NULL), STATUS_OK);
    }
    cr_assert_eq(size[0], size[1]);
    cr_assert_eq(memcmp(data[0], data[1], size[0]), 0, "%s and %s differ", path[0], path[1]);
    free(data[0]);
    free(data[1]);
}

Test(cli_rule, any_number_of_threads_gives_the_same_bytes) {
    TinyRun t = tiny_run("tiny");
    char run[3][600];
    for (int n = 1; n <= 3; n++) {
        snprintf(run[n - 1], sizeof run[0], "%s%d", t.run, n);
        expect_msach(0, NULL, "train -q --data %s --out %s --threads %d --set %s", t.manifest, run[n - 1], n,
                     tiny_settings);
    }
    expect_same_model(run[0], run[1]);
    expect_same_model(run[0], run[2]);
    expect_same_model(run[0], t.run);
}

static const char LONGER[] =
    "image_size=32 width=4 dim=16 heads=2 buckets=256 landmarks=32 stage1_epochs=40 stage2_epochs=40 views=2";

/* Interrupts a run soon after its first checkpoint; true where the signal came before the end. */
static int interrupt(const TinyRun *t, const char *run) {
    char checkpoint[700], model[700];
    struct timespec moment = {0, 20000000};
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint.safetensors", run);
    snprintf(model, sizeof model, "%s/model.safetensors", run);
    pid_t pid = start_msach("train -q --data %s --out %s --set %s", t->manifest, run, LONGER);
    for (int i = 0; i < 3000 && !path_exists(checkpoint); i++) nanosleep(&moment, NULL);
    nanosleep(&moment, NULL);
    kill(pid, SIGINT);
    cr_assert_eq(finish_msach(pid), 130);
    return !path_exists(model);
}

Test(cli_rule, an_interrupted_run_goes_on_to_the_same_bytes) {
    TinyRun t = tiny_run("tiny");
    char whole[600], parted[600];
    snprintf(whole, sizeof whole, "%s-whole", t.run);
    snprintf(parted, sizeof parted, "%s-parted", t.run);
    expect_msach(0, NULL, "train -q --data %s --out %s --set %s", t.manifest, whole, LONGER);
    cr_assert(interrupt(&t, parted), "the run ended before the signal came");
    expect_msach(0, "goes on with its own settings", "train -q --data %s --out %s --set bits=32 --resume",
                 t.manifest, parted);
    expect_same_model(whole, parted);
}
