/* Four disjoint sets by group: train 55 %, database 20 %, query 15 %, validation 10 % of the cases. Whole groups are placed greedily, so
 * that every label is spread over the sets as evenly as groups allow. The result depends on the manifest and the split seed alone.
 * Source: iterative stratification (Sechidis, Tsoumakas, Vlahavas, ECML PKDD 2011, doi 10.1007/978-3-642-23808-6_10), applied to
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

/* From the manifest's split column where it has one (all rows must name a set), else from the seed. Warns where a label is missing in
 * a set, and where the column puts one group into several sets. STATUS_INPUT where a set would be empty. Call split_free in every case. */
Status split_make(Split *s, const Manifest *m, uint64_t split_seed, const Log *log, Error *err);

/* ---- split_variants.c, of the part variants ---- */

/* As split_make, with some labels never trained on, and without regard to the split column. Cases with an unseen label go to query and
 * database (about 3:4). Cases of groups without any such case go to train and validation. The other cases of a group that holds an
 * unseen label are left out (SET_NONE). unseen (n_labels): 1 for such a label. */
Status split_make_unseen(Split *s, const Manifest *m, uint64_t split_seed, const uint8_t *unseen,
                         const Log *log, Error *err);
/* Removes training cases (SET_NONE) by whole groups. Groups are kept, in an order that the split seed alone fixes, until `most` cases are
 * reached; the last kept group may exceed that number. A smaller `most` keeps a subset of what a larger one keeps. 0 keeps all. Errors:
 * memory. */
Status split_thin(Split *s, const Manifest *m, int most, uint64_t split_seed, Error *err);

/* Writes split.tsv, atomically: columns id, set, group. */
Status split_write(const Split *s, const Manifest *m, const char *path, Error *err);
void split_free(Split *s);

#endif
