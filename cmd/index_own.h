/* Codes of another program for `index`: --image-codes and --text-codes; what its options mean together. */
#ifndef CMD_INDEX_OWN_H
#define CMD_INDEX_OWN_H

#include <stdint.h>

#include "cmd/args.h"

/* The codes of the cases of a manifest, from a model of ours or from another program. Arrays of two are by Modality. */
typedef struct {
    const Manifest *manifest;
    int bits;
    uint8_t *rows[2]; /* (rows,bits/8) in the order of the encoder or the file; owned by the caller */
    const uint8_t *
        *code[2]; /* (n) the code of each case, borrowed from rows; NULL where the case lacks the modality */
} OwnCodes;

/* Fills bits, rows and code of r, whose manifest and code arrays are there. STATUS_INPUT where a file is not one of codes, or its rows are
 * not those of the cases. */
Status index_own_codes(const Args *a, OwnCodes *r, Error *err);

/* index_options.c: STATUS_USAGE where options do not go together; --delete. */
Status index_check_options(const Args *a, Error *err);
extern const char INDEX_NOTES[]; /* the words below the options of --help */
Status index_delete_named(const Args *a, Error *err);

#endif
