/* The measures of a query other than MAP and P@K, their means, and the curve by radius; of the part measures. */
#ifndef EVAL_MEASURES_H
#define EVAL_MEASURES_H

#include "eval/retrieval.h"

/* Curves are summed chunk by chunk of queries, then over chunks in order. */
typedef struct {
    size_t queries, database;
    int radii, chunks;
    const double *harmonic; /* borrowed */
    double *discount;       /* (database + 1) */
    RadiusSum *sums;        /* (chunks, radii) */
} Measures;

/* Also allocates the curve of r. measures_close in every case. */
Status measures_open(Measures *m, Retrieval *r, int chunks, const double *harmonic, Error *err);
void measures_close(Measures *m);
void measures_of_query(const Measures *m, const TieTable *table, const Ties *ties, QueryMeasures *q);
void measures_add_radii(const Measures *m, int chunk, const Ties *ties);
/* measures_add adds a query to the sums of r; measures_divide divides them by the number of queries; measures_curve fills r->curve. */
void measures_add(Retrieval *r, const QueryMeasures *q);
void measures_divide(Retrieval *r);
void measures_curve(const Measures *m, Retrieval *r);

#endif
