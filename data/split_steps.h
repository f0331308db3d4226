/* What all splits share. */
#ifndef DATA_SPLIT_STEPS_H
#define DATA_SPLIT_STEPS_H

#include "data/split.h"

/* No case in any set. */
Status split_begin(Split *s, const Manifest *m, Error *err);
/* Fills counts and hash. */
void split_finish(Split *s, const Manifest *m);
/* STATUS_INPUT where a needed set is empty. */
Status split_require(const Split *s, const Manifest *m, const bool needed[SET_COUNT], Error *err);

/* ---- split_warnings.c, of the part hints ---- */

/* One warning for each label that some set lacks. skip (n_labels): labels that may be missing, or NULL. look: the sets to check. */
Status split_warn_of_missing(const Split *s, const Manifest *m, const uint8_t *skip,
                             const bool look[SET_COUNT], const Log *log, Error *err);
/* The same for the sets that a column names, and a warning where one group has cases in several. */
Status split_warn_of_column(const Split *s, const Manifest *m, const Log *log, Error *err);

#endif
