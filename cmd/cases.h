/* Cases to encode: of a manifest, or pictures and texts from the command line, which become a manifest of their own. */
#ifndef CMD_CASES_H
#define CMD_CASES_H

#include "data/dataset.h"
#include "hash/search/index.h"
#include "train/model_file.h"

/* index[m] (count[m]): the cases that have modality m, in order. own[m]: features in its place; x NULL: none. */
typedef struct {
    Manifest manifest;
    OwnFeatures own[2];
    Dataset data;
    int *index[2], count[2];
} Cases;

/* want[m]: decode modality m, or read o->features[m] in its place. Cases may lack labels, or one of image and text. STATUS_INPUT where
 * the model takes features and none are given, or the reverse. cases_free in every case. */
Status cases_read(Cases *c, const ModelFile *f, const char *manifest, const ManifestOptions *o,
                  const bool want[2], Pool *pool, const Log *log, Error *err);

/* Pictures by path, then texts; borrowed. The id of a picture is its path; the ids of texts are "text1", "text2", ... */
typedef struct {
    const char **images, **texts;
    int n_images, n_texts;
} CaseWords;
Status cases_of_words(Cases *c, const ModelFile *f, const CaseWords *w, Pool *pool, const Log *log,
                      Error *err);

/* Decodes the manifest and lists the cases of each modality. */
Status cases_load(Cases *c, const ModelFile *f, const bool want[2], Pool *pool, const Log *log, Error *err);

/* Rows of own features (paths by Modality, one of them NULL) as cases. Their ids: "row1", "row2", ... */
Status cases_of_features(Cases *c, const ModelFile *f, const char *const features[2], Pool *pool, Error *err);

void cases_free(Cases *c);

#endif
