/* The loop of stage 2, validation and the choice of the epoch. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/ops.h"
#include "train/encode.h"
#include "train/evaluate.h"
#include "train/loop.h"
#include "train/stage2.h"

/* ---- Validation ---- */

/* Codes (n, q/8) of the validation cases from their cached features, one modality alone. */
static Status validation_codes(const Stage2 *st, const Session *s, const Model *m, Modality modality,
                               uint8_t *codes, Error *err) {
    int n = st->val.n, q = m->config.bits;
    Tape t;
    tape_init(&t, s->pool);
    t.recording = t.training = false;
    if (ARENA_GUARD(&t.arena)) {
        tape_free(&t);
        return mem_error(err, "validation");
    }
    for (int first = 0; first < n; first += ENCODE_TILE) {
        int tile = n - first < ENCODE_TILE ? n - first : ENCODE_TILE, rows[ENCODE_TILE],
            views[ENCODE_TILE] = {0};
        for (int i = 0; i < tile; i++) rows[i] = first + i;
        Pair p = stage2_features(&st->val, s, &t, rows, views, tile);
        Tensor *c = modality == MODALITY_IMAGE ? model_context(&t, m, &p.image, NULL, 0, NULL)
                                               : model_context(&t, m, NULL, &p.text, 0, NULL);
        Tensor *scores = model_scores(&t, m, c);
        for (int i = 0; i < tile; i++) {
            float row[CODE_MAX_BITS];
            for (int j = 0; j < q; j++) row[j] = (float)scores->data[i * q + j];
            code_pack(row, 1, q, codes + (size_t)(first + i) * code_bytes(q));
        }
        tape_reset(&t);
    }
    tape_free(&t);
    return STATUS_OK;
}

Status stage2_validate(const Stage2 *st, const Session *s, const Model *m, double map[2], Error *err) {
    size_t n = (size_t)s->count[SET_VAL], bytes = code_bytes(s->config.bits);
    uint8_t *image = mem_calloc(n + 1, bytes), *text = mem_calloc(n + 1, bytes);
    Status status = image && text ? STATUS_OK : mem_error(err, "validation");
    if (status == STATUS_OK) status = validation_codes(st, s, m, MODALITY_IMAGE, image, err);
    if (status == STATUS_OK) status = validation_codes(st, s, m, MODALITY_TEXT, text, err);
    if (status == STATUS_OK)
        status = evaluate_validation(s, s->config.bits, (const uint8_t *const[]){image, text}, map, err);
    mem_free(image);
    mem_free(text);
    return status;
}

/* ---- Training ---- */

/* How the loop runs: segmented, or both stages at once. */
typedef struct {
    Stage2 stage;
    Tape tape;
    Batch batch; /* end to end alone */
    int *rows;   /* order of the training rows */
    int epochs, steps, size;
    double peak, decay;
    const char *folder;
} Loop;

/* The view of each case in this epoch: stream (seed, RNG_VIEW, case) moved on by epoch. */
static int *draw_views(const Loop *l, const Session *s, Tape *t, const int *rows, int b, int epoch) {
    int *view = arena_alloc(&t->arena, (size_t)b * sizeof *view);
    for (int i = 0; i < b; i++) {
        Rng rng = rng_stream((uint64_t)s->config.seed + ((uint64_t)epoch << 32), RNG_VIEW, (uint32_t)rows[i]);
        view[i] = (int)rng_below(&rng, (uint32_t)l->stage.train.views);
    }
    return view;
}

/* End to end: the extractors run inside the step, on augmented cases. */
static Status live_features(Loop *l, Session *s, const Model *m, const int *rows, int epoch, Pair *out,
                            Error *err) {
    const Config *c = &s->config;
    Augment augment = {c->shift, c->scale, c->rotation, c->gain, c->contrast, c->speckle, c->erase, c->flip};
    BatchOptions o = {.augment = &augment,
                      .word_dropout = c->word_dropout,
                      .seed = (uint64_t)c->seed,
                      .epoch = (uint32_t)epoch,
                      .mean = s->mean,
                      .deviation = s->deviation};
    Tape *t = &l->tape;
    Batch *b = &l->batch;
    int *index = arena_alloc(&t->arena, (size_t)l->size * sizeof *index), side = c->image_size;
    for (int i = 0; i < l->size; i++) index[i] = s->index[SET_TRAIN][rows[i]];
    TRY(batch_fill(b, &s->data, index, l->size, &o, s->pool, err));
    Tensor *x = tape_tensor4(t, l->size, side, side, 1);
    for (size_t i = 0; i < tensor_size(x); i++) x->data[i] = b->image[i];
    out->image = (Features){.z = model_image_tokens(t, m, x)};
    out->text = (Features){
        .z = model_text_tokens(t, m, b->word, b->gram, b->n, b->text_length, TOKEN_NGRAMS, b->length),
        .length = b->length};
    out->image.u = op_dropout(t, op_mean_tokens(t, out->image.z, NULL), (real)c->image_dropout);
    out->text.u = op_dropout(t, op_mean_tokens(t, out->text.z, b->length), (real)c->text_dropout);
    return STATUS_OK;
}

static double rate_of(const Loop *l, const Session *s, long step) {
    return schedule_one_cycle(step, (long)l->steps * l->epochs, s->config.warmup, l->peak);
}

static Status one_step(Loop *l, Session *s, Model *m, Progress *p, Error *err) {
    const int *rows = l->rows + p->step * l->size;
    Tape *t = &l->tape;
    long step = (long)p->epoch * l->steps + p->step;
    tape_reset(t);
    t->seed = (uint64_t)s->config.seed << 2 | 2;
    t->step = (uint32_t)step;
    Pair z = {0};
    if (s->config.end_to_end)
        TRY(live_features(l, s, m, rows, p->epoch, &z, err));
    else
        z = stage2_batch(&l->stage, s, m, t, rows, draw_views(l, s, t, rows, l->size, p->epoch), l->size);
    TermBatch x = stage2_forward(&l->stage, s, m, t, &z, rows, l->size, stage2_beta(&s->config, p->epoch));
    Loss loss = terms_loss(t, 2, &x);
    return loop_step(s, m, t, &loss, p, rate_of(l, s, step), err);
}

/* Keeps the weights where this epoch's mean validation MAP is the best so far; of equal epochs the later.
 * Where no validation query has a relevant case, every epoch counts as equal: the last is taken. */
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

static Status finish_epoch(Loop *l, Session *s, Model *m, Progress *p, const char *what, Error *err) {
    MetricsRow row = loop_row(p, l->steps, rate_of(l, s, (long)l->steps * (p->epoch + 1) - 1));
    if (s->config.end_to_end) { /* the extractors have moved */
        features_free(&l->stage.val);
        TRY(features_build(&l->stage.val, s, m, s->index[SET_VAL], s->count[SET_VAL], 0, l->folder, err));
    }
    TRY(stage2_validate(&l->stage, s, m, row.map, err));
    TRY(keep_best(m, p, row.map, err));
    metrics_add(&p->metrics, &row);
    if (row.map[0] < 0)
        log_line(s->log, "%s: loss %.4f, no validation query has a relevant case", what, row.loss);
    else
        log_line(s->log, "%s: loss %.4f, validation MAP: image to text %.3f, text to image %.3f", what,
                 row.loss, row.map[0], row.map[1]);
    p->epoch++;
    p->step = 0;
    return STATUS_OK;
}

static Status one_epoch(Loop *l, Session *s, Model *m, Progress *p, const char *checkpoint, Error *err) {
    char what[64];
    snprintf(what, sizeof what, "stage 2, epoch %d/%d", p->epoch + 1, l->epochs);
    int n = s->count[SET_TRAIN];
    for (int i = 0; i < n; i++) l->rows[i] = i;
    loop_order(s, 2, p->epoch, l->rows, n, l->rows);
    for (; p->step < l->steps; p->step++) {
        if (session_stopped(s)) return checkpoint_save(checkpoint, s, m, p, err);
        TRY(one_step(l, s, m, p, err));
        log_progress(s->log, what, p->step + 1, l->steps);
    }
    TRY(finish_epoch(l, s, m, p, what, err));
    return p->epoch < l->epochs ? checkpoint_save(checkpoint, s, m, p, err) : STATUS_OK;
}

static Status run_epochs(Loop *l, Session *s, Model *m, Progress *p, const char *checkpoint, Error *err) {
    l->rows = mem_calloc((size_t)s->count[SET_TRAIN], sizeof *l->rows);
    if (!l->rows) return mem_error(err, "stage 2");
    if (s->config.end_to_end) TRY(batch_init(&l->batch, &s->data, l->size, s->pool, err));
    TRY(stage2_prepare(&l->stage, s, m, l->folder, err));
    if (ARENA_GUARD(&l->tape.arena))
        return mem_error(err, "a step of stage 2; a smaller stage2_batch needs less");
    while (p->epoch < l->epochs && !session_stopped(s)) TRY(one_epoch(l, s, m, p, checkpoint, err));
    return STATUS_OK;
}

static void begin_optimiser(const Loop *l, Model *m, Progress *p) {
    long done = p->adam.step;
    p->adam = adam_default(l->decay);
    if (p->epoch == 0 && p->step == 0)
        adam_reset(&p->adam, &m->params);
    else
        p->adam.step = done;
}

Status stage2_train(Session *s, Model *m, Progress *p, const char *checkpoint, const char *folder,
                    Error *err) {
    const Config *c = &s->config;
    bool joint = c->end_to_end;
    int n = s->count[SET_TRAIN], batch = joint ? c->stage1_batch : c->stage2_batch;
    Loop l = {.epochs = joint ? c->stage1_epochs : c->stage2_epochs,
              .size = n < batch ? n : batch,
              .peak = joint ? c->stage1_lr : c->stage2_lr,
              .decay = joint ? c->stage1_decay : c->stage2_decay,
              .folder = folder};
    l.steps = loop_steps(n, l.size);
    tape_init(&l.tape, s->pool);
    l.tape.reuse = true;
    const char *all[MODEL_STAGE2_PREFIXES + MODEL_STAGE1_PREFIXES];
    memcpy(all, MODEL_STAGE2, sizeof MODEL_STAGE2);
    memcpy(all + MODEL_STAGE2_PREFIXES, MODEL_STAGE1, sizeof MODEL_STAGE1);
    params_train_only(&m->params, all, MODEL_STAGE2_PREFIXES + (joint ? MODEL_STAGE1_PREFIXES : 0));
    begin_optimiser(&l, m, p);
    Status status = run_epochs(&l, s, m, p, checkpoint, err);
    stage2_free(&l.stage);
    batch_free(&l.batch);
    mem_free(l.rows);
    tape_free(&l.tape);
    if (status == STATUS_OK && p->epoch >= l.epochs) {
        memcpy(m->params.values, p->best, m->params.size * sizeof *p->best);
        p->stage = 3;
    }
    return status;
}
