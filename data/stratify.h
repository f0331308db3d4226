/* Placing whole groups into sets so that every label is spread as evenly as groups allow. */
#ifndef DATA_STRATIFY_H
#define DATA_STRATIFY_H

#include "data/manifest.h"
#include "nn/base/rng.h"

/* take (n): 1 for the cases to place. On return set (n) holds the set of each; the other cases keep theirs. share (SET_COUNT): each
 * set's share of the cases, with sum 1; a set with share 0 gets none. Errors: memory. */
Status stratify(const Manifest *m, const uint8_t *take, const double share[SET_COUNT], Rng *rng, Set *set,
                Error *err);

#endif
