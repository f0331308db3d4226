/* Sets of cases as evaluation sees them, and one direction of retrieval between two sets. All arrays are borrowed. */
#ifndef EVAL_CASE_SET_H
#define EVAL_CASE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/code.h"

/* n cases of one or both modalities. */
typedef struct {
    size_t n;
    int bits, classes, dim;
    const uint8_t *code[MODALITIES]; /* (n, bits/8) by Modality, hash/code.h; NULL: not given */
    const float *vector[MODALITIES]; /* (n, dim) by Modality, for evaluate_vectors; NULL: not given */
    const uint8_t *labels;           /* (n, classes), each 0 or not 0 */
    const int *group;                /* (n) equal for cases of one patient or video; NULL: not given */
    const char *const *id;           /* (n); NULL: not given */
    const char *const *group_name;   /* (n); NULL: not given */
} CaseSet;

/* Every query ranks the whole database, by its own code (or vector) of modality `from` and the items' codes of the
 * other modality. An item is relevant where it shares a label with the query. */
typedef struct {
    const CaseSet *query, *database;
    Modality from;
    bool other_groups; /* items of the query's own group are not ranked (validation); both sets have groups */
} RetrievalTask;

#endif
