/* The health of a run's codes as one page: balance, correlation, distances and maps. */
#ifndef TRAIN_INSPECT_PAGE_H
#define TRAIN_INSPECT_PAGE_H

#include "train/evaluate.h"

enum { INSPECT_MAPPED = 300 }; /* most cases that the maps draw, evenly spread */

/* e: an evaluation of the session's model. The maps are of the database codes of both modalities together, coloured by the
 * case's first label. */
Status inspect_page(const char *path, const Session *s, const Evaluation *e, Error *err);

#endif
