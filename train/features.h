/* The frozen features of stage 1, computed once, so that stage 2 does not run the extractors. Row (case, view): view 0
 * is the clean case, views 1.. are augmented. Features larger than config.feature_mib are stored in a mapped file
 * without a name. */
#ifndef TRAIN_FEATURES_H
#define TRAIN_FEATURES_H

#include "train/encode.h"
#include "train/session.h"

typedef struct FeatureCache {
    int n, views, d;        /* cases, views of each (1 + augmented ones), width */
    int c;                  /* labels */
    int tokens[MODALITIES]; /* N_v, and of the longest text; 1 and 1 where stage 2 sees semantic tokens */
    float *z[MODALITIES], *u[MODALITIES]; /* (n*views, tokens, d) and (n*views, d): what stage 2 sees; NULL
                                             where that is the semantic token, which p gives back exactly */
    float *p[MODALITIES];   /* (n*views, c) p_m; of a training case by experts without its group */
    float *own[MODALITIES]; /* (n, c) p_m of view 0 by the experts of the model, as in encode_cases */
    float *net[MODALITIES]; /* (n, d) u_m of the networks, view 0 */
    int *length;            /* (n) real tokens of each text */
    real *z_spread[MODALITIES], *u_spread[MODALITIES]; /* (d) deviation of view 0 over real tokens */
    void *block;                                       /* owns z and u */
    size_t block_size;
    bool mapped;
    int landmarks, held_out; /* the settings that it was built with */
    bool semantic;           /* stage 2 sees semantic tokens */
    bool borrowed;           /* all of it belongs to session.kept */
} FeatureCache;

/* Features of the cases index (n). augmented: number of augmented views; 0: view 0 alone. folder: for the mapped file.
 * Where session.kept already has this set with these views, f borrows it, so that several trainings share one frozen
 * stage 1. Returns early, with rows missing, where the session is stopped. features_free in every case. */
Status features_build(FeatureCache *f, const Session *s, const Model *m, const int *index, int n,
                      int augmented, const char *folder, Error *err);
void features_free(FeatureCache *f);

/* ---- features_map.c, of the part resume ---- */

/* Maps block_size bytes of a new file and removes its name, so that the file disappears with the process. */
Status features_map(FeatureCache *f, const Session *s, const char *folder, Error *err);
void features_unmap(FeatureCache *f);

/* ---- features_kept.c, of the part table ---- */

/* What the session keeps of a set, where that was built with the session's settings of experts and tokens; else NULL. Borrowed. */
const FeatureCache *features_kept(const Session *s, Set set);
/* Makes f what session.kept has of these cases with these views; false where it has none. */
bool features_borrow(FeatureCache *f, const Session *s, const int *index, int augmented);

/* Codes of all cases of f from view 0, one modality: the same as encode_cases, without running the extractors. m must
 * have the stage 1 that made f. */
Status features_encode(const FeatureCache *f, const Model *m, Modality modality, Encoding *out, Pool *pool,
                       Error *err);

/* Z_m (b,tokens,d) and u_m (b,d) of the cases rows (b) in the views (b) given; views NULL: the clean ones. All on t. */
Features features_gather(const FeatureCache *f, Tape *t, Modality modality, const int *rows, const int *views,
                         int b);

/* How the cases of a view are prepared (session_view); *augment is filled and borrowed. */
BatchOptions features_view(const Session *s, int view, Augment *augment);

/* p_m (b,c) of the cases rows (b) in the views (b) given; views NULL: the clean ones. In the arena of t. */
const float *features_posterior(const FeatureCache *f, Tape *t, Modality modality, const int *rows,
                                const int *views, int b);

/* u of view 0 of every case, as stage 2 sees it, one after the other: out (n,d). */
void features_clean(const FeatureCache *f, Modality modality, float *out);

#endif
