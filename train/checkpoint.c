#include "train/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/base/alloc.h"
#include "nn/safetensors.h"

/* One line that identifies the run: checksums of data and split, and every setting. */
static Status identity(const Session *s, Buffer *b, Error *err) {
    buffer_printf(b, "data %08x split %08x", s->manifest.crc, s->split.hash);
    for (Modality k = 0; k < MODALITIES; k++)
        if (s->own[k].x) buffer_printf(b, " %s features %08x", modality_name(k), s->own[k].crc);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char text[64];
        buffer_printf(b, " %s=%s", CONFIG_TABLE[i].name, config_value(&s->config, &CONFIG_TABLE[i], text));
    }
    return b->failed ? mem_error(err, "the checkpoint") : STATUS_OK;
}

static void set_state(StFile *f, const Progress *p) {
    char text[64 * (1 + TERM_COUNT)];
    int n = 0;
    snprintf(text, sizeof text, "%d %d %d %ld %d %a", p->stage, p->epoch, p->step, p->adam.step,
             p->best_epoch, p->best_map);
    st_set(f, "state", text);
    for (int i = 0; i <= TERM_COUNT; i++) n += snprintf(text + n, sizeof text - (size_t)n, "%a ", p->sums[i]);
    st_set(f, "sums", text);
    st_set(f, "metrics", p->metrics.data ? (const char *)p->metrics.data : "");
}

Status checkpoint_save(const char *path, const Session *s, const Model *m, const Progress *p, Error *err) {
    Buffer id = {0};
    Status status = identity(s, &id, err);
    if (status == STATUS_OK) {
        StFile f = {0};
        int64_t n = (int64_t)m->params.size;
        st_add(&f, "values", ST_F32, 1, &n, m->params.values);
        st_add(&f, "moment1", ST_F32, 1, &n, m->params.moment1);
        st_add(&f, "moment2", ST_F32, 1, &n, m->params.moment2);
        if (p->best) st_add(&f, "best", ST_F32, 1, &n, p->best);
        st_set(&f, "format", "msach checkpoint 1");
        st_set(&f, "run", (const char *)id.data);
        set_state(&f, p);
        status = st_write(&f, path, err);
        st_free(&f);
    }
    buffer_free(&id);
    return status;
}

static Status damaged(const char *path, const char *what, Error *err) {
    return error_set(err, STATUS_INPUT, "%s: %s; delete it to start from the beginning", path, what);
}

static Status take(const StFile *f, const char *path, const char *name, float *to, size_t n, Error *err) {
    const StTensor *t = st_find(f, name);
    if (!t || t->type != ST_F32 || t->rank != 1 || t->dim[0] != (int64_t)n)
        return damaged(path, "does not hold the state of this model", err);
    memcpy(to, t->data, n * sizeof *to);
    return STATUS_OK;
}

static Status read_state(const StFile *f, const char *path, Progress *p, Error *err) {
    const char *state = st_get(f, "state"), *sums = st_get(f, "sums"), *metrics = st_get(f, "metrics");
    if (!state || !sums || !metrics) return damaged(path, "has no training state", err);
    if (sscanf(state, "%d %d %d %ld %d %la", &p->stage, &p->epoch, &p->step, &p->adam.step, &p->best_epoch,
               &p->best_map) != 6 ||
        p->stage < 1 || p->stage > 3 || p->epoch < 0 || p->step < 0)
        return damaged(path, "has a malformed training state", err);
    Buffer header = {0};
    metrics_begin(&header);
    bool same = !header.failed && strncmp(metrics, (const char *)header.data, header.size) == 0;
    bool failed = header.failed;
    buffer_free(&header);
    if (failed) return mem_error(err, path);
    if (!same) return damaged(path, "was written by a build with other terms of the loss", err);
    for (int i = 0; i <= TERM_COUNT; i++) {
        char *end;
        p->sums[i] = strtod(sums, &end);
        if (end == sums) return damaged(path, "has malformed sums", err);
        sums = end;
    }
    buffer_free(&p->metrics);
    buffer_printf(&p->metrics, "%s", metrics);
    return p->metrics.failed ? mem_error(err, path) : STATUS_OK;
}

static Status load(const StFile *f, const char *path, const Session *s, Model *m, Progress *p, Error *err) {
    Buffer id = {0};
    Status status = identity(s, &id, err);
    const char *run = st_get(f, "run");
    if (status == STATUS_OK && (!run || strcmp(run, (const char *)id.data) != 0))
        status = error_set(err, STATUS_INPUT,
                           "%s: belongs to a run with other data or settings; use its data and its "
                           "config.txt, or another --out",
                           path);
    buffer_free(&id);
    if (status != STATUS_OK) return status;
    size_t n = m->params.size;
    TRY(take(f, path, "values", m->params.values, n, err));
    TRY(take(f, path, "moment1", m->params.moment1, n, err));
    TRY(take(f, path, "moment2", m->params.moment2, n, err));
    if (st_find(f, "best")) {
        if (!p->best && !(p->best = mem_calloc(n, sizeof *p->best))) return mem_error(err, path);
        TRY(take(f, path, "best", p->best, n, err));
    }
    return read_state(f, path, p, err);
}

/* The settings of stage 2 and later, cut out of an identity in place. */
static void cut_later_settings(char *run) {
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char name[80];
        int length = snprintf(name, sizeof name, " %s=", CONFIG_TABLE[i].name);
        char *at = CONFIG_TABLE[i].scope > SCOPE_STAGE1 ? strstr(run, name) : NULL;
        if (!at) continue;
        char *end = at + length + strcspn(at + length, " ");
        memmove(at, end, strlen(end) + 1);
    }
}

/* The values up to the last parameter of stage 1: those of stage 2, which follow, depend on its settings. */
static size_t stage1_values(const Model *m) {
    size_t end = 0;
    for (size_t i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        for (int k = 0; k < MODEL_STAGE1_PREFIXES; k++)
            if (strncmp(p->name, MODEL_STAGE1[k], strlen(MODEL_STAGE1[k])) == 0)
                end = (size_t)(p->tensor->data - m->params.values) + tensor_size(p->tensor);
    }
    return end;
}

static Status take_stage1(const StFile *f, const char *path, const Session *s, Model *m, bool *taken,
                          Error *err) {
    Buffer own = {0}, theirs = {0};
    const char *run = st_get(f, "run"), *state = st_get(f, "state");
    const StTensor *t = st_find(f, "values");
    size_t n = stage1_values(m);
    Status status = identity(s, &own, err);
    buffer_printf(&theirs, "%s", run ? run : "");
    if (status == STATUS_OK && theirs.failed) status = mem_error(err, path);
    if (status == STATUS_OK) {
        cut_later_settings((char *)own.data);
        cut_later_settings((char *)theirs.data);
        bool between = state && strncmp(state, "2 0 0 ", 6) == 0; /* stage, epoch, step */
        *taken = between && strcmp((char *)own.data, (char *)theirs.data) == 0;
        if (*taken && (!t || t->type != ST_F32 || t->rank != 1 || t->dim[0] < (int64_t)n))
            status = damaged(path, "does not hold stage 1 of this model", err);
    }
    if (status == STATUS_OK && *taken) memcpy(m->params.values, t->data, n * sizeof *m->params.values);
    buffer_free(&own);
    buffer_free(&theirs);
    return status;
}

Status checkpoint_take_stage1(const char *path, const Session *s, Model *m, bool *taken, Error *err) {
    StFile f;
    *taken = false;
    Status status = st_read(&f, path, true, err);
    if (status == STATUS_OK) status = take_stage1(&f, path, s, m, taken, err);
    st_free(&f);
    return status;
}

Status checkpoint_load(const char *path, const Session *s, Model *m, Progress *p, Error *err) {
    StFile f;
    Status status = st_read(&f, path, true, err);
    if (status == STATUS_OK) status = load(&f, path, s, m, p, err);
    st_free(&f);
    return status;
}
