/* Which row of an array belongs to which case of a manifest: row i to case i, or by a file of ids beside the array. */
#ifndef DATA_ROW_IDS_H
#define DATA_ROW_IDS_H

#include "data/manifest.h"

/* row (m->n): the row of each case, from 0; -1: the case has none. array: the path of an array of `rows` rows, FILE.npy or
 * FILE.npz:NAME. FILE.ids.txt holds its ids (UTF-8, one a line, byte for byte as in the manifest); without that file row i belongs to
 * case i. may_lack (m->n): cases that need no row; NULL: every case needs one. STATUS_INPUT: another number of rows than cases or
 * ids; an id that is no case, or occurs twice; a case without a row. Messages name the line of the ids file, from 1. */
Status row_ids_match(int *row, const Manifest *m, const char *array, int64_t rows, const bool *may_lack,
                     Error *err);

#endif
