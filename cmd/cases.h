/* Cases to encode: of a manifest, or pictures and texts from the command line, which become a manifest of their own. */
#ifndef CMD_CASES_H
#define CMD_CASES_H

#include "data/dataset.h"
#include "hash/search/index.h"
#include "train/model_file.h"

/* index[m] (count[m]): the cases that have modality m, in order. */
typedef struct {
    Manifest manifest;
    Dataset data;
    int *index[2], count[2];
} Cases;

/* want[m]: decode modality m. Cases may lack labels, or one of image and text. cases_free in every case. */
Status cases_read(Cases *c, const ModelFile *f, const char *manifest, const ManifestOptions *o,
                  const bool want[2], Pool *pool, const Log *log, Error *err);

/* Pictures by path, then texts; borrowed. The id of a picture is its path; the ids of texts are "text1", "text2", ... */
typedef struct {
    const char **images, **texts;
    int n_images, n_texts;
} CaseWords;
Status cases_of_words(Cases *c, const ModelFile *f, const CaseWords *w, Pool *pool, const Log *log,
                      Error *err);

void cases_free(Cases *c);

#endif
