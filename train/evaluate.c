#include "train/evaluate.h"

#include <string.h>

#include "hash/code.h"
#include "nn/base/alloc.h"
#include "train/encode.h"

/* Copies the cases of one set and what evaluation needs of them. */
static Status take_cases(const Session *s, Set set, int **index, int *count, uint8_t **labels, int **group,
                         Error *err) {
    size_t n = (size_t)s->count[set], c = (size_t)session_classes(s);
    *count = s->count[set];
    *index = mem_calloc(n, sizeof **index);
    *labels = mem_calloc(n, c);
    *group = mem_calloc(n, sizeof **group);
    if (!*index || !*labels || !*group) return mem_error(err, "the evaluation");
    for (size_t i = 0; i < n; i++) {
        int which = s->index[set][i];
        (*index)[i] = which;
        (*group)[i] = s->manifest.cases[which].group;
        memcpy(*labels + i * c, s->manifest.labels + (size_t)which * c, c);
    }
    return STATUS_OK;
}

static Status encode_set(const Session *s, const Model *m, const int *index, int n, uint8_t *codes[2],
                         Error *err) {
    for (Modality k = 0; k < MODALITIES; k++) {
        codes[k] = mem_calloc((size_t)n, code_bytes(m->config.bits));
        if (!codes[k]) return mem_error(err, "the codes");
        Encoding out = {.codes = codes[k]};
        TRY(encode_cases(m, &s->data, index, n, k, &out, s->pool, s->log, err));
    }
    return STATUS_OK;
}

static Status both_directions(Evaluation *e, Pool *pool, Error *err) {
    for (Modality k = 0; k < MODALITIES; k++) {
        RetrievalTask task = {.queries = (size_t)e->n_query,
                              .database = (size_t)e->n_database,
                              .bits = e->bits,
                              .query_codes = e->query_codes[k],
                              .database_codes = e->database_codes[modality_other(k)],
                              .classes = e->classes,
                              .query_labels = e->query_labels,
                              .database_labels = e->database_labels};
        if (e->own_group_left_out) task.query_group = e->query_group, task.database_group = e->database_group;
        TRY(retrieval_evaluate(&e->direction[k], &task, pool, err));
        TRY(code_health(&e->health[k], e->database_codes[k], (size_t)e->n_database, e->bits, err));
    }
    return STATUS_OK;
}

Status evaluation_run(Evaluation *e, const Session *s, const Model *m, Set which, Protocol protocol,
                      Error *err) {
    memset(e, 0, sizeof *e);
    Set database = which == SET_VAL ? SET_VAL : protocol == PROTOCOL_PUBLISHED ? SET_TRAIN : SET_DATABASE;
    e->bits = m->config.bits;
    e->classes = session_classes(s);
    e->own_group_left_out = which == database;
    if (s->count[which] == 0 || s->count[database] == 0)
        return error_set(
            err, STATUS_INPUT, "%s: the %s set has %d cases and the %s set %d; both need at least one",
            s->manifest.path, set_name(which), s->count[which], set_name(database), s->count[database]);
    TRY(take_cases(s, which, &e->query, &e->n_query, &e->query_labels, &e->query_group, err));
    TRY(take_cases(s, database, &e->database, &e->n_database, &e->database_labels, &e->database_group, err));
    TRY(encode_set(s, m, e->query, e->n_query, e->query_codes, err));
    TRY(encode_set(s, m, e->database, e->n_database, e->database_codes, err));
    return both_directions(e, s->pool, err);
}

void evaluation_free(Evaluation *e) {
    mem_free(e->query);
    mem_free(e->database);
    mem_free(e->query_labels);
    mem_free(e->database_labels);
    mem_free(e->query_group);
    mem_free(e->database_group);
    for (Modality k = 0; k < MODALITIES; k++) {
        mem_free(e->query_codes[k]);
        mem_free(e->database_codes[k]);
        retrieval_free(&e->direction[k]);
    }
    memset(e, 0, sizeof *e);
}

double evaluation_map(const Evaluation *e) {
    return (e->direction[0].map.expected + e->direction[1].map.expected) / 2;
}
