#include "cmd/bench/bench_work.h"

#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/ints.h"
#include "nn/base/rng.h"
#include "nn/blas.h"
#include "nn/cnn.h"
#include "nn/ops.h"
#include "train/loop.h"

static const char SETTINGS[] =
    "landmarks=0 semantic=0 weight_soft_pairs=0 image_size=128 width=32 blocks=1 dim=128 text_length=64 "
    "buckets=0 layers=2 heads=4 bits=64 "
    "stage1_batch=64 stage2_batch=64 views=1 image_dropout=0 text_dropout=0 word_dropout=0 mixup=0 "
    "smoothing=0 eta=0 dropout=0 noise=0 stage1_decay=0 omega=1 joint_pass=1 weight_align=1 "
    "weight_manifold=1 weight_balance=1 weight_classification=1 weight_quantisation=1 "
    "weight_likelihood=1 weight_decorrelation=0 stage2_decay=0";
static const double RATE = 1e-3;
enum { SEED = 1 };

/* ---- The data ---- */

/* Cases of one random label each, every case a group of its own. */
static Status make_cases(Session *s, Rng *r, Error *err) {
    Manifest *m = &s->manifest;
    size_t n = BENCH_BATCH, c = BENCH_CLASSES;
    m->cases = mem_calloc(n, sizeof *m->cases);
    m->labels = mem_calloc(n * c, 1);
    s->label = mem_calloc(n, sizeof *s->label);
    s->unit_labels = mem_calloc(n * c, sizeof *s->unit_labels);
    s->text_key = mem_calloc(n, sizeof *s->text_key);
    s->index[SET_TRAIN] = mem_calloc(n, sizeof *s->index[SET_TRAIN]);
    if (!m->cases || !m->labels || !s->label || !s->unit_labels || !s->text_key || !s->index[SET_TRAIN])
        return mem_error(err, "the cases");
    m->n = m->n_groups = s->count[SET_TRAIN] = BENCH_BATCH;
    m->n_labels = BENCH_CLASSES;
    s->single = true;
    for (int i = 0; i < BENCH_BATCH; i++) {
        int label = (int)rng_below(r, BENCH_CLASSES);
        m->cases[i].group = s->index[SET_TRAIN][i] = i;
        s->text_key[i] = (uint64_t)i;
        s->label[i] = label;
        m->labels[i * BENCH_CLASSES + label] = 1;
        s->unit_labels[i * BENCH_CLASSES + label] = 1;
    }
    return STATUS_OK;
}

static Status make_batch(Batch *b, const Config *c, Rng *r, Error *err) {
    size_t n = BENCH_BATCH, pixels = (size_t)c->image_size * (size_t)c->image_size;
    size_t words = n * (size_t)c->text_length;
    b->n = b->capacity = BENCH_BATCH;
    b->side = c->image_size;
    b->text_length = c->text_length;
    b->image = mem_calloc(n, pixels * sizeof *b->image);
    b->word = mem_calloc(words, sizeof *b->word);
    b->length = mem_calloc(n, sizeof *b->length);
    if (!b->image || !b->word || !b->length) return mem_error(err, "the batch");
    for (size_t i = 0; i < n * pixels; i++) b->image[i] = (float)rng_normal(r);
    for (size_t i = 0; i < words; i++)
        b->word[i] = TOKEN_FIRST_WORD + (int32_t)rng_below(r, BENCH_WORDS - TOKEN_FIRST_WORD);
    for (size_t i = 0; i < n; i++) b->length[i] = c->text_length;
    return STATUS_OK;
}

Status bench_work_create(BenchWork *w, Pool *pool, Error *err) {
    memset(w, 0, sizeof *w);
    Config *c = &w->session.config;
    Rng r = rng_stream(SEED, RNG_BENCH, 0);
    tape_init(&w->tape, pool);
    w->tape.reuse = true;
    progress_begin(&w->progress);
    config_default(c);
    TRY(config_assign_all(c, SETTINGS, err));
    w->session.pool = pool;
    w->session.deviation = 1;
    for (int i = 0; i < BENCH_BATCH; i++) w->rows[i] = i;
    TRY(make_cases(&w->session, &r, err));
    TRY(make_batch(&w->batch, c, &r, err));
    ModelConfig model = config_model(c);
    model.words = BENCH_WORDS;
    model.classes = BENCH_CLASSES;
    w->stage2.walk = (WalkOptions){.omega = c->omega, .rho = c->rho, .t0 = 1.0 / (BENCH_CLASSES - 1)};
    return model_create(&w->model, &model, SEED, err);
}

void bench_work_free(BenchWork *w) {
    stage2_free(&w->stage2);
    progress_free(&w->progress);
    tape_free(&w->tape);
    batch_free(&w->batch);
    model_free(&w->model);
    session_close(&w->session);
}

/* ---- The steps ---- */

void bench_work_begin(BenchWork *w, int stage) {
    params_train_only(&w->model.params, stage == 1 ? MODEL_STAGE1 : MODEL_STAGE2,
                      stage == 1 ? MODEL_STAGE1_PREFIXES : MODEL_STAGE2_PREFIXES);
    w->progress.stage = stage;
    w->progress.adam = adam_default(0);
    adam_reset(&w->progress.adam, &w->model.params);
}

Status bench_stage1_step(void *ctx, Error *err) {
    BenchWork *w = ctx;
    if (ARENA_GUARD(&w->tape.arena)) return mem_error(err, "a step of stage 1");
    tape_reset(&w->tape);
    Loss loss = stage1_loss(&w->session, &w->model, &w->tape, &w->batch, w->rows, NULL, 1);
    return loop_step(&w->session, &w->model, &w->tape, &loss, &w->progress, RATE, err);
}

Status bench_stage2_step(void *ctx, Error *err) {
    BenchWork *w = ctx;
    if (ARENA_GUARD(&w->tape.arena)) return mem_error(err, "a step of stage 2");
    tape_reset(&w->tape);
    TermBatch x = stage2_batch(&w->stage2, &w->session, &w->model, &w->tape, w->rows, NULL, BENCH_BATCH);
    Loss loss = stage2_loss(&w->tape, &x, 1);
    return loop_step(&w->session, &w->model, &w->tape, &loss, &w->progress, RATE, err);
}

static void fill_cache(BenchWork *w, Tape *t) {
    FeatureCache *f = &w->stage2.train;
    for (Modality k = 0; k < MODALITIES; k++) {
        Features x = encode_features(t, &w->model, &w->batch, k);
        memcpy(f->z[k], x.z->data, tensor_size(x.z) * sizeof *f->z[k]);
        memcpy(f->u[k], x.u->data, tensor_size(x.u) * sizeof *f->u[k]);
    }
}

Status bench_cache_tokens(BenchWork *w, Error *err) {
    const Config *c = &w->session.config;
    FeatureCache *f = &w->stage2.train;
    int grid = c->image_size / CNN_SHRINK;
    *f = (FeatureCache){.n = BENCH_BATCH, .views = 1, .tokens = {grid * grid, c->text_length}, .d = c->dim};
    size_t n = BENCH_BATCH, row = n * (size_t)f->d;
    f->block = mem_aligned(row * (size_t)(f->tokens[0] + f->tokens[1] + 2) * sizeof(float));
    f->length = mem_calloc(n, sizeof *f->length);
    if (!f->block || !f->length) return mem_error(err, "the features");
    f->z[0] = f->block;
    f->z[1] = f->z[0] + row * (size_t)f->tokens[0];
    f->u[0] = f->z[1] + row * (size_t)f->tokens[1];
    f->u[1] = f->u[0] + row;
    memcpy(f->length, w->batch.length, n * sizeof *f->length);
    if (ARENA_GUARD(&w->tape.arena)) return mem_error(err, "the features");
    tape_reset(&w->tape);
    w->tape.recording = w->tape.training = false;
    fill_cache(w, &w->tape);
    w->tape.recording = w->tape.training = true;
    return STATUS_OK;
}

/* ---- Counting the work ---- */

static double gflop(double multiply_adds) {
    return 2e-9 * multiply_adds;
}

double bench_gflop_image(const Config *c) {
    double side = c->image_size / 2.0, w = c->width, d = c->dim;
    double sum = side * side * 9 * w; /* the stem, from one channel */
    for (int stage = 0; stage < 4; stage++) {
        double in = stage ? w * (1 << (stage - 1)) : w, out = w * (1 << stage);
        if (stage) side /= 2;
        sum += side * side * out * (9 * in + 9 * out + (stage ? in : 0));
    }
    return gflop(sum + side * side * 8 * w * d);
}

double bench_gflop_text(const Config *c) {
    return gflop((double)c->text_length * 3 * c->dim * c->dim);
}

/* A layer, multiply-adds a token: 4 d^2 for q, k, v and output, 4 d^2 for feed-forward, 2 n d for attention. */
double bench_gflop_encoder(const Config *c, int tokens) {
    double d = c->dim, n = tokens;
    return gflop(c->layers * n * (8 * d * d + 2 * n * d));
}

typedef struct {
    Pool *pool;
    float *a, *b, *c;
} Product;

/* Products over the pool, in tiles of TILE_ROWS rows of C. */
enum { TILE_ROWS = 256 };

typedef struct {
    bool ta, tb;
    int m, n, k, lda, ldb, ldc;
    real alpha, beta;
    const real *a, *b;
    real *c;
} TiledProduct;

static void product_tile(void *ctx, int item, int worker) {
    const TiledProduct *p = ctx;
    (void)worker;
    int row = item * TILE_ROWS, rows = int_min(TILE_ROWS, p->m - row);
    const real *a = p->a + (p->ta ? (size_t)row : (size_t)row * (size_t)p->lda);
    blas_gemm(p->ta, p->tb, rows, p->n, p->k, p->alpha, a, p->lda, p->b, p->ldb, p->beta,
              p->c + (size_t)row * (size_t)p->ldc, p->ldc);
}

static void gemm_over_pool(Pool *pool, bool ta, bool tb, int m, int n, int k, real alpha, const real *a,
                           int lda, const real *b, int ldb, real beta, real *c, int ldc) {
    TiledProduct p = {ta, tb, m, n, k, lda, ldb, ldc, alpha, beta, a, b, c};
    pool_for(pool, int_divide_up(m, TILE_ROWS), product_tile, &p);
}

static Status multiply(void *ctx, Error *err) {
    (void)err;
    const Product *p = ctx;
    int n = BENCH_SGEMM;
    gemm_over_pool(p->pool, false, false, n, n, n, 1, p->a, n, p->b, n, 0, p->c, n);
    return STATUS_OK;
}

Status bench_add_sgemm(BenchReport *r, Pool *pool, double seconds, double *gflops, Error *err) {
    size_t size = (size_t)BENCH_SGEMM * BENCH_SGEMM;
    float *block = mem_aligned(3 * size * sizeof *block);
    if (!block) return mem_error(err, "the matrices");
    Rng rng = rng_stream(SEED, RNG_BENCH, 1);
    for (size_t i = 0; i < 2 * size; i++) block[i] = (float)rng_uniform(&rng) - 0.5f;
    Product p = {pool, block, block + size, block + 2 * size};
    Timing t;
    Status s = bench_repeat(multiply, &p, seconds, &t, err);
    mem_free(block);
    if (s != STATUS_OK) return s;
    double work = gflop((double)size * BENCH_SGEMM);
    bench_add_rate(r, "sgemm_gflops", "sgemm 2048, GFLOP/s", &t, work);
    *gflops = work / t.min;
    return STATUS_OK;
}

void bench_add_settings(BenchReport *r, const Config *c) {
    const struct {
        const char *field;
        int value;
    } setting[] = {{"image_size", c->image_size},
                   {"width", c->width},
                   {"dim", c->dim},
                   {"text_length", c->text_length},
                   {"words", BENCH_WORDS},
                   {"layers", c->layers},
                   {"heads", c->heads},
                   {"bits", c->bits},
                   {"classes", BENCH_CLASSES},
                   {"batch", BENCH_BATCH}};
    for (size_t i = 0; i < sizeof setting / sizeof setting[0]; i++)
        bench_add_number(r, setting[i].field, setting[i].field, setting[i].value);
}
