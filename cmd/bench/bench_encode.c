/* `msach bench encode`: codes of images and of texts in batches, and of one image alone. */
#include "cmd/bench/bench.h"
#include "cmd/bench/bench_work.h"
#include "hash/code.h"
#include "nn/base/alloc.h"
#include "train/encode.h"

typedef struct {
    BenchWork work;
    Encoder encoder;
    Encoding out;
} Bench;

static Status encode_image_batch(void *ctx, Error *err) {
    Bench *b = ctx;
    return encode_images(&b->encoder, b->work.batch.image, b->work.batch.descriptor, BENCH_BATCH, &b->out,
                         err);
}

static Status encode_one_image(void *ctx, Error *err) {
    Bench *b = ctx;
    return encode_images(&b->encoder, b->work.batch.image, b->work.batch.descriptor, 1, &b->out, err);
}

static Status encode_text_batch(void *ctx, Error *err) {
    Bench *b = ctx;
    const Batch *batch = &b->work.batch;
    return encode_texts(&b->encoder, batch->word, NULL, batch->length, BENCH_BATCH, &b->out, err);
}

static Status measure(Bench *b, double seconds, bool json, Error *err) {
    const Config *c = &b->work.session.config;
    int image_tokens = (c->image_size / CNN_SHRINK) * (c->image_size / CNN_SHRINK);
    BenchReport r = {.bench = "encode"};
    Timing image, text, one;
    double sgemm;
    TRY(bench_repeat(encode_image_batch, b, seconds, &image, err));
    TRY(bench_repeat(encode_text_batch, b, seconds, &text, err));
    TRY(bench_repeat(encode_one_image, b, seconds, &one, err));
    bench_add_rate(&r, "encode_image_per_s", "images, a second", &image, BENCH_BATCH);
    bench_add_rate(&r, "encode_text_per_s", "texts, a second", &text, BENCH_BATCH);
    bench_add_ms(&r, "encode_one_image_ms", "one image alone, ms", &one);
    TRY(bench_add_sgemm(&r, b->work.session.pool, seconds, &sgemm, err));
    double image_gflop = bench_gflop_image(c) + bench_gflop_encoder(c, 1 + image_tokens),
           text_gflop = bench_gflop_text(c) + bench_gflop_encoder(c, 1 + c->text_length);
    bench_add_number(&r, "encode_image_share_of_sgemm", "images, share of sgemm",
                     BENCH_BATCH * image_gflop / image.min / sgemm);
    bench_add_number(&r, "encode_one_image_share_of_sgemm", "one image alone, share of sgemm",
                     image_gflop / one.min / sgemm);
    bench_add_number(&r, "encode_text_share_of_sgemm", "texts, share of sgemm",
                     BENCH_BATCH * text_gflop / text.min / sgemm);
    if (json) bench_add_settings(&r, c);
    bench_print(&r, b->work.session.pool, json);
    return STATUS_OK;
}

Status bench_encode(Args *a, Error *err) {
    long seconds;
    TRY(args_int(a, "seconds", 0, 3600, &seconds, err));
    Bench b = {0};
    Status s = bench_work_create(&b.work, a->pool, err);
    encoder_init(&b.encoder, &b.work.model, a->pool);
    b.out.codes = mem_calloc(BENCH_BATCH, code_bytes(b.work.session.config.bits));
    if (s == STATUS_OK && !b.out.codes) s = mem_error(err, "the codes");
    if (s == STATUS_OK) s = measure(&b, (double)seconds, args_has(a, "json"), err);
    mem_free(b.out.codes);
    encoder_free(&b.encoder);
    bench_work_free(&b.work);
    return s;
}
