/* Features of another program in place of pictures and texts: reading them, the map to width d, and every verb through the binary. */
#include "data/own_features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash/model.h"
#include "nn/base/alloc.h"
#include "nn/base/npy.h"
#include "nn/base/rng.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/oracle/oracle_model.h"
#include "tests/run_command.h"
#include "tests/tiny_set.h"

/* ---- The map ---- */

enum { B = 3, TOKENS = 2, WIDTH = 7, D = 4, ROWS = B * TOKENS };

/* A model that takes texts as TOKENS x WIDTH numbers. */
static Model own_model(void) {
    Model m;
    ModelConfig c = {.image_size = 16,
                     .width = 4,
                     .blocks = 1,
                     .dim = D,
                     .text_length = 4,
                     .words = 3,
                     .layers = 1,
                     .heads = 1,
                     .bits = 16,
                     .classes = 2,
                     .transformer = 1,
                     .encode_views = 1,
                     .deviation = 1};
    c.own[MODALITY_TEXT] = (OwnInput){.width = WIDTH, .tokens = TOKENS};
    cr_assert_eq(model_create(&m, &c, 3, NULL), STATUS_OK);
    return m;
}

Test(own_features, tokens_are_the_oracles) {
    Model m = own_model();
    float x[ROWS * WIDTH];
    double in[ROWS * WIDTH], mean[WIDTH], w[D * WIDTH], bias[D], z[ROWS * D];
    Rng r = rng_stream(1, RNG_TEST, 9);
    for (int i = 0; i < ROWS * WIDTH; i++) in[i] = x[i] = (float)(10 * rng_uniform(&r));
    for (int i = 0; i < WIDTH; i++) mean[i] = m.own_mean[1]->data[i] = (real)i;
    for (int i = 0; i < D; i++) bias[i] = m.own_bias[1]->data[i] = (real)(0.5 * i);
    for (int i = 0; i < D * WIDTH; i++) w[i] = (double)m.own_weight[1]->data[i];
    m.own_scale[1]->data[0] = (real)0.25;
    oracle_own(ROWS, WIDTH, D, in, mean, 4, w, bias, z);
    Tape t;
    tape_init(&t, NULL);
    Tensor *y = model_own_tokens(&t, &m, MODALITY_TEXT, x, B);
    cr_assert(y->rank == 3 && y->dim[0] == B && y->dim[1] == TOKENS && y->dim[2] == D);
    for (int i = 0; i < ROWS * D; i++) cr_assert_float_eq((double)y->data[i], z[i], 1e-4, "%d", i);
    tape_free(&t);
    model_free(&m);
}

Test(own_features, means_are_the_oracles) {
    Model m = own_model();
    float x[ROWS * WIDTH], g[WIDTH];
    double in[ROWS * WIDTH], mean[WIDTH], want[WIDTH];
    Rng r = rng_stream(1, RNG_TEST, 10);
    for (int i = 0; i < WIDTH; i++) mean[i] = m.own_mean[1]->data[i] = (real)i;
    for (int i = 0; i < ROWS * WIDTH; i++) in[i] = x[i] = (float)(10 * rng_uniform(&r));
    for (int i = 0; i < B; i++) {
        oracle_own_mean(TOKENS, WIDTH, in + i * TOKENS * WIDTH, mean, want);
        model_own_mean(&m, MODALITY_TEXT, x + i * TOKENS * WIDTH, g);
        for (int j = 0; j < WIDTH; j++) cr_assert_float_eq((double)g[j], want[j], 1e-5, "%d %d", i, j);
    }
    for (int i = 0; i < TOKENS * WIDTH; i++) x[i] = (float)(i % WIDTH); /* the mean: no direction */
    model_own_mean(&m, MODALITY_TEXT, x, g);
    for (int j = 0; j < WIDTH; j++) cr_assert(g[j] == 0);
    model_free(&m);
}

/* ---- Reading ---- */

static const char *save(const char *name, int rank, const int64_t *dim, const float *x) {
    const char *path = fixture_path(name);
    cr_assert_eq(npy_write(path, NPY_F32, rank, dim, x, NULL), STATUS_OK);
    return path;
}

Test(own_features, every_shape_is_views_of_tokens_of_numbers) {
    const float x[24] = {1, 2, 3, 4, 5, 6};
    static const struct {
        int rank, views, tokens, width;
        int64_t dim[4];
    } of[] = {{2, 1, 1, 12, {2, 12}}, {3, 1, 3, 4, {2, 3, 4}}, {4, 2, 3, 2, {2, 2, 3, 2}}};
    for (int i = 0; i < 3; i++) {
        OwnFeatures f;
        cr_assert_eq(own_features_read(&f, save("a.npy", of[i].rank, of[i].dim, x), NULL, NULL), STATUS_OK);
        cr_assert(f.n == 2 && f.views == of[i].views && f.tokens == of[i].tokens && f.width == of[i].width);
        cr_assert_eq(memcmp(f.x, x, sizeof x), 0);
        own_features_free(&f);
    }
}

static void refused(const char *path, const char *why) {
    OwnFeatures f;
    Error err = {0};
    cr_assert_eq(own_features_read(&f, path, NULL, &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, why), "%s", err.message);
    own_features_free(&f);
}

Test(own_features, a_value_that_is_no_number_is_named_by_row_and_column) {
    float x[6] = {1, 2, 3, 4, NAN, 6};
    refused(save("a.npy", 2, (int64_t[]){2, 3}, x), "row 2, column 2 is nan");
    x[4] = INFINITY;
    refused(save("a.npy", 2, (int64_t[]){2, 3}, x), "row 2, column 2 is inf");
    refused(save("a.npy", 1, (int64_t[]){6}, x), "(n,width), (n,tokens,width)");
    const double large[2] = {1, 1e200};
    cr_assert_eq(npy_write(fixture_path("a.npy"), NPY_F64, 2, (int64_t[]){1, 2}, large, NULL), STATUS_OK);
    refused(fixture_path("a.npy"), "row 1, column 2 is 1e+200");
}

/* ---- Through the binary ---- */

static const char SETTINGS[] = "image_size=16 width=4 dim=16 heads=2 buckets=64 min_count=1 landmarks=32 "
                               "stage1_epochs=80 stage2_epochs=20 "
                               "stage1_batch=16 stage2_batch=16 views=1 neighbours=4 vocab_groups=1";

/* Mean MAP of both directions, as eval --json prints it. */
static double map_of(const char *arguments) {
    Ran r = run_msach("eval -q --json %s", arguments);
    cr_assert_eq(r.code, 0, "%s", r.err);
    double sum = 0;
    for (const char *at = r.out; (at = strstr(at, "\"expected\":")); at++) sum += strtod(at + 11, NULL) / 2;
    ran_free(&r);
    return sum;
}

/* Paths of a set whose run is trained and whose stage-1 features are dumped. */
typedef struct {
    const char *manifest;
    char run[600], own[600], features[1300], eval[2000];
} Brought;

static Brought train_and_dump(void) {
    Brought s = {.manifest = tiny_set("own", 0)};
    snprintf(s.run, sizeof s.run, "%s/run", fixture_dir());
    snprintf(s.own, sizeof s.own, "%s/own-run", fixture_dir());
    expect_msach(0, NULL, "train -q --data %s --out %s --set %s", s.manifest, s.run, SETTINGS);
    for (int k = 0; k < 2; k++) {
        const char *as = k ? "text" : "image", *dir = fixture_dir();
        expect_msach(0, NULL, "encode -q --model %s --data %s --as %s --out %s/%s.npy --dump %s/u%s", s.run,
                     s.manifest, as, dir, as, dir, as);
    }
    snprintf(s.features, sizeof s.features,
             "--image-features %s/uimage/stage1.npy --text-features %s/utext/stage1.npy", fixture_dir(),
             fixture_dir());
    expect_msach(0, NULL, "train -q --data %s --out %s --set %s %s", s.manifest, s.own, SETTINGS, s.features);
    return s;
}

Test(own_features, stage_1_brought_back_ranks_as_the_built_in_one) {
    Brought s = train_and_dump();
    char eval[2100];
    snprintf(eval, sizeof eval, "--run %s", s.run);
    double built_in = map_of(eval);
    snprintf(eval, sizeof eval, "--run %s %s", s.own, s.features);
    double brought = map_of(eval);
    cr_assert(built_in > 0.7, "the built-in path learned nothing: %g", built_in);
    cr_assert_float_eq(brought, built_in, 0.05, "built in %g, brought back %g", built_in, brought);
    expect_msach(3, "this training has features of another program",
                 "train --data %s --out %s/x --init %s --set %s %s", s.manifest, fixture_dir(), s.run,
                 SETTINGS, s.features);
    expect_msach(3, "that run has features of another program",
                 "train --data %s --out %s/x --init %s --set %s", s.manifest, fixture_dir(), s.own, SETTINGS);
}

Test(own_features, every_verb_takes_them_and_names_what_is_missing) {
    Brought s = train_and_dump();
    const char *dir = fixture_dir();
    char path[600];
    expect_msach(3, "the model takes image features of 1 x 16", "eval --run %s", s.own);
    expect_msach(3, "the model takes pictures, not features", "eval --run %s %s", s.run, s.features);
    expect_msach(0, NULL, "index -q --model %s --data %s --out %s/a.idx %s", s.own, s.manifest, dir,
                 s.features);
    expect_msach(3, "text features of 1 x 16 numbers (tokens x width), not texts",
                 "search --model %s --index %s/a.idx --text cyst", s.own, dir);
    expect_msach(3, "not texts", "encode --model %s --text cyst --out %s/x.npy", s.own, dir);
    expect_msach(3, "not pictures", "encode --model %s --image %s/own/c00.png --out %s/x.npy", s.own, dir,
                 dir);
    expect_msach(0, "row60", "search --model %s --index %s/a.idx --text-features %s/utext/stage1.npy -k 1",
                 s.own, dir, dir);
    expect_msach(0, NULL, "encode -q --model %s --text-features %s/utext/stage1.npy --out %s/x.npy", s.own,
                 dir, dir);
    expect_msach(0, NULL, "encode -q --model %s --data %s --as text %s --out %s/y.npy", s.own, s.manifest,
                 s.features, dir);
    Npy x, y;
    snprintf(path, sizeof path, "%s/x.npy", dir);
    cr_assert_eq(npy_read(&x, path, 1 << 20, NULL), STATUS_OK);
    snprintf(path, sizeof path, "%s/y.npy", dir);
    cr_assert_eq(npy_read(&y, path, 1 << 20, NULL), STATUS_OK);
    cr_assert_eq(memcmp(x.data, y.data, npy_entries(&x)), 0);
    npy_free(&x);
    npy_free(&y);
    float narrow[TINY_CASES * 3] = {0};
    save("narrow.npy", 2, (int64_t[]){TINY_CASES, 3}, narrow);
    expect_msach(3, "text features of 1 x 3 numbers (tokens x width); the model was trained on 1 x 16",
                 "encode --model %s --text-features %s/narrow.npy --out %s/x.npy", s.own, dir, dir);
}

/* View 0 of --views is the clean case; the others differ from it and from each other. */
Test(own_features, a_dump_of_views_begins_with_the_clean_case) {
    Brought s = train_and_dump();
    const char *dir = fixture_dir();
    char path[700];
    Npy clean, views;
    expect_msach(2, "--views goes with --dump", "encode --model %s --text x --out %s/x.npy --views 1", s.run,
                 dir);
    expect_msach(0, NULL, "encode -q --model %s --data %s --as image --out %s/x.npy --dump %s/v --views 2",
                 s.run, s.manifest, dir, dir);
    snprintf(path, sizeof path, "%s/uimage/stage1.npy", dir);
    cr_assert_eq(npy_read(&clean, path, 1 << 20, NULL), STATUS_OK);
    snprintf(path, sizeof path, "%s/v/stage1.npy", dir);
    cr_assert_eq(npy_read(&views, path, 1 << 20, NULL), STATUS_OK);
    cr_assert(views.rank == 4 && views.dim[0] == clean.dim[0] && views.dim[1] == 3 && views.dim[2] == 1 &&
              views.dim[3] == clean.dim[1]);
    size_t d = (size_t)clean.dim[1] * sizeof(float);
    for (size_t i = 0; i < (size_t)clean.dim[0]; i++) {
        const unsigned char *of = (const unsigned char *)views.data + 3 * i * d;
        cr_assert_eq(memcmp(of, (const unsigned char *)clean.data + i * d, d), 0, "case %zu", i);
        cr_assert_neq(memcmp(of, of + d, d), 0);
        cr_assert_neq(memcmp(of + d, of + 2 * d, d), 0);
    }
    npy_free(&clean);
    npy_free(&views);
    snprintf(path, sizeof path, "--image-features %s/v/stage1.npy --text-features %s/utext/stage1.npy", dir,
             dir);
    expect_msach(0, NULL, "train -q --data %s --out %s/views --set %s %s", s.manifest, dir, SETTINGS, path);
}

Test(own_features, features_that_are_all_alike_are_told) {
    const char *manifest = tiny_set("own", 0), *dir = fixture_dir();
    float x[TINY_CASES * 3];
    for (int i = 0; i < TINY_CASES * 3; i++) x[i] = (float)(i % 3);
    save("alike.npy", 2, (int64_t[]){TINY_CASES, 3}, x);
    expect_msach(0, "text features: all ",
                 "train -q --data %s --out %s/alike --set %s --text-features %s/alike.npy", manifest, dir,
                 SETTINGS, dir);
}

/* Nothing is left of a run, a table or a bundle whose input is refused. */
Test(own_features, refused_input_leaves_no_folder) {
    const char *manifest = tiny_set("own", 0), *dir = fixture_dir();
    float x[TINY_CASES * 3] = {0};
    x[4] = NAN;
    save("nan.npy", 2, (int64_t[]){TINY_CASES, 3}, x);
    expect_msach(3, "row 2, column 2 is nan",
                 "train --data %s --out %s/new/run --set %s --text-features %s/nan.npy", manifest, dir,
                 SETTINGS, dir);
    expect_msach(3, "row 2, column 2 is nan",
                 "table --data %s --out %s/new/table --quick --text-features %s/nan.npy", manifest, dir, dir);
    expect_msach(3, "no-such", "train --data %s --out %s/new/run --set %s --stage1 %s/no-such", manifest, dir,
                 SETTINGS, dir);
    expect_msach(0, NULL, "train -q --data %s --out %s/run --set %s", manifest, dir, SETTINGS);
    expect_msach(3, "another split",
                 "train --data %s --out %s/new/run --set %s --split-seed 2 --stage1 %s/run", manifest, dir,
                 SETTINGS, dir);
    expect_msach(3, "no-such", "bundle --run %s/run --out %s/new/bundle --gradients %s/no-such", dir, dir,
                 dir);
    cr_assert(!path_exists(fixture_path("new/run")) && !path_exists(fixture_path("new/table")) &&
              !path_exists(fixture_path("new/bundle")));
}

/* A manifest without pictures and texts, and 512 columns of noise and of the label, projected at random. */
Test(own_features, random_projections_train_without_pictures_and_texts) {
    enum { N = 60, COLUMNS = 512 };
    Buffer b = {0};
    Rng r = rng_stream(2, RNG_TEST, 3);
    float *x = mem_calloc(N, COLUMNS * sizeof *x);
    buffer_printf(&b, "id\tlabels\tgroup\n");
    for (int i = 0; i < N; i++) {
        buffer_printf(&b, "c%d\t%s\tg%d\n", i, i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c", i / 2);
        for (int j = 0; j < COLUMNS; j++)
            x[i * COLUMNS + j] = (float)(100 + rng_normal(&r) + 3 * (j % 3 == i % 3));
    }
    const char *manifest = fixture_file("bare.tsv", b.data, b.size), *dir = fixture_dir();
    save("x.npy", 3, (int64_t[]){N, 1, COLUMNS}, x);
    save("views.npy", 4, (int64_t[]){N, 2, 2, COLUMNS / 4}, x);
    char eval[2000];
    expect_msach(
        0, NULL,
        "train -q --data %s --out %s/bare --set %s --image-features %s/x.npy --text-features %s/views.npy",
        manifest, dir, SETTINGS, dir, dir);
    snprintf(eval, sizeof eval, "--run %s/bare --image-features %s/x.npy --text-features %s/views.npy", dir,
             dir, dir);
    cr_assert(map_of(eval) > 0.5, "%g", map_of(eval));
    expect_msach(3, "has no column text", "train --data %s --out %s/none --set %s", manifest, dir, SETTINGS);
    expect_msach(3, "60 rows for the 1 cases",
                 "train --data %s --out %s/none --set %s --image-features %s/x.npy",
                 fixture_text("one.tsv", "id\ttext\tlabels\nc1\tx\ta|b\n"), dir, SETTINGS, dir);
    fixture_text("x.ids.txt", "c0\nc1\nc0\n");
    expect_msach(3, "x.ids.txt:3: id \"c0\" is that of line 1",
                 "train --data %s --out %s/none --set %s --image-features %s/x.npy", manifest, dir, SETTINGS,
                 dir);
    mem_free(x);
    buffer_free(&b);
}

/* Experts on own features: codes of rows alone are those of the archive, and too wide features leave experts out. */
Test(own_features, experts_learn_from_them_where_asked) {
    Brought s = train_and_dump();
    const char *dir = fixture_dir();
    expect_msach(0, "experts fitted", "train --data %s --out %s/experts --set %s own_experts=1 %s",
                 s.manifest, dir, SETTINGS, s.features);
    char eval[2100], path[700];
    snprintf(eval, sizeof eval, "--run %s/experts %s", dir, s.features);
    cr_assert(map_of(eval) > 0.7, "%g", map_of(eval));
    for (int k = 0; k < 2; k++) {
        const char *as = k ? "text" : "image";
        Npy x, y;
        expect_msach(0, NULL, "encode -q --model %s/experts --%s-features %s/u%s/stage1.npy --out %s/x.npy",
                     dir, as, dir, as, dir);
        expect_msach(0, NULL, "encode -q --model %s/experts --data %s --as %s %s --out %s/y.npy", dir,
                     s.manifest, as, s.features, dir);
        snprintf(path, sizeof path, "%s/x.npy", dir);
        cr_assert_eq(npy_read(&x, path, 1 << 20, NULL), STATUS_OK);
        snprintf(path, sizeof path, "%s/y.npy", dir);
        cr_assert_eq(npy_read(&y, path, 1 << 20, NULL), STATUS_OK);
        cr_assert_eq(memcmp(x.data, y.data, npy_entries(&x)), 0);
        npy_free(&x);
        npy_free(&y);
    }
}
