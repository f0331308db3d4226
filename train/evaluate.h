/* A trained model on its queries and its database: codes of both modalities, then both directions. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include "eval/health.h"
#include "eval/retrieval.h"
#include "hash/search/index.h"
#include "train/session.h"

/* honest: the database set, never trained on. published: the training set, as most papers do; reported
 * beside, never instead. */
typedef enum { PROTOCOL_HONEST, PROTOCOL_PUBLISHED } Protocol;

/* Rows: query cases, then database cases, each in manifest order. */
typedef struct {
    int *query, *database; /* cases: places in the manifest */
    int n_query, n_database, bits, classes;
    uint8_t *query_codes[2], *database_codes[2]; /* by Modality */
    uint8_t *query_labels, *database_labels;     /* (n, classes) */
    int *query_group, *database_group;
    bool own_group_left_out; /* validation: queries and database are the same cases */
    Retrieval direction[2];  /* by Modality of the queries */
    CodeHealth health[2];    /* of the database codes, by Modality */
} Evaluation;

/* which: SET_QUERY against the protocol's database, or SET_VAL against the other validation cases.
 * evaluation_free in every case. */
Status evaluation_run(Evaluation *e, const Session *s, const Model *m, Set which, Protocol protocol,
                      Error *err);
void evaluation_free(Evaluation *e);

/* Mean of the expected MAP of both directions. */
double evaluation_map(const Evaluation *e);

#endif
