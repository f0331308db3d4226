#include "train/loop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "train/mixture.h"
#include "train/stage1.h"
#include "train/stage2.h"

void progress_begin(Progress *p) {
    memset(p, 0, sizeof *p);
    p->stage = 1;
    p->best_map = -1;
    p->best_epoch = -1;
    metrics_begin(&p->metrics);
}

void progress_free(Progress *p) {
    buffer_free(&p->metrics);
    mem_free(p->best);
    memset(p, 0, sizeof *p);
}

int loop_steps(int n, int batch) {
    return n / batch > 0 ? n / batch : 1;
}

void loop_order(const Session *s, int stage, int epoch, int n, int *rows) {
    Rng rng = rng_stream((uint64_t)s->config.seed, RNG_ORDER, (uint32_t)stage << 24 | (uint32_t)epoch);
    for (int i = 0; i < n; i++) rows[i] = i;
    rng_shuffle(&rng, rows, (size_t)n);
}

/* ---- One step ---- */

/* Names the first op whose value is not finite, or else the first parameter whose gradient is not. */
static Status not_finite(const Tape *t, const Model *m, const Progress *p, Error *err) {
    const Node *bad = tape_first_bad(t);
    const char *where = bad ? bad->op : NULL, *kind = "the value of op";
    for (size_t i = 0; !where && i < m->params.count; i++) {
        const Param *q = &m->params.items[i];
        for (size_t k = 0; q->tensor->needs_grad && !where && k < tensor_size(q->tensor); k++)
            if (!isfinite(q->tensor->grad[k])) where = q->name, kind = "the gradient of";
    }
    return error_set(
        err, STATUS_CHECK,
        "stage %d, epoch %d, step %d: %s '%s' is not finite; training stopped and the last checkpoint is "
        "kept; try a smaller stage%d_lr",
        p->stage, p->epoch + 1, p->step + 1, kind, where ? where : "loss", p->stage);
}

Status loop_step(const Session *s, Model *m, Tape *t, const Loss *loss, Progress *p, double rate,
                 Error *err) {
    if (!isfinite(loss->total->data[0])) return not_finite(t, m, p, err);
    params_zero_grad(&m->params);
    tape_backward(t, loss->total);
    double norm = params_clip(&m->params, s->config.clip);
    if (!isfinite(norm)) return not_finite(t, m, p, err);
    adam_step(&p->adam, &m->params, s->pool, rate);
    p->sums[0] += (double)loss->total->data[0];
    for (int i = 0; i < TERM_COUNT; i++)
        if (loss->term[i]) p->sums[1 + i] += (double)loss->term[i]->data[0];
    return STATUS_OK;
}

/* ---- What a stage trains with ---- */

/* While a step of stage 1 trains on one batch, idle threads fill the next one: in an epoch on 2,000 pictures of 128 pixels, steps wait for
 * data 0.1 % of the time on two threads, and 1.3 % on one thread, which is never idle. */
typedef struct {
    int epochs, steps, size; /* steps an epoch, cases a step */
    double peak, decay;
    Tape tape;
    Augment augment;
    Batch batch[2]; /* end to end: the first alone */
    Stage2 stage2;
    int *rows, *cases;    /* (n) this epoch's order: places among the training cases, in the manifest */
    int *mix, *view;      /* (size) of one step */
    double waited, spent; /* s of this epoch: for data, in steps */
    bool seen;            /* the step p->watch->step was reached */
} Loop;

static void loop_close(Loop *l) {
    for (int i = 0; i < 2; i++) batch_free(&l->batch[i]);
    stage2_free(&l->stage2);
    tape_free(&l->tape);
    mem_free(l->rows);
    mem_free(l->cases);
    mem_free(l->mix);
    mem_free(l->view);
    mem_free(l);
}

static void begin_optimiser(const Loop *l, const Session *s, Model *m, Progress *p) {
    const char *prefix[MODEL_STAGE1_PREFIXES + MODEL_STAGE2_PREFIXES];
    int n = 0;
    for (int i = 0; (p->stage == 1 || s->config.end_to_end) && i < MODEL_STAGE1_PREFIXES; i++)
        prefix[n++] = MODEL_STAGE1[i];
    for (int i = 0; p->stage == 2 && i < MODEL_STAGE2_PREFIXES; i++) prefix[n++] = MODEL_STAGE2[i];
    params_train_only(&m->params, prefix, n);
    long done = p->adam.step;
    p->adam = adam_default(l->decay);
    if (p->epoch == 0 && p->step == 0)
        adam_reset(&p->adam, &m->params);
    else
        p->adam.step = done;
}

/* End to end, stage 2 has the settings of stage 1. */
void loop_sizes(const Session *s, int stage, int *size, int *steps, int *epochs) {
    const Config *c = &s->config;
    bool first = stage == 1 || c->end_to_end;
    int n = s->count[SET_TRAIN], batch = first ? c->stage1_batch : c->stage2_batch;
    *size = n < batch ? n : batch;
    *steps = loop_steps(n, *size);
    *epochs = first ? c->stage1_epochs : c->stage2_epochs;
}

static Status loop_open(Loop *l, const Session *s, Model *m, Progress *p, const char *folder, Error *err) {
    const Config *c = &s->config;
    bool first = p->stage == 1 || c->end_to_end;
    size_t n = (size_t)s->count[SET_TRAIN];
    l->tape.reuse = true;
    loop_sizes(s, p->stage, &l->size, &l->steps, &l->epochs);
    l->peak = first ? c->stage1_lr : c->stage2_lr;
    l->decay = first ? c->stage1_decay : c->stage2_decay;
    l->rows = mem_calloc(n, sizeof *l->rows);
    l->cases = mem_calloc(n, sizeof *l->cases);
    l->mix = mem_calloc((size_t)l->size, sizeof *l->mix);
    l->view = mem_calloc((size_t)l->size, sizeof *l->view);
    if (!l->rows || !l->cases || !l->mix || !l->view) return mem_error(err, "training");
    for (int i = 0; first && i < 2; i++) TRY(batch_init(&l->batch[i], &s->data, l->size, s->pool, err));
    if (p->stage == 2) TRY(stage2_prepare(&l->stage2, s, m, folder, err));
    begin_optimiser(l, s, m, p);
    return STATUS_OK;
}

static double rate_of(const Loop *l, const Session *s, long step) {
    return schedule_one_cycle(step, (long)l->steps * l->epochs, s->config.warmup, l->peak);
}

/* ---- Batches ---- */

/* Starts to fill the next batch of stage 1 in the background. */
static void prefetch(Loop *l, const Session *s, const Progress *p, int step) {
    BatchOptions o = session_view(s, &l->augment, p->epoch);
    if (step < l->steps)
        batch_begin(&l->batch[step % 2], &s->data, l->cases + step * l->size, l->size, &o, s->pool);
}

static Status next_batch(Loop *l, const Session *s, const Progress *p, Batch **b, Error *err) {
    double begun = log_clock();
    *b = &l->batch[p->step % 2];
    TRY(batch_finish(*b, err));
    l->waited += log_clock() - begun;
    prefetch(l, s, p, p->step + 1);
    return STATUS_OK;
}

/* The view of each case in this epoch: stream (seed, RNG_VIEW, case) moved on by epoch. */
static const int *draw_views(const Loop *l, const Session *s, const int *rows, int epoch) {
    for (int i = 0; i < l->size; i++) {
        Rng rng = rng_stream((uint64_t)s->config.seed + ((uint64_t)epoch << 32), RNG_VIEW, (uint32_t)rows[i]);
        l->view[i] = (int)rng_below(&rng, (uint32_t)l->stage2.train.views);
    }
    return l->view;
}

/* ---- The end of an epoch ---- */

/* Stores the weights where this epoch's mean validation MAP is the best so far; of equal epochs the later. Where no validation query has a
 * relevant case, all epochs are equal, so the last one is stored. */
static Status keep_best(const Model *m, Progress *p, const double map[2], Error *err) {
    double mean = (map[0] + map[1]) / 2;
    if (mean < p->best_map) return STATUS_OK;
    if (!p->best && !(p->best = mem_calloc(m->params.size, sizeof *p->best)))
        return mem_error(err, "the best epoch");
    memcpy(p->best, m->params.values, m->params.size * sizeof *p->best);
    p->best_map = mean;
    p->best_epoch = p->epoch + 1;
    return STATUS_OK;
}

static Status validate_stage1(Loop *l, Session *s, Model *m, MetricsRow *row, const char *what,
                              double seconds, Error *err) {
    row->map[0] = row->map[1] = -1;
    TRY(stage1_accuracy(s, m, s->index[SET_VAL], s->count[SET_VAL], row->accuracy, err));
    log_line(s->log,
             "%s: loss %.4f, validation accuracy: images %.3f, texts %.3f; %.1f s, %.1f %% in steps, %.1f %% "
             "waiting for data",
             what, row->loss, row->accuracy[0], row->accuracy[1], seconds,
             100 * (l->spent - l->waited) / seconds, 100 * l->waited / seconds);
    return STATUS_OK;
}

static Status validate_stage2(Loop *l, Session *s, Model *m, Progress *p, MetricsRow *row, const char *folder,
                              const char *what, Error *err) {
    FeatureCache *val = &l->stage2.val;
    if (s->config.end_to_end) { /* the extractors have moved */
        features_free(val);
        TRY(features_build(val, s, m, s->index[SET_VAL], s->count[SET_VAL], 0, folder, err));
    }
    TRY(stage2_validate(&l->stage2, s, m, row->map, err));
    TRY(keep_best(m, p, row->map, err));
    if (row->map[0] < 0)
        log_line(s->log, "%s: loss %.4f, no validation query has a relevant case", what, row->loss);
    else
        log_line(s->log, "%s: loss %.4f, validation MAP: image to text %.3f, text to image %.3f", what,
                 row->loss, row->map[0], row->map[1]);
    return STATUS_OK;
}

/* The epoch's row of metrics.tsv, from the sums over its steps. */
static MetricsRow take_row(const Loop *l, const Session *s, Progress *p) {
    MetricsRow row = {.stage = p->stage,
                      .epoch = p->epoch + 1,
                      .rate = rate_of(l, s, (long)l->steps * (p->epoch + 1) - 1),
                      .loss = p->sums[0] / l->steps};
    for (int i = 0; i < TERM_COUNT; i++) row.term[i] = p->sums[1 + i] / l->steps;
    memset(p->sums, 0, sizeof p->sums);
    return row;
}

static Status finish_epoch(Loop *l, Session *s, Model *m, Progress *p, const char *folder, const char *what,
                           double begun, Error *err) {
    MetricsRow row = take_row(l, s, p);
    if (p->stage == 1)
        TRY(validate_stage1(l, s, m, &row, what, log_clock() - begun, err));
    else
        TRY(validate_stage2(l, s, m, p, &row, folder, what, err));
    metrics_add(&p->metrics, &row);
    p->epoch++;
    p->step = 0;
    return STATUS_OK;
}

/* ---- The loop ---- */

/* In stage 1 the steps of stage 2 are included, as if each took as long, so that the time left is that of the whole training. */
static long steps_to_go(const Session *s, const Loop *l, int stage) {
    int size, steps = 0, epochs = 0;
    if (stage == 1) loop_sizes(s, 2, &size, &steps, &epochs);
    return (long)l->epochs * l->steps + (long)epochs * steps;
}

Status train_stage(Session *s, Model *m, Progress *p, const char *checkpoint, const char *folder,
                   Error *err) {
    int stage = p->stage, n = s->count[SET_TRAIN];
    Status status;
    Loop *l = mem_calloc(1, sizeof *l);
    if (!l) return mem_error(err, "training");
    tape_init(&l->tape, s->pool);
    if (ARENA_GUARD(&l->tape.arena)) /* memory ran out within a step */
        status = mem_error(err, stage == 1 ? "a step of stage 1; a smaller stage1_batch needs less"
                                           : "a step of stage 2; a smaller stage2_batch needs less");
    else
        status = loop_open(l, s, m, p, folder, err);
    while (status == STATUS_OK && p->epoch < l->epochs && !session_stopped(s) && !l->seen) {
        char what[64];
        double begun = log_clock();
        snprintf(what, sizeof what, "stage %d, epoch %d/%d", stage, p->epoch + 1, l->epochs);
        loop_order(s, stage, p->epoch, n, l->rows);
        for (int i = 0; i < n; i++) l->cases[i] = s->index[SET_TRAIN][l->rows[i]];
        l->waited = l->spent = 0;
        if (stage == 1) prefetch(l, s, p, p->step);

        for (; status == STATUS_OK && p->step < l->steps && !session_stopped(s); p->step++) {
            Tape *t = &l->tape;
            const int *rows = l->rows + p->step * l->size, *cases = l->cases + p->step * l->size;
            long step = (long)p->epoch * l->steps + p->step;
            double started = log_clock();
            Loss loss = {0};
            TermBatch x;
            tape_reset(t);
            t->seed = (uint64_t)s->config.seed << 2 | (uint64_t)stage;
            t->step = (uint32_t)step;
            if (stage == 1) {
                Batch *b;
                double lambda;
                status = next_batch(l, s, p, &b, err);
                bool mixed = stage1_mix(s, t->step, l->size, l->mix, &lambda);
                if (status == STATUS_OK)
                    loss = stage1_loss(s, m, t, b, cases, mixed ? l->mix : NULL, mixed ? lambda : 1);
            } else {
                if (PART_VARIANTS && s->config.end_to_end)
                    status = stage2_batch_live(&l->stage2, s, m, t, rows, &l->batch[0], l->size, p->epoch, &x,
                                               err);
                else
                    x = stage2_batch(&l->stage2, s, m, t, rows, draw_views(l, s, rows, p->epoch), l->size);
                if (status == STATUS_OK) loss = stage2_loss(t, &x, stage2_beta(&s->config, p->epoch));
            }
            l->seen = stage == 2 && p->watch && p->watch->step == step;
            if (status == STATUS_OK && l->seen)
                status = p->watch->see(p->watch->ctx, t, &x, &loss, rate_of(l, s, step), err);
            if (l->seen) break;
            if (status == STATUS_OK) status = loop_step(s, m, t, &loss, p, rate_of(l, s, step), err);
            if (status != STATUS_OK) break; /* p->step stays at the step that failed */
            l->spent += log_clock() - started;
            log_progress(s->log, stage == 1 ? "stage 1 of 2, steps of both" : "stage 2 of 2, steps", step + 1,
                         steps_to_go(s, l, stage));
        }
        bool whole = p->step == l->steps;
        if (status == STATUS_OK && whole) status = finish_epoch(l, s, m, p, folder, what, begun, err);
        if (PART_RESUME && checkpoint && status == STATUS_OK && (!whole || p->epoch < l->epochs))
            status = checkpoint_save(checkpoint, s, m, p, err);
    }
    bool finished = status == STATUS_OK && p->epoch >= l->epochs;
    loop_close(l);
    if (!finished) return status;
    if (stage == 2) {
        memcpy(m->params.values, p->best, m->params.size * sizeof *p->best);
        p->stage = 3;
        return STATUS_OK;
    }
    if (m->landmark) TRY(mixture_fit(s, m, err));
    p->stage = 2;
    p->epoch = p->step = 0;
    return PART_RESUME && checkpoint ? checkpoint_save(checkpoint, s, m, p, err) : STATUS_OK;
}
