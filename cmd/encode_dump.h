/* What `encode` works on; its --dump and --code. */
#ifndef CMD_ENCODE_DUMP_H
#define CMD_ENCODE_DUMP_H

#include "cmd/args.h"
#include "cmd/cases.h"
#include "train/encode.h"

/* use[m]: modality m is encoded. n: rows of out, images first. */
typedef struct {
    const ModelFile *f;
    Cases cases;
    bool use[2];
    int n;
    Encoding out;
} EncodeJob;

/* Reads the cases of a command line without --data: pictures and texts, or rows of own features (encode_words.c, of the part queries). */
Status encode_read_words(const Args *a, EncodeJob *j, Error *err);

/* Writes the input of the networks, features of both stages and scores into a folder, as .npy (part arrays). views: augmented views
 * of each case in stage1.npy, beside the clean one. */
Status encode_dump(const char *folder, const EncodeJob *j, int views, Pool *pool, Error *err);
extern const char ENCODE_NOTES[]; /* the words below the options of --help */
/* Prints each code in the forms that other engines take (encode_print.c, of the part export). */
void encode_print(const EncodeJob *j);

#endif
