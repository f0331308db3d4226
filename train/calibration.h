/* What a model file keeps so that answers can be judged: which cases the model was trained on, how often a validation query and a case at each
 * distance share a label, and pictures to compare new ones with. train/calibrate.h measures it at the end of training. Tensors in the file:
 *
 *   calibration.trained   i64 (n)         hashes of the training ids, ascending; salted with the metadata "calibration_salt"
 *   calibration.reports   i64 (n)         the same of each id with 8 bits of its report; absent where words were removed from the reports, with text features of another program and in older files
 *   calibration.pairs     i64 (2,2,q+1)   by modality of the query: pairs at each distance, pairs that share a label
 *   calibration.range     f32 (2,2,q+1)   by modality of the query: least and greatest share at each distance, were the patients others (calibrate_range)
 *   calibration.pictures  f32 (p,d)       descriptors (data/picture/descriptor.h), each the mean of three training pictures of different patients; metadata "calibration_unlike": greatest usual distance
 *
 * The metadata "calibration_usual" is the distance to the nearest picture that validation texts seldom exceed. "calibration_groups" counts the groups of the validation queries. A hash hides an id from a reader of the file, not from someone who can guess the id. */
#ifndef TRAIN_CALIBRATION_H
#define TRAIN_CALIBRATION_H

#include <stdbool.h>

#include "hash/code.h"
#include "nn/safetensors.h"

/* Least pairs of a distance whose share is read; nearer distances with fewer pairs are pooled, so that the standard error of a share stays
 * below 0.1. */
enum { CALIBRATION_LEAST = 30, CALIBRATION_SALT = 24 };

/* Arrays that are NULL: not known, as in files of older versions. share (MODALITIES, bits+1), by modality of the query: p(d) of
 * the equation `confidence` (hash/ALGORITHM.md). chance, chance_from: the share of all pairs; the least distance d with p(d) at or below it; -1: no pairs. */
typedef struct {
    int bits, dim;
    char salt[CALIBRATION_SALT];
    int64_t *trained, *reports, *pairs;
    float *range;          /* (MODALITIES, 2, bits+1) */
    int n_trained, groups; /* groups: of the validation queries behind `pairs`; 0: not known */
    float *picture;
    int n_pictures;
    double unlike;
    double *share, chance[MODALITIES];
    int chance_from[MODALITIES];
    int usual; /* bits; a text whose nearest picture is farther is unlike the reports; -1: not known */
} Calibration;

/* Adds tensors and metadata to f, which borrows them until st_write. */
void calibration_store(const Calibration *c, StFile *f);
/* STATUS_INPUT where a tensor has another shape than codes of `bits` and descriptors of `dim` numbers need. calibration_free in every case. */
Status calibration_read(Calibration *c, const StFile *f, int bits, int dim, const char *path, Error *err);
void calibration_free(Calibration *c);

/* share (bits+1): p(d) of pairs, of which some share a label, (bits+1) each, at least one in all; groups as above. Returns the share of all pairs. */
double calibration_curve(const int64_t *all, const int64_t *relevant, int bits, int groups, double *share);
/* Fills share, chance and chance_from from pairs. */
Status calibration_fit(Calibration *c, Error *err);

/* -1: not known; else whether a case is one of the training cases: has the id of one, and its report where both are known, so that a case of
 * another archive with the same id is none, but for 1 in 256: the hash has 8 bits of a report, so that nobody can confirm a guessed report by
 * it. Reports are compared by their letters and digits, in any case. report: NULL or empty: not known. */
int calibration_trained_on(const Calibration *c, const char *id, const char *report);
/* Of an id, and of a report, or NULL. */
int64_t calibration_hash(const char *salt, const char *id, const char *report);

/* Share of cases of the other modality at this distance that share a label with a query of modality `from`, 0 to 1; NAN: not known. */
double calibration_share(const Calibration *c, Modality from, int distance);

/* The least (which 0) or greatest (1) share of other patients at this distance, never above or below calibration_share; NAN: not known. */
double calibration_bound(const Calibration *c, Modality from, int distance, int which);

/* Least of 1 - cos between a picture's descriptor (dim) and those of the kept pictures; -1 without pictures. unlike: farther than the greatest usual one. */
double calibration_nearest(const Calibration *c, const float *descriptor);
bool calibration_is_unlike(const Calibration *c, const float *descriptor);

#endif
