/* The library as a program uses it: the command's codes, exact answers, errors instead of ends, threads with handles of
 * their own. `make tsan` runs these too. */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/lib/msach.h"
#include "data/picture/image.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

enum { THREADS = 4, ROUNDS = 3 };

typedef struct {
    TinyRun run;
    char index[600], picture[600];
} Archive;

static Archive make_archive(void) {
    Archive a;
    a.run = tiny_run("tiny");
    snprintf(a.index, sizeof a.index, "%s.idx", a.run.manifest);
    snprintf(a.picture, sizeof a.picture, "%s/case0001.png", a.run.images);
    expect_msach(0, "60 cases", "index --model %s --data %s --out %s", a.run.run, a.run.manifest, a.index);
    return a;
}

static msach_model *open_model(const char *path) {
    msach_error err;
    msach_model *m;
    cr_assert_eq(msach_model_open(&m, path, &err), MSACH_OK, "%s", err.message);
    cr_assert_str_eq(err.message, "");
    return m;
}

static msach_index *open_index(const char *path, const msach_model *m) {
    msach_error err;
    msach_index *x;
    cr_assert_eq(msach_index_open(&x, path, m, &err), MSACH_OK, "%s", err.message);
    return x;
}

#define REFUSED(status_, call)                                                                               \
    do {                                                                                                     \
        err = (msach_error){MSACH_OK, ""};                                                                   \
        cr_assert_eq(call, status_);                                                                         \
        cr_assert_eq(err.status, status_);                                                                   \
        cr_assert(strlen(err.message) > 10, "%s", err.message);                                              \
    } while (0)

/* ---- What it gives ---- */

/* The one code that `msach encode` writes for an option and its value. */
static void commands_code(const Archive *a, const char *option, const char *value, uint8_t *code) {
    Npy n;
    const char *out = fixture_path("one.npy");
    expect_msach(0, "one.npy", "encode --model %s %s '%s' --out %s", a->run.run, option, value, out);
    cr_assert_eq(npy_read(&n, out, 1 << 20, NULL), STATUS_OK);
    memcpy(code, n.data, (size_t)n.dim[1]);
    npy_free(&n);
}

Test(library, codes_are_those_of_the_command) {
    Archive a = make_archive();
    msach_model *m = open_model(a.run.run);
    uint8_t ours[MSACH_MAX_CODE_BYTES], theirs[MSACH_MAX_CODE_BYTES];
    size_t bytes = (size_t)msach_model_bits(m) / 8;
    cr_assert_eq(bytes, 8);
    cr_assert_eq(msach_encode_text(m, "anechoic cyst", ours, NULL), MSACH_OK);
    commands_code(&a, "--text", "anechoic cyst", theirs);
    cr_assert_arr_eq(ours, theirs, bytes);
    cr_assert_eq(msach_encode_file(m, a.picture, ours, NULL), MSACH_OK);
    commands_code(&a, "--image", a.picture, theirs);
    cr_assert_arr_eq(ours, theirs, bytes);
    msach_model_close(m);
}

Test(library, pixels_give_the_code_of_the_file_that_holds_them_at_any_stride) {
    Archive a = make_archive();
    msach_model *m = open_model(a.run.run);
    Image im;
    uint8_t ours[MSACH_MAX_CODE_BYTES], theirs[MSACH_MAX_CODE_BYTES], wide[64 * 64];
    cr_assert_eq(image_read(&im, a.picture, NULL), STATUS_OK);
    cr_assert(im.width <= 50 && im.height <= 64);
    memset(wide, 255, sizeof wide);
    for (int y = 0; y < im.height; y++) memcpy(wide + 64 * y, im.pixel + y * im.width, (size_t)im.width);
    cr_assert_eq(msach_encode_pixels(m, wide, im.width, im.height, 64, ours, NULL), MSACH_OK);
    cr_assert_eq(msach_encode_file(m, a.picture, theirs, NULL), MSACH_OK);
    cr_assert_arr_eq(ours, theirs, (size_t)msach_model_bits(m) / 8);
    image_free(&im);
    msach_model_close(m);
}

/* More cases than a tile, from every source: equal to one at a time, and scores whose signs are the bits. */
Test(library, batches_give_the_codes_of_single_calls_from_every_source) {
    enum { N = 300, BYTES = 8, BITS = 64 };
    Archive a = make_archive();
    msach_model *m = open_model(a.run.run);
    msach_model_info about = msach_model_about(m);
    cr_assert(about.bits == BITS && about.features == 16 && about.side == 32 && strlen(about.hash) == 8);
    static const char *text[N], *path[N], *sentence[3] = {"anechoic cyst", "shadowing stone", "no finding"};
    static uint8_t codes[N * BYTES], one[3][BYTES];
    static float scores[N * BITS], features[N * 16];
    msach_bytes file[N];
    msach_picture pixels[N];
    Image im;
    unsigned char *data;
    size_t size;
    for (int i = 0; i < N; i++) text[i] = sentence[i % 3], path[i] = a.picture;
    for (int i = 0; i < 3; i++) cr_assert_eq(msach_encode_text(m, sentence[i], one[i], NULL), MSACH_OK);
    cr_assert_eq(msach_encode(m, &(msach_cases){.n = N, .texts = text},
                              &(msach_encoding){codes, scores, features}, NULL),
                 MSACH_OK);
    for (int i = 0; i < N; i++) {
        cr_assert_arr_eq(codes + i * BYTES, one[i % 3], BYTES);
        for (int j = 0; j < BITS; j++)
            cr_assert_eq(codes[i * BYTES + j / 8] >> j % 8 & 1, scores[i * BITS + j] >= 0);
        cr_assert_arr_eq(features + i * 16, features + i % 3 * 16, 16 * sizeof *features);
    }
    cr_assert_eq(image_read(&im, a.picture, NULL), STATUS_OK);
    cr_assert_eq(file_read(a.picture, 1 << 20, &data, &size, NULL), STATUS_OK);
    for (int i = 0; i < N; i++) {
        file[i] = (msach_bytes){data, size};
        pixels[i] = (msach_picture){im.pixel, im.width, im.height, (size_t)im.width};
    }
    msach_cases source[] = {{.n = N, .paths = path}, {.n = N, .files = file}, {.n = N, .pictures = pixels}};
    cr_assert_eq(msach_encode_file(m, a.picture, one[0], NULL), MSACH_OK);
    for (int k = 0; k < 3; k++) {
        memset(codes, 0, sizeof codes);
        cr_assert_eq(msach_encode(m, &source[k], &(msach_encoding){.codes = codes}, NULL), MSACH_OK);
        for (int i = 0; i < N; i++) cr_assert_arr_eq(codes + i * BYTES, one[0], BYTES);
    }
    image_free(&im);
    free(data);
    msach_model_close(m);
}

/* A model of own features: stage 1 of the archive's model, brought back. */
Test(library, features_give_the_codes_of_the_command) {
    enum { N = 300, ROWS = 60, WIDTH = 16, BYTES = 8 };
    Archive a = make_archive();
    const char *dir = fixture_dir();
    static float x[N * WIDTH];
    static uint8_t codes[N * BYTES];
    char path[700];
    msach_error err;
    expect_msach(0, NULL, "encode -q --model %s --data %s --as text --out %s/x.npy --dump %s/u", a.run.run,
                 a.run.manifest, dir, dir);
    expect_msach(0, NULL, "train -q --data %s --out %s/own --set %s --text-features %s/u/stage1.npy",
                 a.run.manifest, dir, tiny_settings, dir);
    expect_msach(0, NULL, "encode -q --model %s/own --text-features %s/u/stage1.npy --out %s/x.npy", dir, dir,
                 dir);
    Npy features, theirs;
    snprintf(path, sizeof path, "%s/u/stage1.npy", dir);
    cr_assert_eq(npy_read(&features, path, 1 << 20, NULL), STATUS_OK);
    snprintf(path, sizeof path, "%s/x.npy", dir);
    cr_assert_eq(npy_read(&theirs, path, 1 << 20, NULL), STATUS_OK);
    for (size_t i = 0; i < N * WIDTH; i++) x[i] = (float)npy_number(&features, i % (ROWS * WIDTH));
    snprintf(path, sizeof path, "%s/own", dir);
    msach_model *m = open_model(path), *pictures = open_model(a.run.run);
    msach_model_info about = msach_model_about(m);
    cr_assert(about.takes_width[MSACH_TEXT] == WIDTH && about.takes_tokens[MSACH_TEXT] == 1);
    cr_assert(about.takes_width[MSACH_IMAGE] == 0 &&
              msach_model_about(pictures).takes_width[MSACH_TEXT] == 0);
    msach_features f = {MSACH_TEXT, x, 1, WIDTH};
    msach_cases cases = {.n = N, .features = &f};
    msach_encoding out = {.codes = codes};
    cr_assert_eq(msach_encode(m, &cases, &out, NULL), MSACH_OK);
    for (size_t i = 0; i < N; i++)
        cr_assert_arr_eq(codes + i * BYTES, (const uint8_t *)theirs.data + i % ROWS * BYTES, BYTES);
    cr_assert_eq(msach_encode_file(m, a.picture, codes, NULL), MSACH_OK);
    REFUSED(MSACH_INPUT, msach_encode_text(m, "cyst", codes, &err));
    cr_assert_not_null(strstr(err.message, "takes text features of 1 x 16 numbers"));
    REFUSED(MSACH_INPUT, msach_encode(pictures, &cases, &out, &err));
    cr_assert_not_null(strstr(err.message, "takes texts, not features"));
    x[290 * WIDTH + 1] = NAN;
    REFUSED(MSACH_INPUT, msach_encode(m, &cases, &out, &err));
    cr_assert_not_null(strstr(err.message, "row 291, column 2 is nan"));
    f.width = 4, f.tokens = 4;
    REFUSED(MSACH_INPUT, msach_encode(m, &cases, &out, &err));
    cr_assert_not_null(strstr(err.message, "not 4 x 4"));
    f.kind = MSACH_IMAGE;
    REFUSED(MSACH_INPUT, msach_encode(m, &cases, &out, &err));
    f.kind = (msach_kind)2;
    REFUSED(MSACH_USAGE, msach_encode(m, &cases, &out, &err));
    f = (msach_features){MSACH_TEXT, NULL, 1, WIDTH};
    REFUSED(MSACH_USAGE, msach_encode(m, &cases, &out, &err));
    npy_free(&features);
    npy_free(&theirs);
    msach_model_close(pictures);
    msach_model_close(m);
}

Test(library, a_deleted_case_is_not_read) {
    Archive a = make_archive();
    msach_error err;
    msach_case c;
    expect_msach(0, "59 cases", "index --out %s --delete case0002", a.index);
    msach_index *x = open_index(a.index, NULL);
    cr_assert_eq(msach_index_find(x, "case0002"), -1);
    REFUSED(MSACH_USAGE, msach_index_case(x, 1, &c, &err));
    cr_assert_not_null(strstr(err.message, "not deleted"));
    cr_assert_eq(msach_index_case(x, 2, &c, NULL), MSACH_OK);
    cr_assert_str_eq(c.id, "case0003");
    msach_index_close(x);
}

Test(library, index_codes_are_those_of_its_cases) {
    Archive a = make_archive();
    expect_msach(0, "", "index --delete case0003 --out %s", a.index);
    msach_index *x = open_index(a.index, NULL);
    uint8_t present[60];
    msach_case c;
    const uint8_t *codes = msach_index_codes(x, MSACH_TEXT, present);
    for (int row = 0; row < 60; row++) {
        cr_assert_eq(present[row], row != 2);
        if (!present[row]) continue;
        cr_assert_eq(msach_index_case(x, row, &c, NULL), MSACH_OK);
        cr_assert_arr_eq(codes + row * 8, c.code[MSACH_TEXT], 8);
    }
    cr_assert_null(msach_index_codes(x, (msach_kind)2, present));
    cr_assert_null(msach_index_codes(NULL, MSACH_TEXT, NULL));
    msach_index_close(x);
}

static int differing_bits(const uint8_t *a, const uint8_t *b, size_t bytes) {
    int n = 0;
    for (size_t i = 0; i < 8 * bytes; i++) n += (a[i / 8] ^ b[i / 8]) >> (i % 8) & 1;
    return n;
}

/* Against one look at every case. */
Test(library, search_misses_no_neighbour_and_keeps_the_order_of_rows) {
    Archive a = make_archive();
    msach_index *x = open_index(a.index, NULL);
    msach_index_info about = msach_index_about(x);
    cr_assert(about.bits == 64 && about.rows == 60 && about.cases == 60);
    msach_case c;
    uint8_t query[2][8];
    msach_hit hit[2 * 70];
    size_t found[2];
    for (int q = 0; q < 2; q++) {
        cr_assert_eq(msach_index_case(x, q, &c, NULL), MSACH_OK);
        memcpy(query[q], c.code[MSACH_TEXT], 8);
    }
    cr_assert_eq(msach_search(x, MSACH_IMAGE, query[0], 2, 70, -1, hit, found, NULL), MSACH_OK);
    for (int q = 0; q < 2; q++) {
        cr_assert_eq(found[q], 60);
        for (int i = 0; i < 60; i++) {
            msach_hit h = hit[q * 70 + i], before = i ? hit[q * 70 + i - 1] : (msach_hit){-1, -1};
            cr_assert_eq(msach_index_case(x, h.row, &c, NULL), MSACH_OK);
            cr_assert_eq(h.distance, differing_bits(query[q], c.code[MSACH_IMAGE], 8));
            cr_assert(h.distance > before.distance || (h.distance == before.distance && h.row > before.row));
            cr_assert_eq(msach_index_find(x, c.id), h.row);
        }
    }
    int radius = hit[5].distance;
    size_t within = 0;
    for (int i = 0; i < 60; i++) within += hit[i].distance <= radius;
    cr_assert_eq(msach_search(x, MSACH_IMAGE, query[0], 1, 70, radius, hit, found, NULL), MSACH_OK);
    cr_assert_eq(found[0], within);
    cr_assert_eq(msach_index_find(x, "nobody"), -1);
    msach_index_close(x);
}

/* Two queries, four items, one label each: query 0 meets its own first, query 1 ties with all. */
Test(library, evaluation_by_hand) {
    const uint8_t queries[2][2] = {{0, 0}, {255, 0}}, items[4][2] = {{0, 0}, {1, 0}, {255, 255}, {3, 0}};
    const uint8_t own[2][2] = {{1, 0}, {0, 1}}, labels[4][2] = {{1, 0}, {1, 0}, {0, 1}, {0, 1}};
    msach_task t = {.bits = 16,
                    .classes = 2,
                    .queries = 2,
                    .database = 4,
                    .query_codes = queries[0],
                    .database_codes = items[0],
                    .query_labels = own[0],
                    .database_labels = labels[0]};
    msach_quality q;
    cr_assert_eq(msach_evaluate(&t, &q, NULL), MSACH_OK);
    /* Query 0: distances 0 1 16 2, both relevant first: 1. Query 1: 8 7 8 6, relevant at rank 1 and, tied with one
     * other, at 3 or 4: (1 + (2/3 + 2/4) / 2) / 2. */
    cr_assert_float_eq(q.map, (1 + (1 + (2.0 / 3 + 0.5) / 2) / 2) / 2, 1e-12);
    cr_assert_float_eq(q.map_low, (1 + (1 + 0.5) / 2) / 2, 1e-12);
    cr_assert_float_eq(q.map_high, (1 + (1 + 2.0 / 3) / 2) / 2, 1e-12);
    cr_assert(q.interval_low == 0 && q.interval_high == 0, "an interval that was not asked for");
    /* Two queries in two groups: a draw is either of them twice, or both. In one group: always both. */
    double ap[2];
    t.ap = ap;
    t.interval = 1;
    cr_assert_eq(msach_evaluate(&t, &q, NULL), MSACH_OK);
    cr_assert_float_eq((ap[0] + ap[1]) / 2, q.map, 1e-12);
    cr_assert_float_eq(ap[0], 1, 1e-12);
    cr_assert_float_eq(q.interval_low, ap[1], 1e-12);
    cr_assert_float_eq(q.interval_high, ap[0], 1e-12);
    t.groups = (const int[]){7, 7};
    t.ap = NULL;
    cr_assert_eq(msach_evaluate(&t, &q, NULL), MSACH_OK);
    cr_assert_float_eq(q.interval_low, q.map, 1e-12);
    cr_assert_float_eq(q.interval_high, q.map, 1e-12);
}

/* ---- What it refuses ---- */

Test(library, wrong_arguments_are_told_and_end_nothing) {
    Archive a = make_archive();
    msach_error err;
    msach_model *m = open_model(a.run.run), *none;
    msach_index *x = open_index(a.index, m), *nothing;
    uint8_t code[MSACH_MAX_CODE_BYTES] = {0}, pixel[4] = {0};
    msach_hit hit[4];
    size_t found[4];
    msach_case c;
    msach_quality quality;
    msach_task t = {0};
    REFUSED(MSACH_USAGE, msach_model_open(NULL, a.run.run, &err));
    REFUSED(MSACH_USAGE, msach_model_open(&none, NULL, &err));
    REFUSED(MSACH_USAGE, msach_encode_text(NULL, "a", code, &err));
    REFUSED(MSACH_USAGE, msach_encode_text(m, "", code, &err));
    REFUSED(MSACH_USAGE, msach_encode_text(m, "a", NULL, &err));
    REFUSED(MSACH_INPUT, msach_encode_text(m, "\xff\xfe", code, &err));
    REFUSED(MSACH_INPUT, msach_encode_text(m, "zzgrommet qqblorf", code, &err));
    cr_assert_not_null(strstr(err.message, "the model knows no word of"));
    REFUSED(MSACH_USAGE, msach_encode_file(m, NULL, code, &err));
    REFUSED(MSACH_USAGE, msach_encode_pixels(m, NULL, 1, 1, 1, code, &err));
    REFUSED(MSACH_USAGE, msach_encode_pixels(m, pixel, 0, 1, 1, code, &err));
    REFUSED(MSACH_USAGE, msach_encode_pixels(m, pixel, 1, -1, 1, code, &err));
    REFUSED(MSACH_USAGE, msach_encode_pixels(m, pixel, 2, 1, 1, code, &err));
    REFUSED(MSACH_USAGE, msach_encode_pixels(m, pixel, INT32_MAX, INT32_MAX, SIZE_MAX, code, &err));
    msach_encoding out = {.codes = code};
    const char *texts[2] = {"a", ""}, *paths[2] = {a.picture, "no-such.png"};
    msach_bytes bytes = {pixel, 0};
    const char *strange[2] = {"cyst", "qqblorf"};
    REFUSED(MSACH_INPUT, msach_encode(m, &(msach_cases){.n = 2, .texts = strange}, &out, &err));
    cr_assert_not_null(strstr(err.message, "text 2"));
    REFUSED(MSACH_USAGE, msach_encode(m, &(msach_cases){.n = 1}, &out, &err));
    REFUSED(MSACH_USAGE, msach_encode(m, &(msach_cases){.n = 1, .texts = texts, .paths = paths}, &out, &err));
    REFUSED(MSACH_USAGE, msach_encode(m, &(msach_cases){.n = 1, .texts = texts}, NULL, &err));
    REFUSED(MSACH_USAGE, msach_encode(m, &(msach_cases){.n = SIZE_MAX, .texts = texts}, &out, &err));
    REFUSED(MSACH_USAGE, msach_encode(m, &(msach_cases){.n = 2, .texts = texts}, &out, &err));
    cr_assert_not_null(strstr(err.message, "text 2"));
    REFUSED(MSACH_USAGE, msach_encode(m, &(msach_cases){.n = 1, .files = &bytes}, &out, &err));
    bytes.size = sizeof pixel;
    REFUSED(MSACH_INPUT, msach_encode(m, &(msach_cases){.n = 1, .files = &bytes}, &out, &err));
    REFUSED(MSACH_INPUT, msach_encode(m, &(msach_cases){.n = 2, .paths = paths}, &out, &err));
    cr_assert_not_null(strstr(err.message, "pictures:2: no-such.png"));
    cr_assert_eq(msach_encode(m, &(msach_cases){.n = 0, .texts = texts}, &out, NULL), MSACH_OK);
    cr_assert_eq(msach_model_about(NULL).bits, 0);
    REFUSED(MSACH_USAGE, msach_index_open(&nothing, "", m, &err));
    REFUSED(MSACH_USAGE, msach_index_case(x, -1, &c, &err));
    REFUSED(MSACH_USAGE, msach_index_case(x, 60, &c, &err));
    REFUSED(MSACH_USAGE, msach_index_case(NULL, 0, &c, &err));
    REFUSED(MSACH_USAGE, msach_search(x, (msach_kind)2, code, 1, 4, -1, hit, found, &err));
    REFUSED(MSACH_USAGE, msach_search(x, MSACH_TEXT, code, 1, 0, -1, hit, found, &err));
    REFUSED(MSACH_USAGE, msach_search(x, MSACH_TEXT, code, 1, 4, -2, hit, found, &err));
    REFUSED(MSACH_USAGE, msach_search(x, MSACH_TEXT, code, SIZE_MAX, 4, -1, hit, found, &err));
    REFUSED(MSACH_USAGE, msach_search(x, MSACH_TEXT, NULL, 1, 4, -1, hit, found, &err));
    REFUSED(MSACH_USAGE, msach_evaluate(&t, &quality, &err));
    REFUSED(MSACH_USAGE, msach_evaluate(NULL, &quality, &err));
    cr_assert_eq(msach_model_bits(NULL), 0);
    cr_assert_eq(msach_index_about(NULL).rows, 0);
    cr_assert_eq(msach_index_find(NULL, "a"), -1);
    cr_assert_eq(msach_search(x, MSACH_TEXT, code, 0, 4, -1, hit, found, NULL), MSACH_OK);
    cr_assert_eq(msach_search(x, MSACH_TEXT, code, 1, 4, INT32_MAX, hit, found, NULL), MSACH_OK);
    cr_assert_eq(found[0], 4);
    msach_model_close(NULL);
    msach_index_close(NULL);
    msach_index_close(x);
    msach_model_close(m);
    cr_assert_str_neq(msach_status_text(MSACH_IO), msach_status_text(MSACH_INPUT));
    cr_assert_not_null(msach_status_text((msach_status)77));
}

Test(library, a_call_takes_a_million_queries_and_not_one_more) {
    enum { MOST = 1 << 20 };
    Archive a = make_archive();
    msach_error err;
    msach_model *m = open_model(a.run.run);
    msach_index *x = open_index(a.index, m);
    uint8_t *codes = calloc(MOST + 1, (size_t)msach_model_bits(m) / 8);
    msach_hit *hits = calloc(MOST + 1, sizeof *hits);
    size_t *found = calloc(MOST + 1, sizeof *found);
    cr_assert(codes && hits && found);
    cr_assert_eq(msach_search(x, MSACH_TEXT, codes, MOST, 1, -1, hits, found, &err), MSACH_OK);
    cr_assert(found[0] == 1 && found[MOST - 1] == 1 && hits[MOST - 1].row == hits[0].row);
    REFUSED(MSACH_USAGE, msach_search(x, MSACH_TEXT, codes, MOST + 1, 1, -1, hits, found, &err));
    free(codes);
    free(hits);
    free(found);
    msach_index_close(x);
    msach_model_close(m);
}

Test(library, missing_damaged_and_foreign_files_are_input_errors_and_leave_no_handle) {
    Archive a = make_archive();
    msach_error err;
    msach_model *m = open_model(a.run.run), *none = m;
    msach_index *nothing;
    uint8_t code[MSACH_MAX_CODE_BYTES];
    REFUSED(MSACH_INPUT, msach_model_open(&none, "no-such.safetensors", &err));
    cr_assert_null(none);
    REFUSED(MSACH_INPUT, msach_model_open(&none, a.index, &err));
    REFUSED(MSACH_INPUT, msach_encode_file(m, "no-such.png", code, &err));
    REFUSED(MSACH_INPUT, msach_encode_file(m, a.run.manifest, code, &err));
    REFUSED(MSACH_INPUT, msach_encode_file(m, a.run.images, code, &err));
    REFUSED(MSACH_INPUT, msach_index_open(&nothing, a.run.manifest, NULL, &err));
    cr_assert_null(nothing);
    unsigned char *data;
    size_t size;
    char path[600];
    snprintf(path, sizeof path, "%s/model.safetensors", a.run.run);
    cr_assert_eq(file_read(path, 1 << 28, &data, &size, NULL), STATUS_OK);
    for (size_t cut = 0; cut < size; cut += 1 + size / 16)
        REFUSED(MSACH_INPUT, msach_model_open(&none, fixture_file("cut.safetensors", data, cut), &err));
    free(data);
    expect_msach(0, "run2", "train -q --data %s --out %s/../run2 --split-seed 2 --set %s", a.run.manifest,
                 a.run.run, tiny_settings);
    snprintf(path, sizeof path, "%s/../run2", a.run.run);
    msach_model *other = open_model(path);
    REFUSED(MSACH_INPUT, msach_index_open(&nothing, a.index, other, &err));
    cr_assert_not_null(strstr(err.message, "the index holds codes of model"));
    msach_model_close(other);
    msach_model_close(m);
}

/* ---- What it leaves alone ---- */

Test(library, encoding_leaves_the_callers_arithmetic_as_it_was) {
    Archive a = make_archive();
    msach_model *m = open_model(a.run.run);
    uint8_t code[MSACH_MAX_CODE_BYTES];
    volatile double smallest = DBL_MIN;
    cr_assert_gt(smallest / 2, 0.0);
    cr_assert_eq(msach_encode_text(m, "anechoic cyst", code, NULL), MSACH_OK);
    cr_assert_gt(smallest / 2, 0.0, "denormals are flushed to zero after a call of the library");
    msach_model_close(m);
}

typedef struct {
    const Archive *archive;
    uint8_t code[2][8];
    msach_hit hit[10];
    int failures;
} Worker;

/* Opens its own handles, asks with a text and a picture, over and over. */
static void *work(void *ctx) {
    Worker *w = ctx;
    for (int round = 0; round < ROUNDS; round++) {
        msach_model *m = NULL;
        msach_index *x = NULL;
        size_t found = 0;
        msach_case c;
        w->failures += msach_model_open(&m, w->archive->run.run, NULL) != MSACH_OK;
        w->failures += msach_index_open(&x, w->archive->index, m, NULL) != MSACH_OK;
        w->failures += msach_encode_text(m, "shadowing stone", w->code[0], NULL) != MSACH_OK;
        w->failures += msach_encode_file(m, w->archive->picture, w->code[1], NULL) != MSACH_OK;
        w->failures += msach_encode_file(m, w->archive->index, w->code[1], NULL) != MSACH_INPUT;
        w->failures += msach_search(x, MSACH_IMAGE, w->code[0], 1, 10, -1, w->hit, &found, NULL) != MSACH_OK;
        w->failures += found != 10 || msach_index_case(x, w->hit[0].row, &c, NULL) != MSACH_OK;
        msach_index_close(x);
        msach_model_close(m);
    }
    return NULL;
}

Test(library, threads_with_handles_of_their_own_get_the_same_answers) {
    Archive a = make_archive();
    static Worker worker[THREADS];
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
        worker[i].archive = &a;
        cr_assert_eq(pthread_create(&thread[i], NULL, work, &worker[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        cr_assert_eq(worker[i].failures, 0);
        cr_assert_arr_eq(worker[i].code, worker[0].code, sizeof worker[0].code);
        for (int k = 0; k < 10; k++) cr_assert_eq(worker[i].hit[k].row, worker[0].hit[k].row);
    }
}
