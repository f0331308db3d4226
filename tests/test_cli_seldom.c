/* Rarely used functions of the command: the demo, stage 1 from another run, `bench index`, and messages of encode and verify for
 * words and files that do not fit. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/npy.h"
#include "nn/safetensors.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

Test(cli_seldom, demo_goes_from_phantoms_to_pages_and_overwrites_nothing) {
    const char *out = fixture_path("demo");
    static const char *const pages[] = {"run/report.html", "cyst.html", "picture.html", "phantom.idx"};
    Ran r = run_msach("demo --out %s --cases 60 --threads 1 --set %s stage1_batch=8 stage2_batch=8", out,
                      tiny_settings);
    cr_assert_eq(r.code, 0, "%s", r.err);
    static const char *const steps[] = {"$ msach phantom", "$ msach train",  "$ msach eval",
                                        "$ msach index",   "$ msach search", "Pages to open in a browser"};
    const char *at = r.out;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        at = strstr(at, steps[i]);
        cr_assert_not_null(at, "%s is not there, or not in its place", steps[i]);
    }
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        char path[700];
        snprintf(path, sizeof path, "%s/%s", out, pages[i]);
        cr_assert_eq(access(path, R_OK), 0, "%s", path);
    }
    ran_free(&r);
    expect_msach(2, "is there already", "demo --out %s", out);
}

/* ---- Stage 1 from another run ---- */

static bool near(const StTensor *x, const StTensor *y, float within) {
    const float *a = (const void *)x->data, *b = (const void *)y->data;
    for (size_t i = 0; i < x->bytes / sizeof *a; i++)
        if (!(fabsf(a[i] - b[i]) <= within)) return false;
    return true;
}

/* Asserts that the tensors with this prefix are the same in both models; returns their number. */
static int same_tensors(const char *run, const char *other, const char *begins, float within) {
    StFile a, b;
    char path[700];
    int n = 0;
    snprintf(path, sizeof path, "%s/model.safetensors", run);
    cr_assert_eq(st_read(&a, path, true, NULL), STATUS_OK);
    snprintf(path, sizeof path, "%s/model.safetensors", other);
    cr_assert_eq(st_read(&b, path, true, NULL), STATUS_OK);
    for (size_t i = 0; i < a.n_tensors; i++) {
        const StTensor *x = &a.tensors[i], *y = st_find(&b, x->name);
        if (strncmp(x->name, begins, strlen(begins)) != 0) continue;
        cr_assert(y && x->bytes == y->bytes && near(x, y, within), "%s", x->name);
        n++;
    }
    st_free(&a);
    st_free(&b);
    return n;
}

Test(cli_seldom, stage_1_of_another_run_is_taken_over_where_split_and_sizes_agree) {
    TinyRun t = tiny_run("first");
    const char *second = fixture_path("second");
    char metrics[700];
    unsigned char *text;
    size_t size;
    expect_msach(0, NULL, "train -q --data %s --out %s --stage1 %s --set %s", t.manifest, second, t.run,
                 tiny_settings);
    cr_assert_gt(same_tensors(t.run, second, "image.", 0), 5);
    cr_assert_gt(same_tensors(t.run, second, "text.", 0), 0);
    snprintf(metrics, sizeof metrics, "%s/metrics.tsv", second);
    cr_assert_eq(file_read(metrics, 1 << 20, &text, &size, NULL), STATUS_OK);
    cr_assert_null(strstr((const char *)text, "\n1\t"), "stage 1 was trained: %s", (const char *)text);
    cr_assert_not_null(strstr((const char *)text, "\n2\t"));
    mem_free(text);
    expect_msach(0, "ok ", "verify %s", second);
    expect_msach(3, "another split", "train -q --data %s --out %s --split-seed 2 --stage1 %s --set %s",
                 t.manifest, fixture_path("third"), t.run, tiny_settings);
    expect_msach(3, "other sizes", "train -q --data %s --out %s --stage1 %s --set %s dim=24", t.manifest,
                 fixture_path("fourth"), t.run, tiny_settings);
    expect_msach(3, "nowhere", "train -q --data %s --out %s --stage1 %s/nowhere --set %s", t.manifest,
                 fixture_path("fifth"), t.run, tiny_settings);
}

Test(cli_seldom, a_run_end_to_end_is_no_stage_1_for_a_target_that_asks_its_classifier) {
    TinyRun t = tiny_run("plain");
    const char *whole = fixture_path("whole"), *out = fixture_path("next");
    expect_msach(0, NULL, "train -q --data %s --out %s --set %s end_to_end=1", t.manifest, whole,
                 tiny_settings);
    expect_msach(3, "use --set posterior=0", "train -q --data %s --out %s --stage1 %s --set %s", t.manifest,
                 out, whole, tiny_settings);
    expect_msach(0, NULL, "train -q --data %s --out %s-0 --stage1 %s --set %s posterior=0", t.manifest, out,
                 whole, tiny_settings);
}

/* At the lowest learning rate, an epoch of stage 1 does not change the weights. */
#define STILL "stage1_epochs=1 stage1_lr=1e-8 stage1_decay=0 "

Test(cli_seldom, stage_1_starts_from_the_convolutions_of_another_archive) {
    TinyRun t = tiny_run("first");
    const char *other = fixture_path("other"), *run = fixture_path("started");
    expect_msach(0, NULL, "phantom --out %s --cases 40 --size 32 --seed 9", other);
    Ran r = run_msach("train -q --data %s/manifest.tsv --out %s --init %s --set %s " STILL, other, run, t.run,
                      tiny_settings);
    cr_assert_eq(r.code, 0, "%s", r.err);
    cr_assert_null(strstr(r.err, "the model was trained on"), "%s", r.err); /* the same ids, other reports */
    ran_free(&r);
    cr_assert_geq(same_tensors(t.run, run, "image.stem.conv", 1e-5f), 1);
    cr_assert_geq(same_tensors(t.run, run, "image.stage4.block1.conv", 1e-5f), 2);
}

Test(cli_seldom, another_split_of_the_archive_or_another_width_is_no_start) {
    TinyRun t = tiny_run("first");
    const char *run = fixture_path("refused");
    expect_msach(3, "was trained on another split of this archive",
                 "train -q --data %s --out %s --split-seed 2 --init %s --set %s", t.manifest, run, t.run,
                 tiny_settings);
    expect_msach(3, "--set width=4", "train -q --data %s --out %s --init %s --set %s width=8", t.manifest,
                 run, t.run, tiny_settings);
    expect_msach(3, "no-such-run", "train -q --data %s --out %s --init no-such-run --set %s", t.manifest, run,
                 tiny_settings);
    cr_assert_neq(access(run, F_OK), 0);
}

/* ---- The rest ---- */

Test(cli_seldom, bench_index_measures_an_index_and_removes_it) {
    const char *folder = fixture_path("empty");
    cr_assert_eq(dir_make(folder, NULL), STATUS_OK);
    setenv("TMPDIR", folder, 1);
    expect_msach(0, "\"open_after_deletion_ms\":", "bench index --n 500 --bits 32 --json");
    expect_msach(0, "500 cases, 32 bits", "bench index --n 500 --bits 32");
    cr_assert_eq(rmdir(folder), 0, "something was left in it");
    expect_msach(2, "a multiple of 8 was expected", "bench index --n 500 --bits 20");
    expect_msach(3, "cannot write", "bench index --n 500 --bits 32");
}

Test(cli_seldom, encode_names_words_that_do_not_go_together) {
    TinyRun t = tiny_run("words");
    const char *out = fixture_path("codes.npy");
    const char *texts = fixture_text("texts.tsv", "id\ttext\na\tcyst\n");
    expect_msach(2, "--data excludes --image and --text", "encode --model %s --out %s --data %s --text cyst",
                 t.run, out, t.manifest);
    expect_msach(2, "needs --as image or --as text", "encode --model %s --out %s --data %s", t.run, out,
                 t.manifest);
    expect_msach(2, "--text contradicts --as image", "encode --model %s --out %s --text cyst --as image",
                 t.run, out);
    expect_msach(2, "--data, --image, --text or --image-features is needed", "encode --model %s --out %s",
                 t.run, out);
    expect_msach(2, "text 2 of --text is empty", "encode --model %s --out %s --as text --text cyst ''", t.run,
                 out);
    expect_msach(3, "no case has an image", "encode --model %s --out %s --as image --data %s", t.run, out,
                 texts);
    cr_assert_neq(access(out, F_OK), 0);
}

/* A safetensors file with this header and `zeros` zeros behind it. */
static const char *weights(const char *name, const char *header, size_t zeros) {
    unsigned char file[512] = {0};
    put_u64(file, strlen(header));
    memcpy(file + 8, header, strlen(header));
    return fixture_file(name, file, 8 + strlen(header) + zeros);
}

Test(cli_seldom, files_of_other_programs_are_named_and_not_called_damaged) {
    static const struct {
        const char *name, *bytes, *said;
    } other[] = {{"model.pt", "PK\3\4 and more", "a ZIP archive"},
                 {"model.h5", "\x89HDF\r\n\x1a\n", "an HDF5 file"},
                 {"model.bin", "\x80\2c", "a Python pickle"},
                 {"model.gguf", "GGUF\3", "a GGUF model"},
                 {"faiss.index", "IxF2", "a Faiss index"},
                 {"manifest.tsv", "id\timage\n", "text"},
                 {"model.safetensors.index.json", "{\"weight_map\": {}}", "text"},
                 {"case.png", "\x89PNG\r\n", "a PNG picture"}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        const char *path = fixture_text(other[i].name, other[i].bytes);
        expect_msach(3, "foreign  ", "verify %s", path);
        expect_msach(3, other[i].said, "verify %s", path);
        expect_msach(3, other[i].said, "inspect %s", path);
    }
    const char *half = weights(
        "half.safetensors", "{\"w\":{\"dtype\":\"BF16\",\"shape\":[1,1,2,1,3],\"data_offsets\":[0,12]}}", 12);
    expect_msach(0, "not written by msach", "verify %s", half);
    expect_msach(0, "BF16 (1, 1, 2, 1, 3)", "inspect %s", half);
    const char *cut =
        weights("cut.safetensors", "{\"w\":{\"dtype\":\"F16\",\"shape\":[6],\"data_offsets\":[0,12]}}", 11);
    expect_msach(1, "its data lies outside of the file", "verify %s", cut);
    /* A file of msach whose checksum one flipped bit hides */
    const char *hidden =
        weights("hidden.safetensors",
                "{\"__metadata__\":{\"crc33\":\"00000000\",\"format\":\"msach checkpoint 1\"}}", 0);
    expect_msach(1, "holds no checksum", "verify %s", hidden);
}

Test(cli_seldom, verify_looks_at_arrays_and_names_folders_without_a_run) {
    const char *path = fixture_path("a.npy"), *folder = fixture_path("folder");
    cr_assert_eq(npy_write(path, NPY_U8, 1, (const int64_t[]){3}, "abc", NULL), STATUS_OK);
    cr_assert_eq(dir_make(folder, NULL), STATUS_OK);
    expect_msach(0, ".npy has no checksum", "verify %s", path);
    cr_assert_eq(truncate(path, 130), 0);
    expect_msach(1, "damaged", "verify %s", path);
    expect_msach(3, "the directory holds no run", "verify %s", folder);
    expect_msach(1, "holds no run", "verify %s %s", path, folder);
}
