/* The files of `eval --dump`, from which another program can compute the same figures.
 *
 *   image_codes_query.npy     text_codes_query.npy       uint8 (n, bits/8), see hash/code.h
 *   image_codes_database.npy  text_codes_database.npy
 *   labels_query.npy          labels_database.npy        uint8 (n, classes), each 0 or 1
 *   ids_query.txt             ids_database.txt           one a line, as given: no manifest has an id or group with a tab or newline
 *   groups_query.txt          groups_database.txt        where groups are given
 *   label_names.txt                                      where given
 *   per_query.tsv                                        one row a query and direction
 *   qrels.txt  run_image_to_text.txt  run_text_to_image.txt   for trec_eval, see eval/trec.h
 *
 * Queries keep their order. The database is in a random order, the same in all files: manifests are often sorted by
 * class, and a program that sorts by distance alone would rank tied items by class. */
#ifndef EVAL_DUMP_H
#define EVAL_DUMP_H

#include "eval/retrieval.h"

typedef struct {
    const CaseSet *query, *database; /* codes of both modalities, labels, ids; group_name where it is known */
    const char *const *label_name;   /* (classes) or NULL */
    const Retrieval *direction;      /* (MODALITIES) by Modality of the queries */
    size_t run_depth;                /* ranks of each query in the runs; 0: all */
} Dump;

/* Creates the folder where it is missing; replaces existing files. */
Status dump_write(const char *folder, const Dump *d, Error *err);

#endif
