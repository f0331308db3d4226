/* The work of `bench train` and `bench encode`: the same everywhere, so that machines and implementations can be compared. Weights and data
 * are random, in memory; ops, losses and encoders are those of the training.
 *
 * Images 1x128x128, width 32, d 128; 64 text tokens, 4,000 words, no subwords; two layers, four heads, feed-forward 2d; 64 bits,
 * 10 classes; batch 64; Adam. Stage 2 on cached tokens, with the joint pass and every term of L_2 but the walk over graphs
 * and decorrelation. No augmentation, dropout or noise. */
#ifndef CMD_BENCH_WORK_H
#define CMD_BENCH_WORK_H

#include "cmd/bench/bench_report.h"
#include "train/loop.h"
#include "train/stage2.h"

enum { BENCH_BATCH = 64, BENCH_WORDS = 4000, BENCH_CLASSES = 10, BENCH_SGEMM = 2048 };

typedef struct {
    Session session;
    Model model;
    Batch batch;
    Stage2 stage2;
    Progress progress;
    Tape tape;
    int rows[BENCH_BATCH];
} BenchWork;

/* bench_work_free in every case. */
Status bench_work_create(BenchWork *w, Pool *pool, Error *err);
void bench_work_free(BenchWork *w);

/* Makes the parameters of a stage trainable and resets the optimiser. */
void bench_work_begin(BenchWork *w, int stage);
/* One step, ctx a BenchWork: loss, backward, clipping, Adam. Stage 2 needs bench_cache_tokens. */
Status bench_stage1_step(void *ctx, Error *err);
Status bench_stage2_step(void *ctx, Error *err);
/* Fills the cache of tokens of both extractors, which stage 2 reads. */
Status bench_cache_tokens(BenchWork *w, Error *err);

/* Work of the forward pass of one case, in GFLOP (two a multiply-add): convolutions, linear maps and the products of attention. */
double bench_gflop_image(const Config *c);
double bench_gflop_text(const Config *c);
double bench_gflop_encoder(const Config *c, int tokens);

/* Adds the speed of a matrix product of BENCH_SGEMM over the pool to the report. *gflops: GFLOP/s of the fastest call; shares compare the fastest
 * calls, which other load on the machine affects least. With Winograd's transforms, which save up to 3/4 of the multiplications counted
 * here, a share may exceed 1. */
Status bench_add_sgemm(BenchReport *r, Pool *pool, double seconds, double *gflops, Error *err);
/* Adds the settings of the work to the report. */
void bench_add_settings(BenchReport *r, const Config *c);

#endif
