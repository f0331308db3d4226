/* `msach bench train`: one step of each stage, its share of the speed of matrix products, and its memory. */
#include "cmd/bench/bench.h"
#include "cmd/bench/bench_work.h"
#include "train/estimate.h"

typedef struct {
    Timing stage1, stage2;
    double peak, faults, arena;
} Steps;

/* Stage 1 runs first, so that the peak of memory belongs to it. */
static Status time_steps(BenchWork *w, double seconds, Steps *steps, Error *err) {
    bench_work_begin(w, 1);
    TRY(bench_repeat(bench_stage1_step, w, seconds, &steps->stage1, err));
    steps->peak = memory_peak() / 1e6;
    steps->arena = (double)w->tape.arena.peak / 1e6;
    TRY(bench_cache_tokens(w, err));
    bench_work_begin(w, 2);
    return bench_repeat(bench_stage2_step, w, seconds, &steps->stage2, err);
}

/* The backward pass has twice the products of the forward pass. This counts the gradient of the pixels too, which is not computed: 0.2 %. */
static double stage1_gflop(const Config *c) {
    return 3 * (bench_gflop_image(c) + bench_gflop_text(c));
}

static double stage2_gflop(const Config *c, const FeatureCache *f) {
    return 3 * (bench_gflop_encoder(c, 1 + f->tokens[0]) + bench_gflop_encoder(c, 1 + f->tokens[1]) +
                bench_gflop_encoder(c, 1 + f->tokens[0] + f->tokens[1]));
}

static Status measure(BenchWork *w, double seconds, bool json, Error *err) {
    const Config *c = &w->session.config;
    BenchReport r = {.bench = "train"};
    Steps t;
    double sgemm;
    TRY(time_steps(w, seconds, &t, err));
    bench_add_rate(&r, "stage1_pairs_per_s", "stage 1, pairs/s", &t.stage1, BENCH_BATCH);
    bench_add_rate(&r, "stage2_pairs_per_s", "stage 2, pairs/s", &t.stage2, BENCH_BATCH);
    TRY(bench_add_sgemm(&r, w->session.pool, seconds, &sgemm, err));
    bench_add_number(&r, "stage1_share_of_sgemm", "stage 1, share of sgemm",
                     BENCH_BATCH * stage1_gflop(c) / t.stage1.min / sgemm);
    bench_add_number(&r, "stage2_share_of_sgemm", "stage 2, share of sgemm",
                     BENCH_BATCH * stage2_gflop(c, &w->stage2.train) / t.stage2.min / sgemm);
    bench_add_number(&r, "stage1_peak_mb", "stage 1, peak memory, MB", t.peak);
    bench_add_number(&r, "stage1_arena_mb", "stage 1, of it the step's tensors, MB", t.arena);
    bench_add_number(&r, "stage1_page_faults", "stage 1, page faults a step", t.stage1.faults);
    bench_add_number(&r, "stage2_page_faults", "stage 2, page faults a step", t.stage2.faults);
    if (json) bench_add_settings(&r, c);
    bench_print(&r, w->session.pool, json);
    return STATUS_OK;
}

Status bench_train_steps(Args *a, Error *err) {
    long seconds;
    TRY(args_int(a, "seconds", 0, 3600, &seconds, err));
    BenchWork w;
    Status s = bench_work_create(&w, a->pool, err);
    if (s == STATUS_OK) s = measure(&w, (double)seconds, args_has(a, "json"), err);
    bench_work_free(&w);
    return s;
}
