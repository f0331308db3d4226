/* The files of `eval --dump`: all that somebody else's program needs to compute the same figures. Codes and
 * labels as .npy (uint8), ids, groups and label names as text (one a line; backslash, tab and newline as \\,
 * \t, \n), per_query.tsv, and qrels and runs for trec_eval: image_codes_query.npy text_codes_query.npy
 * image_codes_database.npy text_codes_database.npy (n, bits/8) labels_query.npy labels_database.npy (n,
 * classes)   ids_query.txt ids_database.txt groups_query.txt groups_database.txt label_names.txt (where
 * given) per_query.tsv  qrels.txt  run_image_to_text.txt  run_text_to_image.txt */
#ifndef EVAL_DUMP_H
#define EVAL_DUMP_H

#include "eval/retrieval.h"

typedef struct {
    const CaseSet *query, *database; /* codes of both modalities, labels, ids; group_name where it is known */
    const char *const *label_name;   /* (classes) or NULL */
    const Retrieval *direction;      /* (MODALITIES) by Modality of the queries */
    size_t run_depth;                /* ranks of each query in the runs; 0: all */
} Dump;

/* Makes the folder where it is missing; files that are there are replaced. */
Status dump_write(const char *folder, const Dump *d, Error *err);

#endif
