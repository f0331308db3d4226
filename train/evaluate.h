/* A trained model on its queries and its database: codes of both modalities, then both directions. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include "eval/health.h"
#include "eval/retrieval.h"
#include "hash/search/index.h"
#include "train/session.h"

/* The database of an evaluation. honest: the database set, on which nothing is trained. published: the training set, as
 * in most papers; a report shows it only next to the honest result. */
typedef enum { PROTOCOL_HONEST, PROTOCOL_PUBLISHED } Protocol;

/* Labels, groups and ids of the cases of one set, in the order of s->index[set]. The caller adds codes and vectors. The
 * arrays are owned, the names in them borrowed from s; evaluation_cases_free in every case. */
Status evaluation_cases(CaseSet *c, const Session *s, Set set, Error *err);
void evaluation_cases_free(CaseSet *c);
/* Adds the codes of both modalities to c, of the same set: owned, mem_free each. score: receives the scores too, or NULL. */
Status evaluation_encode(CaseSet *c, float *score[MODALITIES], const Session *s, const Model *m, Set set,
                         Error *err);

/* Codes are owned; evaluation_free. */
typedef struct {
    Set query_set, database_set; /* case i of `query` is manifest case s->index[query_set][i] */
    CaseSet query, database;
    bool own_group_left_out;         /* validation: queries and database are the same cases */
    Retrieval direction[MODALITIES]; /* by Modality of the queries */
    CodeHealth health[MODALITIES];   /* of the database codes */
    float *score[MODALITIES]; /* (queries, bits) s_m before the sign; NULL where only codes are known */
} Evaluation;

/* The task of one direction, as it was evaluated. */
RetrievalTask evaluation_task(const Evaluation *e, Modality from);

/* which: SET_QUERY against the protocol's database, or SET_VAL against the other validation cases. evaluation_free in every case. */
Status evaluation_run(Evaluation *e, const Session *s, const Model *m, Set which, Protocol protocol,
                      Error *err);
void evaluation_free(Evaluation *e);
/* Fills direction and health of e, whose sets hold codes, labels and groups. */
Status evaluation_measure(Evaluation *e, Pool *pool, Error *err);

/* Validation: expected MAP by Modality of the queries, of codes (n, bits/8) of the validation cases; each query searches
 * the cases of other groups. -1 where no query has a relevant case, and without validation cases. */
Status evaluate_validation(const Session *s, int bits, const uint8_t *const code[MODALITIES],
                           double map[MODALITIES], Error *err);

#endif
