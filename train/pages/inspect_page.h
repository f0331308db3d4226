/* The health of the codes of a run as one page: balance, correlation, distances and maps. */
#ifndef TRAIN_INSPECT_PAGE_H
#define TRAIN_INSPECT_PAGE_H

#include "train/evaluate.h"

enum { INSPECT_MAPPED = 300 }; /* the maps draw at most so many cases, evenly spread */

/* Writes the page to path. e: an evaluation of test queries in the session s. The maps show the database codes of both
 * modalities together, coloured by the first label of a case. */
Status inspect_page(const char *path, const Session *s, const Evaluation *e, Error *err);

#endif
