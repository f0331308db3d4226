/* The frozen features of stage 1, computed once: what "segmented" buys. Row (case, view): view 0 is the clean
 * case, views 1.. are augmented. Beyond config.feature_mib they live in an unlinked file that is mapped. */
#ifndef TRAIN_FEATURES_H
#define TRAIN_FEATURES_H

#include "train/encode.h"
#include "train/session.h"

typedef struct FeatureCache {
    int n, views, d;                      /* cases, views of each (1 + augmented ones), width */
    int tokens[MODALITIES];               /* N_v, and of the longest text */
    float *z[MODALITIES], *u[MODALITIES]; /* (n*views, tokens, d) and (n*views, d) */
    int *length;                          /* (n) real tokens of each text */
    real *z_spread[MODALITIES],
        *u_spread[MODALITIES]; /* (d) standard deviation of view 0 over rows and real tokens */
    void *block;               /* owns z and u */
    size_t block_size;
    bool mapped;
    bool borrowed; /* all of it belongs to session.kept */
} FeatureCache;

/* The cases index (n); augmented: number of augmented views (0: clean ones alone). folder: for the mapped
 * file. Where index is one of the session's own sets and session.kept has it in these views, that is lent: several
 * trainings on one frozen stage 1 then share it. features_free in every case. */
Status features_build(FeatureCache *f, const Session *s, const Model *m, const int *index, int n,
                      int augmented, const char *folder, Error *err);
void features_free(FeatureCache *f);

/* Codes of all cases of f, clean, one modality, under a model on the same frozen stage 1: what encode_cases gives,
 * without running the extractors again. */
Status features_encode(const FeatureCache *f, const Model *m, Modality modality, Encoding *out, Pool *pool,
                       Error *err);

/* Z_m (b,tokens,d) and u_m (b,d) of the cases rows (b) in the views (b) given; views NULL: the clean ones. All on t. */
Features features_gather(const FeatureCache *f, Tape *t, Modality modality, const int *rows, const int *views,
                         int b);

/* How the cases of a view are prepared (session_view); *augment is filled and borrowed. */
BatchOptions features_view(const Session *s, int view, Augment *augment);

/* u of view 0 of every case, one after the other: out (n,d). */
void features_clean(const FeatureCache *f, Modality modality, float *out);

#endif
