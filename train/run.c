#include "train/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/lock.h"
#include "nn/base/parts.h"
#include "train/calibrate.h"
#include "train/encode.h"
#include "train/loop.h"
#include "train/mixture.h"
#include "train/own_input.h"
#include "train/pages/report.h"
#include "train/warnings.h"

/* Paths of a run's files. */
typedef struct {
    char *config, *metrics, *split, *model, *checkpoint;
    Lock lock;
} RunFiles;

static Status files_begin(RunFiles *f, const char *out, Error *err) {
    f->config = path_join(out, "config.txt");
    f->metrics = path_join(out, "metrics.tsv");
    f->split = path_join(out, "split.tsv");
    f->model = path_join(out, "model.safetensors");
    f->checkpoint = path_join(out, "checkpoint.safetensors");
    if (f->config && f->metrics && f->split && f->model && f->checkpoint) return STATUS_OK;
    return mem_error(err, "the run");
}

static void files_end(RunFiles *f) {
    if (PART_RESUME) lock_release(&f->lock);
    mem_free(f->config);
    mem_free(f->metrics);
    mem_free(f->split);
    mem_free(f->model);
    mem_free(f->checkpoint);
}

static Status write_metrics(const RunFiles *f, const Progress *p, Error *err) {
    return file_write(f->metrics, p->metrics.data, p->metrics.size, err);
}

/* Evaluates the test queries, once; the results go into the model's metadata and the report. */
static Status finish(const RunFiles *f, const RunOptions *o, Session *s, const Model *m, Progress *p,
                     Error *err) {
    Evaluation e;
    Calibration c = {0};
    Status status = evaluation_run(&e, s, m, SET_QUERY, PROTOCOL_HONEST, err);
    if (PART_CONFIDENCE && status == STATUS_OK) status = calibrate(&c, s, m, &e.database, err);
    if (status == STATUS_OK) {
        Fact facts[] = {{"data_crc32", ""},        {"split_hash", ""},
                        {"best_epoch", ""},        {"map_validation", ""},
                        {"map_image_to_text", ""}, {"map_text_to_image", ""},
                        {"training_cases", ""},    {"data", ""}};
        snprintf(facts[0].value, sizeof facts[0].value, "%08x", s->manifest.crc);
        snprintf(facts[1].value, sizeof facts[1].value, "%08x", s->split.hash);
        snprintf(facts[2].value, sizeof facts[2].value, "%d", p->best_epoch);
        snprintf(facts[3].value, sizeof facts[3].value, "%.6f", p->best_map);
        snprintf(facts[4].value, sizeof facts[4].value, "%.6f", e.direction[0].map.expected);
        snprintf(facts[5].value, sizeof facts[5].value, "%.6f", e.direction[1].map.expected);
        snprintf(facts[6].value, sizeof facts[6].value, "%d", s->count[SET_TRAIN]);
        manifest_name(s->manifest.path, facts[7].value, sizeof facts[7].value);
        status = model_save(f->model, m, &s->config, &s->vocab, s->manifest.label_names, session_classes(s),
                            &c, facts, 8, err);
    }
    if (PART_CONFIDENCE) calibration_free(&c);
    if (status == STATUS_OK) status = write_metrics(f, p, err);
#if PART_PAGES
    if (status == STATUS_OK) status = report_write(o->out, o->command, s, m, p, &e, err);
#else
    (void)o;
#endif
    if (status == STATUS_OK)
        log_line(s->log,
                 "test MAP at %d bits: image to text %.3f (chance %.3f), text to image %.3f (chance %.3f); "
                 "epoch %d of stage 2",
                 e.query.bits, e.direction[0].map.expected, e.direction[0].map_random,
                 e.direction[1].map.expected, e.direction[1].map_random, p->best_epoch);
    evaluation_free(&e);
    return status;
}

static void log_sets(const Session *s) {
    log_line(s->log, "%d cases: %d train, %d validation, %d query, %d database; %d labels, %d words",
             s->manifest.n, s->count[SET_TRAIN], s->count[SET_VAL], s->count[SET_QUERY],
             s->count[SET_DATABASE], session_classes(s), s->vocab.n);
}

static Status refuse_overwrite(const RunFiles *f, const RunOptions *o, Error *err) {
    if (o->resume || (!path_exists(f->model) && !path_exists(f->checkpoint))) return STATUS_OK;
    return error_set(err, STATUS_USAGE, "%s: holds a run already; go on with --resume, or use another --out",
                     o->out);
}

/* Makes the folder, once all input is accepted. Loads the checkpoint where the run is resumed and has one; else starts from the beginning. */
static Status begin(RunFiles *f, const RunOptions *o, Session *s, Model *m, Progress *p, Error *err) {
    bool resumed = PART_RESUME && o->resume && path_exists(f->checkpoint);
    if (PART_RESUME && o->stage1 && !resumed) TRY(run_take_stage1(s, m, p, o->stage1, err));
    if (PART_RESUME && o->init && !resumed) TRY(run_take_start(s, m, o->init, err));
    TRY(dir_make(o->out, err));
    if (PART_RESUME && !f->lock.path) TRY(run_lock(&f->lock, o->out, err));
    TRY(refuse_overwrite(f, o, err)); /* another run may have ended meanwhile */
    if (resumed) return checkpoint_load(f->checkpoint, s, m, p, err);
    if (o->resume) log_line(s->log, "%s: no checkpoint yet; training starts from the beginning", o->out);
    char *data = path_real(o->data);
    Status status =
        data ? config_write(&s->config, data, f->config, err) : error_from_errno(err, o->data, "find");
    mem_free(data);
    if (status != STATUS_OK) return status;
    return split_write(&s->split, &s->manifest, f->split, err);
}

Status run_train(const RunOptions *o, const Config *c, Pool *pool, const Log *log, RunEnd *end, Error *err) {
    RunFiles f = {0};
    Session s = {0};
    Model m = {0};
    Progress p;
    *end = RUN_STOPPED;
    TRY(terms_check(c, err));
    progress_begin(&p);
    Status status = files_begin(&f, o->out, err);
    if (PART_RESUME && status == STATUS_OK && path_exists(o->out)) status = run_lock(&f.lock, o->out, err);
    if (status == STATUS_OK) status = refuse_overwrite(&f, o, err);
    if (status == STATUS_OK) status = session_open(&s, c, o->data, &o->manifest, pool, log, err);
    s.stop = o->stop;
    if (status == STATUS_OK) log_sets(&s);
    if (PART_HINTS && status == STATUS_OK && !o->resume) status = warn_of_data(&s, err);
    if (status == STATUS_OK) status = terms_model(&s, &m, err);
    if (status == STATUS_OK) status = begin(&f, o, &s, &m, &p, err);
    bool was_finished = p.stage == 3;
    if (s.config.end_to_end && p.stage == 1) p.stage = 2; /* it trains both at once */
    while (status == STATUS_OK && p.stage < 3 && !session_stopped(&s)) {
        status = train_stage(&s, &m, &p, f.checkpoint, o->out, err);
        if (status == STATUS_OK) status = write_metrics(&f, &p, err);
    }
    if (status == STATUS_OK && p.stage == 3 && !was_finished) {
        status = finish(&f, o, &s, &m, &p, err);
        if (PART_RESUME && status == STATUS_OK) status = checkpoint_save(f.checkpoint, &s, &m, &p, err);
    }
    if (p.stage == 3) *end = was_finished ? RUN_WAS_FINISHED : RUN_FINISHED;
    progress_free(&p);
    model_free(&m);
    session_close(&s);
    files_end(&f);
    return status;
}

/* ---- Opening ---- */

static Status check_split(const ModelFile *f, const Session *s, Error *err) {
    char hash[16];
    const char *split = st_get(&f->file, "split_hash");
    snprintf(hash, sizeof hash, "%08x", s->split.hash);
    if (!model_is_of(f, s->manifest.crc)) {
        if (!s->manifest.has_split)
            return error_set(err, STATUS_INPUT,
                             "%s: is not the manifest that the model was trained on; give that one, or one "
                             "whose 'split' column "
                             "says which cases are train, query and database",
                             s->manifest.path);
        return STATUS_OK;
    }
    for (Modality k = 0; k < MODALITIES; k++)
        if (s->own[k].crc != f->model.config.own[k].crc)
            log_warn(s->log,
                     "%s: its %s features are not those that the model was trained on; are they of the same "
                     "encoder?",
                     s->manifest.path, modality_name(k));
    if (split && strcmp(split, hash) == 0) return STATUS_OK;
    return error_set(err, STATUS_INPUT, "%s: its split (%s) is not the model's (%s)", s->manifest.path, hash,
                     split ? split : "none");
}

Status run_open(ModelFile *f, Session *s, const char *run, const char *manifest, const ManifestOptions *o,
                Pool *pool, const Log *log, Error *err) {
    memset(s, 0, sizeof *s);
    memset(f, 0, sizeof *f);
    TRY(model_open(f, run, err));
    if (!path_exists(manifest))
        return error_set(err, STATUS_INPUT, "%s: no such manifest; say where it is with --data", manifest);
    if (PART_ARRAYS) TRY(own_input_given(&f->model, o->features, (const bool[]){true, true}, err));
    TRY(session_open_for(s, &f->config, manifest, o, &f->vocab, f->label_names, f->n_labels,
                         f->model.config.mean, f->model.config.deviation, pool, log, err));
    return check_split(f, s, err);
}
