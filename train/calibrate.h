/* Measures, at the end of training, what a model file keeps for the judging of answers (train/calibration.h). */
#ifndef TRAIN_CALIBRATE_H
#define TRAIN_CALIBRATE_H

#include "train/calibration.h"
#include "train/evaluate.h"

enum {
    CALIBRATION_PICTURES = 256, /* most means of three training pictures that are kept */
    CALIBRATION_SOURCES =
        4096, /* most training pictures that they are drawn from, evenly spaced in the manifest */
    CALIBRATION_UNUSUAL = 100, /* 1 in so many validation pictures is farther from them than "unlike" */
    CALIBRATION_FAR = 20       /* 1 in so many validation texts has no picture within "usual" bits */
};

/* The ids of the training cases, and their ids with reports; the pairs of validation queries and database cases of other groups, neither of which was trained on;
 * means of training pictures (hash/expert.h) and the distance to them that 1 in CALIBRATION_UNUSUAL validation pictures exceeds. database: labels, groups and codes.
 * (Pairs within the validation set would be too few of a kind: the split gives it one group or two of each label.) Without validation cases
 * pairs and pictures are NULL; pictures also with image features of another program. calibration_free in every case. */
Status calibrate(Calibration *c, const Session *s, const Model *m, const CaseSet *database, Error *err);

/* The number of validation, query and database cases that the model was trained on (calibration_trained_on), of which it warns. */
int calibrate_seen(const Calibration *c, const Session *s);

/* Adds the pairs of a task to pairs (2, bits+1): at each distance, and those that share a label. Adds to nearest (bits+1), or NULL, the queries
 * whose nearest case lies at each distance. */
Status calibrate_count(const RetrievalTask *t, int64_t *pairs, int64_t *nearest, Error *err);

/* Fills range (2, bits+1), by distance: bounds that hold the share of other patients in 95 of 100 draws of the groups of both sides; 0 and 1 where
 * the queries are of one group. Larger sets are thinned to 1,000 cases. */
Status calibrate_range(const RetrievalTask *t, float *range, Error *err);

/* One of CALIBRATION_BINS bins of pairs, nearest first, each with as many pairs as the distances allow: mean predicted share, mean bounds of its
 * range (NAN: not known), observed share. */
enum { CALIBRATION_BINS = 5 };
typedef struct {
    double predicted, low, high, observed, pairs;
} CalibrationBin;
/* Compares the shares of c with the pairs of a task. Returns the number of bins that hold pairs: 0 where c knows no shares. */
Status calibrate_compare(const Calibration *c, const RetrievalTask *t, CalibrationBin bin[CALIBRATION_BINS],
                         int *n, Error *err);

/* One direction ranked by A(s, b) (hash/code.h) of the queries' scores and the database's codes, instead of by differing bits. retrieval_free in
 * every case. e->score is not NULL. */
Status evaluation_asymmetric(const Evaluation *e, Modality from, Retrieval *out, Pool *pool, Error *err);

#endif
