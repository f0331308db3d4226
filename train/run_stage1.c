#include <stdio.h>
#include <string.h>

#include "nn/base/parts.h"
#include "train/calibrate.h"
#include "train/mixture.h"
#include "train/run.h"

void model_copy_weights(Model *to, const Model *from, const char *const *prefixes, int n) {
    for (size_t i = 0; i < to->params.count; i++) {
        const Param *p = &to->params.items[i];
        const Param *q = params_find(&from->params, p->name);
        bool wanted = false;
        for (int k = 0; k < n; k++)
            wanted = wanted || strncmp(p->name, prefixes[k], strlen(prefixes[k])) == 0;
        if (wanted && q && tensor_same_shape(p->tensor, q->tensor))
            memcpy(p->tensor->data, q->tensor->data, tensor_size(p->tensor) * sizeof(real));
    }
}

Status run_take_stage1(Session *s, Model *m, Progress *p, const char *run, Error *err) {
    ModelFile f;
    char hash[16];
    Status status = model_open(&f, run, err);
    if (status == STATUS_OK) {
        snprintf(hash, sizeof hash, "%08x", s->split.hash);
        const char *theirs = st_get(&f.file, "split_hash");
        ModelConfig a = m->config, b = f.model.config;
        if (!theirs || strcmp(theirs, hash) != 0)
            status = error_set(err, STATUS_INPUT,
                               "%s: its stage 1 was trained on another split, so that it may have seen cases "
                               "of this database; use a run with the same data and split_seed",
                               run);
        else if (a.image_size != b.image_size || a.width != b.width || a.blocks != b.blocks ||
                 a.dim != b.dim || a.words != b.words || a.buckets != b.buckets ||
                 a.text_length != b.text_length || a.classes != b.classes ||
                 memcmp(a.own, b.own, sizeof a.own) != 0)
            status = error_set(
                err, STATUS_INPUT,
                "%s: its stage 1 has other sizes than this configuration; use the settings of that run", run);
        else if (f.config.end_to_end && s->config.posterior > 0)
            status = error_set(err, STATUS_INPUT,
                               "%s: was trained end to end, without the classifier of stage 1; use --set "
                               "posterior=0",
                               run);
        else
            model_copy_weights(m, &f.model, MODEL_STAGE1, MODEL_STAGE1_PREFIXES);
        if (status == STATUS_OK && m->landmark)
            status = mixture_fit(s, m, err); /* also of a run that had none */
    }
    model_close(&f);
    p->stage = 2;
    return status;
}

/* A case of this archive's own evaluation that the other run learned would make its figures too high. */
static Status check_start(const Session *s, const ModelFile *f, const char *run, Error *err) {
    char hash[16];
    snprintf(hash, sizeof hash, "%08x", s->split.hash);
    const char *split = st_get(&f->file, "split_hash");
    if (split && model_is_of(f, s->manifest.crc) && strcmp(split, hash) != 0)
        return error_set(
            err, STATUS_INPUT,
            "%s: was trained on another split of this archive, so that it may have seen cases of this "
            "database; use a run of another archive or of this split_seed",
            run);
    if (PART_CONFIDENCE && !model_is_of(f, s->manifest.crc)) calibrate_seen(&f->calibration, s);
    return STATUS_OK;
}

Status run_take_start(const Session *s, Model *m, const char *run, Error *err) {
    ModelFile f;
    Status status = model_open(&f, run, err);
    if (status == STATUS_OK) status = check_start(s, &f, run, err);
    ModelConfig a = m->config, b = f.model.config;
    bool own = a.own[MODALITY_IMAGE].width || b.own[MODALITY_IMAGE].width;
    if (status == STATUS_OK && own)
        status = error_set(
            err, STATUS_INPUT,
            "%s: --init copies a network for pictures, and %s has features of another program; leave it out",
            run, a.own[MODALITY_IMAGE].width ? "this training" : "that run");
    if (status == STATUS_OK && (a.width != b.width || a.blocks != b.blocks))
        status = error_set(
            err, STATUS_INPUT,
            "%s: its image network has width %d and %d blocks, this one %d and %d; use --set width=%d "
            "--set blocks=%d",
            run, b.width, b.blocks, a.width, a.blocks, b.width, b.blocks);
    if (status == STATUS_OK)
        model_copy_weights(m, &f.model, (const char *const[]){"image.stem.", "image.stage"}, 2);
    model_close(&f);
    return status;
}
