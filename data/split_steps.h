/* Steps that all splits share. */
#ifndef DATA_SPLIT_STEPS_H
#define DATA_SPLIT_STEPS_H

#include "data/split.h"

/* Allocates s->set (m->n): no case is in any set. Errors: memory. */
Status split_begin(Split *s, const Manifest *m, Error *err);
/* Fills s->count and s->hash from s->set. */
void split_finish(Split *s, const Manifest *m);
/* STATUS_INPUT where a needed set is empty. */
Status split_require(const Split *s, const Manifest *m, const bool needed[SET_COUNT], Error *err);

/* ---- split_warnings.c, of the part hints ---- */

/* One warning for each label that some set of `look` lacks. skip (n_labels): 1 for labels that may be missing, or NULL. Errors: memory. */
Status split_warn_of_missing(const Split *s, const Manifest *m, const uint8_t *skip,
                             const bool look[SET_COUNT], const Log *log, Error *err);
/* The same for the sets that the split column names, and a warning where it puts cases of one group into several sets. */
Status split_warn_of_column(const Split *s, const Manifest *m, const Log *log, Error *err);

#endif
