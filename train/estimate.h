/* Time, memory and disk of a training, measured on a sample of its cases. Of the part bench. */
#ifndef TRAIN_ESTIMATE_H
#define TRAIN_ESTIMATE_H

#include "train/session.h"

typedef struct {
    int cases, sample; /* training cases; those that were measured */
    int epochs[2];     /* of stage 1 and 2 */
    double
        stage[2]; /* s: all epochs of stage 1, of stage 2, validation included; 0 for stage 1 of end_to_end */
    double experts; /* s: experts, features and graphs, which stand between the stages */
    double test;    /* s: the evaluation of the test queries */
    double memory;  /* bytes in RAM at most, those of the session included */
    double disk,
        features; /* bytes: files of the run; the mapped file of features while stage 2 trains, or 0 */
} Estimate;

/* Bytes of this process in RAM, at most so far. */
double memory_peak(void);

/* Trains a new model for a few epochs on a part of each set of s; time is taken as linear in the number of cases. Afterwards s holds only that
 * part and is fit for nothing but session_close. STATUS_CHECK where the session was stopped. */
Status estimate_training(Estimate *e, Session *s, Error *err);

#endif
