/* Ranking by the cosine of vectors, for evaluate_vectors; of the part measures. */
#ifndef EVAL_RETRIEVAL_VECTORS_H
#define EVAL_RETRIEVAL_VECTORS_H

#include "eval/ranking.h"

typedef struct {
    const RetrievalTask *task; /* borrowed, as is labels */
    const Ranking *labels;
    double *inverse_norm; /* (database) */
} VectorRanking;

/* Fills the labels of r. STATUS_INPUT where a vector is not finite. vectors_close in every case. */
Status vectors_open(VectorRanking *v, const RetrievalTask *t, Ranking *r, Error *err);
void vectors_close(VectorRanking *v);
/* Memory for n items, for vectors_count; NULL where it ran out. */
struct Scored *vectors_scratch(size_t n);
/* The items by (cosine, shared labels) from high to low; each different cosine is a group of table. */
void vectors_count(const VectorRanking *v, size_t q, struct Scored *scored, TieTable *table);

#endif
