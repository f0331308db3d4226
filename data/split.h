/* Four disjoint sets by group: train 55 %, database 20 %, query 15 %, validation 10 % of the cases; whole
 * groups, placed greedily so that every label is in every set as evenly as groups allow. It depends on
 * the split seed alone. Sources: the protocol of the evaluation (README, "Protocol"); iterative stratification (Sechidis,
 * Tsoumakas, Vlahavas, ECML PKDD 2011, doi 10.1007/978-3-642-23808-6_10) applied to
 * groups, then single moves while they improve the balance. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include "data/manifest.h"

typedef struct {
    Set *set; /* (n) of each case; SET_NONE: left out (split_make_unseen, split_thin); owned */
    int n;
    int count[SET_COUNT];
    uint32_t hash; /* crc32 over "id TAB set NEWLINE" of all cases in order */
} Split;

/* From the manifest's split column where it has one (all rows must name a set), else from the seed. Warns
 * where a label is missing in a set. Input error where a set would be empty. split_free in every case. */
Status split_make(Split *s, const Manifest *m, uint64_t split_seed, const Log *log, Error *err);

/* ---- split_variants.c, of the part variants ---- */

/* As split_make, with some labels never trained on: cases that hold one of the unseen labels go to query and
 * database alone (about 3:4), all others to train and validation alone, by group as ever: what else a group
 * with an unseen label holds is left out (SET_NONE). unseen (n_labels). */
Status split_make_unseen(Split *s, const Manifest *m, uint64_t split_seed, const uint8_t *unseen,
                         const Log *log, Error *err);
/* Takes training cases out (SET_NONE) by whole groups, in an order that the split seed alone fixes, until at most the group that
 * reaches `most` is over; a smaller number keeps a part of what a larger one keeps. The other sets stay. 0: leaves all. */
Status split_thin(Split *s, const Manifest *m, int most, uint64_t split_seed, Error *err);

Status split_write(const Split *s, const Manifest *m, const char *path,
                   Error *err); /* split.tsv: id, set, group */
void split_free(Split *s);

#endif
