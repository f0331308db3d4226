/* The files of `eval --dump`: all that somebody else's program needs to compute the same figures. Codes and
 * labels as .npy (uint8), ids, groups and label names as text (one a line; backslash, tab and newline as \\,
 * \t, \n), per_query.tsv, and qrels and runs for trec_eval: image_codes_query.npy text_codes_query.npy
 * image_codes_database.npy text_codes_database.npy (n, bits/8) labels_query.npy labels_database.npy (n,
 * classes)   ids_query.txt ids_database.txt groups_query.txt groups_database.txt label_names.txt (where
 * given) per_query.tsv  qrels.txt  run_image_to_text.txt  run_text_to_image.txt */
#ifndef EVAL_DUMP_H
#define EVAL_DUMP_H

#include "eval/retrieval.h"

/* One side of the retrieval: n cases with both codes. group_name may be NULL. */
typedef struct {
    size_t n;
    const uint8_t *image_codes, *text_codes; /* (n, bits/8) */
    const uint8_t *labels;                   /* (n, classes) */
    const char *const *id;                   /* (n) */
    const char *const *group_name;           /* (n) or NULL */
} DumpSide;

typedef struct {
    int bits, classes;
    DumpSide query, database;
    const char *const *label_name; /* (classes) or NULL */
    const Retrieval *image_to_text, *text_to_image;
    size_t run_depth; /* ranks of each query in the runs; 0: all */
} Dump;

/* Makes the folder where it is missing; files that are there are replaced. */
Status dump_write(const char *folder, const Dump *d, Error *err);

/* The task of one direction: images look for texts (from_image) or texts for images. */
RetrievalTask dump_task(const Dump *d, int from_image);

#endif
