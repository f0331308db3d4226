/* The canonical work of `bench train` and `bench encode`: what is measured everywhere alike, so that two machines, or ours and
 * another implementation, can be compared. Random weights and data in memory; the ops, losses and encoders are training's own.
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

/* Makes the parameters of a stage the trained ones, with a fresh optimiser. */
void bench_work_begin(BenchWork *w, int stage);
/* One step, ctx a BenchWork: loss, backward, clipping, Adam. Stage 2 needs bench_cache_tokens. */
Status bench_stage1_step(void *ctx, Error *err);
Status bench_stage2_step(void *ctx, Error *err);
/* The tokens of both extractors, frozen, as stage 2 finds them. */
Status bench_cache_tokens(BenchWork *w, Error *err);

/* Multiply-adds of one case by the definitions, in GFLOP (two a multiply-add): forward alone. Counted are convolutions and
 * linear maps, and the attention's products. */
double bench_gflop_image(const Config *c);
double bench_gflop_text(const Config *c);
double bench_gflop_encoder(const Config *c, int tokens);

/* GFLOP/s of a matrix product of BENCH_SGEMM over the pool, added to the report. gflops: its best call, to which the best calls
 * of the work are compared: shares hold on a machine that does other things as well. By Winograd's transforms, which spare up to
 * 3/4 of the multiplications counted here, a share may pass 1. */
Status bench_add_sgemm(BenchReport *r, Pool *pool, double seconds, double *gflops, Error *err);
/* The settings of the work, added to the report. */
void bench_add_settings(BenchReport *r, const Config *c);

#endif
