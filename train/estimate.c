#include "train/estimate.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "data/picture/descriptor.h"
#include "hash/ridge.h"
#include "nn/base/ints.h"
#include "nn/base/parts.h"
#include "train/calibrate.h"
#include "train/experts.h"
#include "train/loop.h"

enum { SAMPLE = 256, ADAM_VALUES = 2 };

double memory_peak(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
#ifdef __APPLE__
    return (double)u.ru_maxrss; /* bytes there, KiB elsewhere */
#else
    return (double)u.ru_maxrss * 1024;
#endif
}

/* ---- The sample ---- */

/* Keeps evenly spaced cases of each set: this part of it, and at least two. */
static void take_part(Session *s, double part) {
    for (int set = 0; set < SET_COUNT; set++) {
        int whole = s->count[set], left = int_min(whole, int_max(2, (int)(part * whole)));
        for (int i = 0; i < left; i++) s->index[set][i] = s->index[set][(long)i * whole / left];
        s->count[set] = left;
    }
}

/* ---- Time ---- */

static const int EPOCHS[2] = {3, 12}; /* of each stage that are measured */

/* When steps and epochs ended, s. */
typedef struct {
    double first_step, last_epoch;
} Seen;

static void see_progress(void *ctx, const char *what, long done, long total) {
    Seen *seen = ctx;
    (void)done, (void)total;
    if (strncmp(what, "stage", 5) == 0 && seen->first_step == 0) seen->first_step = log_clock();
}

static void see_line(void *ctx, const char *text) {
    if (strncmp(text, "stage", 5) == 0) ((Seen *)ctx)->last_epoch = log_clock();
}

/* s of an epoch, and beside the epochs: experts, features, graphs. */
typedef struct {
    double epoch, once;
} Times;

/* The first step is not counted as a step: its memory is new. */
static Status time_stage(Session *s, Model *m, int stage, Times *t, Error *err) {
    Seen seen = {0};
    Log log = {.ctx = &seen, .line = see_line, .progress = see_progress};
    Progress p;
    progress_begin(&p);
    p.stage = stage;
    s->config.stage1_epochs = s->config.stage2_epochs = EPOCHS[stage - 1];
    s->config.feature_mib = INT_MAX; /* no file */
    s->log = &log;
    int size, steps, epochs;
    loop_sizes(s, stage, &size, &steps, &epochs);
    double begun = log_clock();
    Status status = train_stage(s, m, &p, NULL, ".", err);
    double spent = log_clock() - begun;
    s->log = NULL;
    progress_free(&p);
    if (status == STATUS_OK && session_stopped(s)) return error_set(err, STATUS_CHECK, "stopped");
    t->epoch = (seen.last_epoch - seen.first_step) / (epochs - 1.0 / steps);
    t->once = spent > t->epoch * epochs ? spent - t->epoch * epochs : 0;
    return status;
}

/* End to end there is no stage 1 of its own. */
static Status time_stages(Session *s, Model *m, Times t[2], Error *err) {
    for (int i = s->config.end_to_end ? 1 : 0; i < 2; i++) TRY(time_stage(s, m, i + 1, &t[i], err));
    return STATUS_OK;
}

/* Work beside the epochs has a part that does not grow with the cases; a second measurement of half of the sample shows it. */
static Status grow_once(Session *s, Model *m, const Times whole[2], double cases, double *seconds,
                        Error *err) {
    Times half[2] = {{0}};
    double n = s->count[SET_TRAIN];
    take_part(s, 0.5);
    TRY(time_stages(s, m, half, err));
    double more = whole[0].once + whole[1].once - half[0].once - half[1].once;
    *seconds = whole[0].once + whole[1].once;
    if (more > 0 && s->count[SET_TRAIN] < n) *seconds += more / (n - s->count[SET_TRAIN]) * (cases - n);
    return STATUS_OK;
}

static Status time_test(const Session *s, const Model *m, double *seconds, Error *err) {
    Evaluation e;
    Calibration c = {0};
    double begun = log_clock();
    Status status = evaluation_run(&e, s, m, SET_QUERY, PROTOCOL_HONEST, err);
    if (PART_CONFIDENCE && status == STATUS_OK) status = calibrate(&c, s, m, &e.database, err);
    *seconds = log_clock() - begun;
    if (PART_CONFIDENCE) calibration_free(&c);
    evaluation_free(&e);
    return status;
}

/* ---- Memory and disk ---- */

/* Bytes a training case of the features of stage 2 that may go to a file (train/features.h). */
static double feature_bytes(const Session *s, const Model *m) {
    const ModelConfig *c = &m->config;
    int grid = c->image_size / CNN_SHRINK, tokens[MODALITIES];
    tokens[0] = c->own[0].width ? c->own[0].tokens : grid * grid;
    tokens[1] = c->own[1].width ? c->own[1].tokens : c->text_length;
    return c->semantic
               ? 0
               : sizeof(float) * (1.0 + s->config.views) * c->dim * (tokens[0] + tokens[1] + MODALITIES);
}

static double fit_bytes(double cases, double m) {
    return sizeof(float) * cases * m + sizeof(double) * m * (m + fmin(cases, RIDGE_CHUNK));
}

/* Bytes in RAM between the stages: posteriors, what the experts say, u of the networks; the fit of an expert, with the features of all
 * cases and L^-1 Phi' of a chunk (hash/ridge.h), and for pictures the descriptors. */
static double expert_bytes(const Session *s, const Model *m, double cases) {
    const ModelConfig *c = &m->config;
    double kept = MODALITIES * sizeof(float) * ((4.0 + s->config.views) * c->classes + c->dim) * cases;
    if (!m->landmark) return kept;
    const int *landmark = m->landmark->dim; /* M, D */
    double image = fit_bytes(cases, landmark[0]) + sizeof(float) * cases * landmark[1],
           text = fit_bytes(cases, m->idf->dim[0]);
    return kept + (image > text ? image : text);
}

/* base: bytes in RAM before the sample. Features are there while the experts are fitted; the tapes of the steps are not. */
static void estimate_room(Estimate *e, const Session *s, const Model *m, double base) {
    double values = sizeof(real) * (double)m->params.size, features = feature_bytes(s, m) * e->cases;
    bool mapped = features > (double)s->config.feature_mib * (1 << 20);
    double between = base + expert_bytes(s, m, e->cases) + (mapped ? 0 : features), steps = memory_peak();
    e->features = mapped ? features : 0;
    e->memory = between > steps ? between : steps;
    e->disk =
        values * (1 + 1 + ADAM_VALUES + 1); /* the model; weights, moments and best epoch of the checkpoint */
}

Status estimate_training(Estimate *e, Session *s, Error *err) {
    Model m = {0};
    Times t[2] = {{0}};
    const Config given = s->config;
    const Log *log = s->log;
    double base = memory_peak();
    *e = (Estimate){.cases = s->count[SET_TRAIN]};
    int size, steps[2], sampled[2], epochs,
        most = int_max(SAMPLE, 2 * int_max(given.stage1_batch, given.stage2_batch));
    for (int i = 0; i < 2; i++) loop_sizes(s, i + 1, &size, &steps[i], &e->epochs[i]);
    if (e->cases > most) take_part(s, (double)most / e->cases);
    e->sample = s->count[SET_TRAIN];
    for (int i = 0; i < 2; i++) loop_sizes(s, i + 1, &size, &sampled[i], &epochs);
    log_line(log, "measuring on %d of %d training cases", e->sample, e->cases);
    s->log = NULL;
    Status status = terms_model(s, &m, err);
    if (status == STATUS_OK) status = time_stages(s, &m, t, err);
    if (status == STATUS_OK) status = time_test(s, &m, &e->test, err);
    if (status == STATUS_OK) status = grow_once(s, &m, t, e->cases, &e->experts, err);
    s->config = given;
    s->log = log;
    for (int i = 0; i < 2; i++) e->stage[i] = t[i].epoch * e->epochs[i] * steps[i] / sampled[i];
    e->test *= (double)e->cases / e->sample;
    if (status == STATUS_OK) estimate_room(e, s, &m, base);
    model_free(&m);
    return status;
}
