/* The loop of stage 1, and its accuracy. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/ops.h"
#include "train/encode.h"
#include "train/loop.h"
#include "train/stage1.h"

/* ---- Training ---- */

/* lambda ~ Beta(a,a) by Joehnk's method (1964), and a partner for each case; returns false where mixup is
 * off. */
static bool draw_mix(const Session *s, uint32_t step, int b, int *mix, double *lambda) {
    double a = s->config.mixup;
    if (a <= 0) return false;
    Rng rng = rng_stream((uint64_t)s->config.seed, RNG_NOISE, step);
    double x, y;
    do {
        x = pow(rng_uniform(&rng), 1 / a);
        y = pow(rng_uniform(&rng), 1 / a);
    } while (x + y > 1 || x + y == 0);
    *lambda = x / (x + y);
    for (int i = 0; i < b; i++) mix[i] = i;
    rng_shuffle(&rng, mix, (size_t)b);
    return true;
}

/* While a step works on one batch, threads that wait for others fill the next: measured in an epoch on 2,000 pictures
 * of 128 pixels, steps wait for data 0.1 % of the time on two threads, 1.3 % on one, which has nobody to fill ahead. */
typedef struct {
    Batch batch[2];
    Augment augment;
    Tape tape;
    int *order, *mix;
    int steps, size;      /* steps an epoch, cases a step */
    double waited, spent; /* s of this epoch: for data, in steps */
} Stage1;

static void begin_batch(Stage1 *st, const Session *s, const Progress *p, int step) {
    const Config *c = &s->config;
    BatchOptions o = {.augment = &st->augment,
                      .word_dropout = c->word_dropout,
                      .seed = (uint64_t)c->seed,
                      .epoch = (uint32_t)p->epoch,
                      .mean = s->mean,
                      .deviation = s->deviation};
    if (step < st->steps)
        batch_begin(&st->batch[step % 2], &s->data, st->order + step * st->size, st->size, &o, s->pool);
}

static Status one_step(Stage1 *st, Session *s, Model *m, Progress *p, const Batch *b, Error *err) {
    const Config *c = &s->config;
    const int *index = st->order + p->step * st->size;
    uint32_t step = (uint32_t)(p->epoch * st->steps + p->step);
    tape_reset(&st->tape);
    st->tape.seed = (uint64_t)c->seed << 2 | 1;
    st->tape.step = step;
    double lambda = 1;
    bool mixed = draw_mix(s, step, st->size, st->mix, &lambda);
    Loss loss = stage1_loss(s, m, &st->tape, b, index, mixed ? st->mix : NULL, lambda);
    double rate = schedule_one_cycle(step, (long)st->steps * c->stage1_epochs, c->warmup, c->stage1_lr);
    return loop_step(s, m, &st->tape, &loss, p, rate, err);
}

/* Every step of the epoch from p->step on, and where the time goes. */
static Status all_steps(Stage1 *st, Session *s, Model *m, Progress *p, const char *what, Error *err) {
    st->waited = st->spent = 0;
    begin_batch(st, s, p, p->step);
    for (; p->step < st->steps && !session_stopped(s); p->step++) {
        double begun = log_clock();
        Batch *b = &st->batch[p->step % 2];
        TRY(batch_finish(b, err));
        st->waited += log_clock() - begun;
        begin_batch(st, s, p, p->step + 1);
        TRY(one_step(st, s, m, p, b, err));
        st->spent += log_clock() - begun;
        log_progress(s->log, what, p->step + 1, st->steps);
    }
    return STATUS_OK;
}

static Status one_epoch(Stage1 *st, Session *s, Model *m, Progress *p, const char *checkpoint, Error *err) {
    const Config *c = &s->config;
    char what[64];
    double begun = log_clock();
    snprintf(what, sizeof what, "stage 1, epoch %d/%d", p->epoch + 1, c->stage1_epochs);
    loop_order(s, 1, p->epoch, s->index[SET_TRAIN], s->count[SET_TRAIN], st->order);
    TRY(all_steps(st, s, m, p, what, err));
    if (p->step < st->steps) return checkpoint_save(checkpoint, s, m, p, err);
    double rate = schedule_one_cycle((long)st->steps * (p->epoch + 1) - 1, (long)st->steps * c->stage1_epochs,
                                     c->warmup, c->stage1_lr);
    MetricsRow row = loop_row(p, st->steps, rate);
    row.map[0] = row.map[1] = -1;
    TRY(stage1_accuracy(s, m, s->index[SET_VAL], s->count[SET_VAL], row.accuracy, err));
    metrics_add(&p->metrics, &row);
    double seconds = log_clock() - begun;
    log_line(s->log,
             "%s: loss %.4f, validation accuracy: images %.3f, texts %.3f; %.1f s, %.1f %% in steps, %.1f %% "
             "waiting "
             "for data",
             what, row.loss, row.accuracy[0], row.accuracy[1], seconds,
             100 * (st->spent - st->waited) / seconds, 100 * st->waited / seconds);
    p->epoch++;
    p->step = 0;
    return p->epoch < c->stage1_epochs ? checkpoint_save(checkpoint, s, m, p, err) : STATUS_OK;
}

static Status run_epochs(Stage1 *st, Session *s, Model *m, Progress *p, const char *checkpoint, Error *err) {
    for (int i = 0; i < 2; i++) TRY(batch_init(&st->batch[i], &s->data, st->size, s->pool, err));
    st->order = mem_calloc((size_t)s->count[SET_TRAIN], sizeof *st->order);
    st->mix = mem_calloc((size_t)st->size, sizeof *st->mix);
    if (!st->order || !st->mix) return mem_error(err, "stage 1");
    if (ARENA_GUARD(&st->tape.arena))
        return mem_error(err, "a step of stage 1; a smaller stage1_batch needs less");
    while (p->epoch < s->config.stage1_epochs && !session_stopped(s))
        TRY(one_epoch(st, s, m, p, checkpoint, err));
    return STATUS_OK;
}

Status stage1_train(Session *s, Model *m, Progress *p, const char *checkpoint, Error *err) {
    const Config *c = &s->config;
    Stage1 st = {
        .augment = {c->shift, c->scale, c->rotation, c->gain, c->contrast, c->speckle, c->erase, c->flip}};
    int n = s->count[SET_TRAIN];
    st.size = n < s->config.stage1_batch ? n : s->config.stage1_batch;
    st.steps = loop_steps(n, st.size);
    tape_init(&st.tape, s->pool);
    st.tape.reuse = true;
    params_train_only(&m->params, MODEL_STAGE1, MODEL_STAGE1_PREFIXES);
    if (p->epoch == 0 && p->step == 0) {
        p->adam = adam_default(s->config.stage1_decay);
        adam_reset(&p->adam, &m->params);
    } else {
        long done = p->adam.step;
        p->adam = adam_default(s->config.stage1_decay);
        p->adam.step = done;
    }
    Status status = run_epochs(&st, s, m, p, checkpoint, err);
    for (int i = 0; i < 2; i++) batch_free(&st.batch[i]);
    mem_free(st.order);
    mem_free(st.mix);
    tape_free(&st.tape);
    if (status == STATUS_OK && p->epoch >= s->config.stage1_epochs) {
        p->stage = 2;
        p->epoch = p->step = 0;
        status = checkpoint_save(checkpoint, s, m, p, err);
    }
    return status;
}

/* ---- Accuracy ---- */

static int hits(const Session *s, const Tensor *logits, const int *index) {
    int c = logits->dim[1], right = 0;
    for (int i = 0; i < logits->dim[0]; i++) {
        int best = 0;
        for (int k = 1; k < c; k++)
            if (logits->data[i * c + k] > logits->data[i * c + best]) best = k;
        right += s->manifest.labels[(size_t)index[i] * (size_t)c + (size_t)best];
    }
    return right;
}

static Status count_hits(const Session *s, const Model *m, const int *index, int n, Batch *b, Tape *t,
                         int right[2], Error *err) {
    BatchOptions o = {.mean = s->mean, .deviation = s->deviation};
    if (ARENA_GUARD(&t->arena)) return mem_error(err, "the accuracy of stage 1");
    for (int first = 0; first < n; first += ENCODE_TILE) {
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE;
        TRY(batch_fill(b, &s->data, index + first, tile, &o, s->pool, err));
        Tensor *z = model_image_tokens(t, m, stage1_images(s, t, b, NULL, 1));
        right[0] += hits(s, model_stage1_logits(t, m, 0, op_mean_tokens(t, z, NULL)), index + first);
        z = model_text_tokens(t, m, b->word, b->gram, tile, b->text_length, TOKEN_NGRAMS, b->length);
        right[1] += hits(s, model_stage1_logits(t, m, 1, op_mean_tokens(t, z, b->length)), index + first);
        tape_reset(t);
    }
    return STATUS_OK;
}

Status stage1_accuracy(const Session *s, const Model *m, const int *index, int n, double out[2], Error *err) {
    Batch b;
    Tape t;
    int right[2] = {0, 0};
    tape_init(&t, s->pool);
    t.recording = t.training = false;
    Status status = batch_init(&b, &s->data, ENCODE_TILE, s->pool, err);
    if (status == STATUS_OK) status = count_hits(s, m, index, n, &b, &t, right, err);
    for (int i = 0; i < 2; i++) out[i] = n ? (double)right[i] / n : 0;
    batch_free(&b);
    tape_free(&t);
    return status;
}
