/* Mean average precision, computed independently of eval/average_precision.c: every distance bit by bit, every ranking by a sort, every
 * tie by its definition. For audits: slow and simple. */
#ifndef EVAL_AUDIT_RECOMPUTE_H
#define EVAL_AUDIT_RECOMPUTE_H

#include "eval/case_set.h"
#include "nn/base/error.h"

/* MAP of one direction: expected over all orders of ties, and in the worst and the best order. A query without relevant items counts 0.
 * Source: McSherry & Najork, ECIR 2008, equation for expected average precision under ties. */
typedef struct {
    double expected, pessimistic, optimistic;
} Recomputed;
Status recompute_map(Recomputed *out, const CaseSet *query, const CaseSet *database, Modality from,
                     Error *err);

#endif
