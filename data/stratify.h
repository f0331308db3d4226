/* Placing whole groups into sets so that every label is spread as evenly as groups allow. */
#ifndef DATA_STRATIFY_H
#define DATA_STRATIFY_H

#include "data/manifest.h"
#include "nn/base/rng.h"

/* set (n) of each case on return. take (n): 1 for the cases to place; the others keep their set. share
 * (SET_COUNT): parts that sum to 1; a set of part 0 gets nothing. */
Status stratify(const Manifest *m, const uint8_t *take, const double share[SET_COUNT], Rng *rng, Set *set,
                Error *err);

#endif
