/* Features of another program in place of pictures or texts: one array for all cases of a manifest. */
#ifndef DATA_OWN_FEATURES_H
#define DATA_OWN_FEATURES_H

#include "data/manifest.h"

/* x (n, views, tokens, width), case by case of the manifest; view 0 is the clean case, the others are augmented. x NULL: there
 * are none. crc: of the values as float32. Owned; own_features_free. */
typedef struct {
    float *x;
    int n, views, tokens, width;
    uint32_t crc;
} OwnFeatures;

/* path: FILE.npy or FILE.npz:NAME of numbers, (n,width), (n,tokens,width) or (n,views,tokens,width). Row i belongs to case i, or to
 * the id in line i of FILE.ids.txt (row_ids_match); every case needs a row. m NULL: the rows as they stand. STATUS_INPUT, with row
 * and column, from 1 (a row's columns count through its views and tokens): a value that is not finite or beyond float32. own_features_free in every case. */
Status own_features_read(OwnFeatures *f, const char *path, const Manifest *m, Error *err);
void own_features_free(OwnFeatures *f);

/* Numbers of one case in one view. */
static inline size_t own_features_size(const OwnFeatures *f) {
    return (size_t)f->tokens * (size_t)f->width;
}
/* Of case i in a view: (tokens, width). */
const float *own_features_at(const OwnFeatures *f, int i, int view);

#endif
