/* Average precision cut at a rank, and how much a ranking ties; of the part measures. */
#ifndef EVAL_AVERAGE_PRECISION_CUT_H
#define EVAL_AVERAGE_PRECISION_CUT_H

#include "eval/average_precision.h"

/* Expected AP of the first k ranks: the sum of average_precision.h cut at rank k, over min(R, k). */
double average_precision_at(const Ties *ties, size_t k, const double *harmonic);

/* Mean over items of the size of their tie group: 1 without ties, n where all items tie. */
double tie_mean(const Ties *ties);

#endif
