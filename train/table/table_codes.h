/* Codes of another program as a row of the table: a folder as `msach eval --codes` takes it, for the cases of one split. */
#ifndef TRAIN_TABLE_CODES_H
#define TRAIN_TABLE_CODES_H

#include "data/manifest.h"
#include "eval/audit/audit_folder.h"
#include "train/table/table.h"

/* name, path: borrowed. data, split_seed: of the split whose test queries the folder holds; it may be found after the folder was read. */
typedef struct {
    const char *name, *path;
    CodesFolder folder;
    uint64_t hash; /* FNV-1a of ids and codes */
    int data, split_seed, found;
    bool training; /* the database also holds the training cases: the published protocol is measured */
} OwnCodes;

/* Reads the folder. STATUS_INPUT where it has no ids, or an id twice. own_codes_free in every case. */
Status own_codes_read(OwnCodes *c, const TableCodes *from, const TableOptions *o, const Log *log, Error *err);
void own_codes_free(OwnCodes *c);

/* Keeps in c the standard split of data set `data`, of the split seeds 1 to `seeds`, that shares the most queries with the folder, where
 * it shares more than those of earlier calls. m: the manifest of this data set. */
Status own_codes_match(OwnCodes *c, const TableOptions *o, int data, const Manifest *m, int seeds,
                       Error *err);

/* STATUS_INPUT, with the id, unless the queries are exactly the test queries of the split found, the database holds its database cases
 * and no others but all training cases, and the labels are those of the manifest. */
Status own_codes_check(OwnCodes *c, const TableOptions *o, const Manifest *m, Error *err);

/* The codes of the cases index (n) of the manifest, of the queries or of the database: out[m] (n, bits/8). Each has a row. */
Status own_codes_copy(const OwnCodes *c, const Manifest *m, const int *index, int n, bool queries,
                      uint8_t *const out[MODALITIES], Error *err);

#endif
