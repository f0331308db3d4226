/* NaN, denormal numbers, and sizes at the limits of file formats. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "data/picture/image.h"
#include "hash/search/index_format.h"
#include "nn/base/alloc.h"
#include "nn/base/npy.h"
#include "nn/ops.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/tiny_set.h"
#include "train/loop.h"
#include "train/stage1.h"

/* ---- NaN and infinity while training ---- */

typedef enum { IN_IMAGES, IN_A_WEIGHT, IN_THE_LOSS } Where;

static void plant(Session *s, Model *m, Where where, double bad) {
    if (where == IN_IMAGES) s->mean = bad;
    if (where == IN_A_WEIGHT) params_find(&m->params, "image.stem.conv.weight")->tensor->data[3] = (real)bad;
    if (where == IN_THE_LOSS) s->config.smoothing = INFINITY;
}

/* One good epoch with its checkpoint, then one with a number that is not finite. */
static void stops_and_names(Where where, double bad, const char *op) {
    Config c = tiny_config();
    Error err = {0};
    ManifestOptions o = {0};
    Session s;
    Model m;
    Progress p;
    unsigned char *before, *after;
    size_t n_before, n_after;
    const char *path = fixture_path("good.safetensors");
    c.stage1_epochs = 1;
    cr_assert_eq(session_open(&s, &c, tiny_set("numbers", 0), &o, NULL, NULL, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(terms_model(&s, &m, &err), STATUS_OK);
    progress_begin(&p);
    cr_assert_eq(train_stage(&s, &m, &p, path, fixture_dir(), &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(file_read(path, 1 << 28, &before, &n_before, NULL), STATUS_OK);

    p.stage = 1, p.epoch = 1, p.step = 0;
    s.config.stage1_epochs = 2;
    plant(&s, &m, where, bad);
    cr_assert_eq(train_stage(&s, &m, &p, path, fixture_dir(), &err), STATUS_CHECK);
    cr_assert_not_null(strstr(err.message, op), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "epoch 2, step 1"), "%s", err.message);
    cr_assert_eq(file_read(path, 1 << 28, &after, &n_after, NULL), STATUS_OK);
    cr_assert(n_before == n_after && memcmp(before, after, n_before) == 0);
    mem_free(before);
    mem_free(after);
    progress_free(&p);
    model_free(&m);
    session_close(&s);
}

Test(numbers, nan_and_infinity_in_an_image_a_weight_or_the_loss_stop_training_and_the_checkpoint_stays) {
    stops_and_names(IN_IMAGES, NAN, "'conv2d'");
    stops_and_names(IN_IMAGES, INFINITY, "'conv2d'");
    stops_and_names(IN_A_WEIGHT, NAN, "'conv2d'");
    stops_and_names(IN_A_WEIGHT, -INFINITY, "'conv2d'");
    stops_and_names(IN_THE_LOSS, INFINITY, "'cross_entropy_soft'");
}

/* ---- Denormals ---- */

enum { ROWS = 64, WIDTH = 256 };

/* Seconds of the fastest of seven forward and backward passes of a linear layer whose inputs and weights have this size. */
static double step_seconds(Pool *pool, real size) {
    static real x[ROWS * WIDTH], w[WIDTH * WIDTH], b[WIDTH], gx[ROWS * WIDTH], gw[WIDTH * WIDTH], gb[WIDTH];
    double best = 1e9;
    for (int i = 0; i < ROWS * WIDTH; i++) x[i] = size * (real)(1 + i % 7);
    for (int i = 0; i < WIDTH * WIDTH; i++) w[i] = size * (real)(1 + i % 5);
    for (int k = 0; k < 7; k++) {
        Tape t;
        struct timespec from, to;
        tape_init(&t, pool);
        Tensor in = {.rank = 2, .dim = {ROWS, WIDTH}, .data = x, .grad = gx, .needs_grad = true};
        Tensor weight = {.rank = 2, .dim = {WIDTH, WIDTH}, .data = w, .grad = gw, .needs_grad = true};
        Tensor bias = {.rank = 1, .dim = {WIDTH}, .data = b, .grad = gb, .needs_grad = true};
        clock_gettime(CLOCK_MONOTONIC, &from);
        tape_backward(&t, op_mean(&t, op_mul(&t, op_linear(&t, &in, &weight, &bias),
                                             op_linear(&t, &in, &weight, &bias))));
        clock_gettime(CLOCK_MONOTONIC, &to);
        double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
        if (seconds < best) best = seconds;
        tape_free(&t);
    }
    return best;
}

Test(numbers, denormals_do_not_slow_a_step) {
    Pool *pool;
    cr_assert_eq(pool_create(&pool, 1, NULL), STATUS_OK);
    double normal = step_seconds(pool, (real)1), tiny = step_seconds(pool, (real)1e-41);
    cr_assert_lt(tiny, 4 * normal, "%g s with denormals, %g s without", tiny,
                 normal); /* 175 without flushing */
    pool_free(pool);
}

/* ---- Sizes at their edge ---- */

static void picture_says(const char *header, const char *words) {
    Image im;
    Error err = {0};
    cr_assert_eq(image_decode(&im, "p", (const unsigned char *)header, strlen(header), &err), STATUS_INPUT);
    cr_assert(fixture_says(&err, STATUS_INPUT, words));
}

Test(numbers, a_picture_may_claim_as_many_pixels_as_are_allowed_and_no_more) {
    picture_says("P5 8192 8192 255\n.", "ends before its last pixel");
    picture_says("P6 8192 8192 65535\n.", "ends before its last pixel");
    picture_says("P5 8192 8193 255\n.", "1 to 64 million pixels");
    picture_says("P5 67108864 67108864 255\n.", "1 to 64 million pixels");
    picture_says("P5 2147483648 2 255\n.", "");
    picture_says("P5 18446744073709551617 1 255\n.", "");
    picture_says("P5 1 1 65536\n.", "header");
}

static void npy_says(const char *shape, size_t data, Status status, const char *words) {
    char head[256], file[512] = {0};
    Npy a;
    Error err = {0};
    int n = snprintf(head, sizeof head, "{'descr': '<i8', 'fortran_order': False, 'shape': %s, }\n", shape);
    memcpy(file, "\x93NUMPY\1", 8);
    file[8] = (char)n;
    memcpy(file + 10, head, (size_t)n);
    const char *path = fixture_file("edge.npy", file, 10 + (size_t)n + data);
    cr_assert_eq(npy_read(&a, path, 64, &err), status, "%s: %s", shape, err.message);
    if (status == STATUS_OK)
        npy_free(&a);
    else
        cr_assert(fixture_says(&err, status, words));
}

Test(numbers, an_array_may_claim_as_many_bytes_as_are_allowed_and_no_more) {
    npy_says("(8,)", 64, STATUS_OK, NULL);
    npy_says("(9,)", 72, STATUS_INPUT, "more than the 64 bytes");
    npy_says("(2, 2, 2, 1)", 64, STATUS_OK, NULL);
    npy_says("(4294967296, 4294967296)", 0, STATUS_INPUT, "more than the 64 bytes");
    npy_says("(2305843009213693952,)", 0, STATUS_INPUT, "more than the 64 bytes"); /* 2^61: 2^64 bytes */
    npy_says("(9223372036854775807, 2)", 0, STATUS_INPUT, "");
    npy_says("(18446744073709551616,)", 0, STATUS_INPUT, "header cannot be read");
    npy_says("(0, 9)", 0, STATUS_OK, NULL);
}

/* A segment's header with one wrong number. */
static int segment_with(uint64_t rows, uint64_t names, uint64_t offset, uint64_t size) {
    SegmentHeader h = {.kind = SEGMENT_CASES, .rows = rows, .names = names, .table = 4096}, read;
    unsigned char bytes[SEGMENT_HEADER_BYTES];
    static const struct {
        PartName part;
        uint64_t size;
    } parts[] = {{PART_CODES, 2},      {PART_CODES + 1, 2},     {PART_HAS, 1},        {PART_HAS + 1, 1},
                 {PART_ID_OFFSET, 16}, {PART_IDS, 2},           {PART_ID_TABLE, 16},  {PART_TEXT_OFFSET, 16},
                 {PART_TEXTS, 3},      {PART_LABEL_OFFSET, 16}, {PART_NAME_OFFSET, 8}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        h.part[parts[i].part] = (PartPlace){SEGMENT_HEADER_BYTES + 64 * i, parts[i].size};
    h.part[PART_IDS] = (PartPlace){offset, size};
    h.length = h.table + segment_table_bytes(h.table);
    segment_encode(&h, bytes);
    return segment_decode(&read, bytes, 16);
}

Test(numbers, a_segment_may_claim_what_lies_in_it_and_no_more) {
    cr_assert(segment_with(1, 0, 1024, 2));
    cr_assert(segment_with(1, 0, 1024, 4096 - 1024));
    cr_assert_not(segment_with(1, 0, 1024, 4096 - 1024 + 1));
    cr_assert_not(segment_with(1, 0, 4096 + 64, 1));
    cr_assert_not(segment_with(1, 0, 1024, UINT64_MAX - 1023)); /* offset + size is 0 again */
    cr_assert_not(segment_with(1, 0, UINT64_MAX - 63, 128));
    cr_assert_not(segment_with(INDEX_MAX_ROWS + 1, 0, 1024, 2));
    cr_assert_not(segment_with(UINT64_MAX, 0, 1024, 2)); /* 8 (rows + 1) is 0 */
    cr_assert_not(segment_with(1, UINT64_MAX, 1024, 2));
    cr_assert_not(segment_with(1, (uint64_t)1 << 61, 1024, 2)); /* 8 (names + 1) is 8 */
}

Test(numbers, memory_of_an_impossible_size_is_refused_and_not_wrapped) {
    void *items = NULL;
    size_t capacity = 0;
    cr_assert_null(mem_calloc(SIZE_MAX / 2, 3));
    cr_assert_null(mem_realloc(NULL, SIZE_MAX / 8 + 1, 8));
    cr_assert_eq(mem_grow(&items, &capacity, SIZE_MAX - 1, 8), 0);
    cr_assert_null(items);
}
