#include "train/evaluate.h"

#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "train/encode.h"

Status evaluation_cases(CaseSet *c, const Session *s, Set set, Error *err) {
    size_t n = (size_t)s->count[set], classes = (size_t)session_classes(s);
    uint8_t *labels = mem_calloc(n + 1, classes);
    int *group = mem_calloc(n + 1, sizeof *group);
    const char **id = mem_calloc(n + 1, sizeof *id), **name = mem_calloc(n + 1, sizeof *name);
    *c = (CaseSet){
        .n = n, .classes = (int)classes, .labels = labels, .group = group, .id = id, .group_name = name};
    if (!labels || !group || !id || !name) return mem_error(err, "the labels of a set");
    for (size_t i = 0; i < n; i++) {
        const Case *at = &s->manifest.cases[s->index[set][i]];
        memcpy(labels + i * classes, s->manifest.labels + (size_t)s->index[set][i] * classes, classes);
        group[i] = at->group;
        id[i] = at->id;
        name[i] = s->manifest.group_names[at->group];
    }
    return STATUS_OK;
}

void evaluation_cases_free(CaseSet *c) {
    mem_free((void *)c->labels);
    mem_free((void *)c->group);
    mem_free((void *)c->id);
    mem_free((void *)c->group_name);
    memset(c, 0, sizeof *c);
}

RetrievalTask evaluation_task(const Evaluation *e, Modality from) {
    return (RetrievalTask){&e->query, &e->database, from, e->own_group_left_out};
}

Status evaluation_encode(CaseSet *c, float *score[MODALITIES], const Session *s, const Model *m, Set set,
                         Error *err) {
    c->bits = m->config.bits;
    for (Modality k = 0; k < MODALITIES; k++) {
        Encoding out = {.codes = mem_calloc(c->n, code_bytes(c->bits))};
        c->code[k] = out.codes;
        if (score) score[k] = out.scores = mem_calloc(c->n * (size_t)c->bits, sizeof *out.scores);
        if (!out.codes || (score && !out.scores)) return mem_error(err, "the codes");
        TRY(encode_cases(m, &s->data, s->index[set], s->count[set], k, &out, s->pool, s->log, err));
    }
    return STATUS_OK;
}

Status evaluation_measure(Evaluation *e, Pool *pool, Error *err) {
    for (Modality k = 0; k < MODALITIES; k++) {
        RetrievalTask t = evaluation_task(e, k);
        TRY(evaluate_codes(&e->direction[k], &t, pool, err));
        if (PART_MEASURES)
            TRY(code_health(&e->health[k], e->database.code[k], e->database.n, e->database.bits, err));
    }
    return STATUS_OK;
}

Status evaluation_run(Evaluation *e, const Session *s, const Model *m, Set which, Protocol protocol,
                      Error *err) {
    memset(e, 0, sizeof *e);
    Set database = which == SET_VAL ? SET_VAL : protocol == PROTOCOL_PUBLISHED ? SET_TRAIN : SET_DATABASE;
    e->query_set = which;
    e->database_set = database;
    e->own_group_left_out = which == database;
    if (s->count[which] == 0 || s->count[database] == 0)
        return error_set(
            err, STATUS_INPUT, "%s: the %s set has %d cases and the %s set %d; both need at least one",
            s->manifest.path, set_name(which), s->count[which], set_name(database), s->count[database]);
    TRY(evaluation_cases(&e->query, s, which, err));
    TRY(evaluation_cases(&e->database, s, database, err));
    TRY(evaluation_encode(&e->query, e->score, s, m, which, err));
    TRY(evaluation_encode(&e->database, NULL, s, m, database, err));
    return evaluation_measure(e, s->pool, err);
}

void evaluation_free(Evaluation *e) {
    for (int k = 0; k < MODALITIES; k++) {
        mem_free((void *)e->query.code[k]);
        mem_free((void *)e->database.code[k]);
        mem_free(e->score[k]);
        retrieval_free(&e->direction[k]);
    }
    evaluation_cases_free(&e->query);
    evaluation_cases_free(&e->database);
    memset(e, 0, sizeof *e);
}

Status evaluate_validation(const Session *s, int bits, const uint8_t *const code[MODALITIES],
                           double map[MODALITIES], Error *err) {
    CaseSet cases = {0};
    map[MODALITY_IMAGE] = map[MODALITY_TEXT] = -1;
    if (s->count[SET_VAL] == 0) return STATUS_OK;
    Status status = evaluation_cases(&cases, s, SET_VAL, err);
    cases.bits = bits;
    for (Modality k = 0; k < MODALITIES; k++) cases.code[k] = code[k];
    for (Modality k = 0; status == STATUS_OK && k < MODALITIES; k++) {
        Retrieval r;
        status = evaluate_codes(&r, &(RetrievalTask){&cases, &cases, k, true}, s->pool, err);
        if (status == STATUS_OK && r.without_relevant < r.queries) map[k] = r.map.expected;
        retrieval_free(&r);
    }
    evaluation_cases_free(&cases);
    return status;
}
