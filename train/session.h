/* The data of a training or an evaluation: settings, manifest, split, vocabulary, decoded pictures, labels. A session
 * must not be copied or moved after it was opened: its parts point to each other. */
#ifndef TRAIN_SESSION_H
#define TRAIN_SESSION_H

#include <stdatomic.h>

#include "data/batch.h"
#include "data/split.h"
#include "hash/constraints.h"
#include "nn/base/log.h"
#include "train/config.h"

typedef struct {
    Config config;
    Manifest manifest;
    Split split;
    Vocab vocab;
    OwnFeatures own[MODALITIES]; /* instead of pictures and texts; x NULL: none */
    Dataset data;
    double mean, deviation; /* of the training pictures, of pixel/255 */
    int *index[SET_COUNT];  /* (count[set]) cases of each set that have an image and a text */
    int count[SET_COUNT];
    int groups;                      /* of the training cases */
    bool single;                     /* every training case has exactly one label */
    int *label;                      /* (n) first label of each case, -1 without one */
    float *unit_labels;              /* (n,c) Yn: rows of length 1, or 0 without labels */
    uint64_t *text_key;              /* (n) equal for equal token sequences */
    Pool *pool;                      /* borrowed */
    const Log *log;                  /* borrowed; may be NULL */
    const atomic_int *stop;          /* set by a signal: training saves and returns; may be NULL */
    const struct FeatureCache *kept; /* (SET_COUNT), borrowed: features that features_build reuses; or NULL */
} Session;

/* For training: reads the manifest, draws the split, builds the vocabulary from the training texts, decodes the pictures, and measures
 * mean and deviation of the training pictures. Errors: usage and input. session_close in every case. */
Status session_open(Session *s, const Config *c, const char *manifest, const ManifestOptions *o, Pool *pool,
                    const Log *log, Error *err);

/* The same, with `unseen` labels that no training case has (data/split.h, split_make_unseen). The split seed draws them.
 * session_unseen sets flags (n_labels) to 1 for these labels; scratch (n_labels). */
Status session_open_unseen(Session *s, const Config *c, const char *manifest, const ManifestOptions *o,
                           int unseen, Pool *pool, const Log *log, Error *err);
void session_unseen(const Manifest *m, uint64_t split_seed, int unseen, uint8_t *flags, int *scratch);
/* Draws the split, with `unseen` labels and the number of training cases that the settings name (session_unseen.c, of the part variants). */
Status session_split(Session *s, int unseen, Error *err);

/* For a trained model, with its vocabulary, label names and picture statistics. The session takes ownership of *vocab, which becomes
 * empty. Labels are reordered: first the model's, in its order, then those that the model lacks. */
Status session_open_for(Session *s, const Config *c, const char *manifest, const ManifestOptions *o,
                        Vocab *vocab, char *const *label_names, int n_labels, double mean, double deviation,
                        Pool *pool, const Log *log, Error *err);
void session_close(Session *s);

bool session_stopped(const Session *s);

/* How the cases of a batch are prepared: clean where augment is NULL; else augmented, by the random streams of `epoch`.
 * *augment is filled and borrowed. */
BatchOptions session_view(const Session *s, Augment *augment, int epoch);

/* Number of labels: columns of unit_labels and of manifest.labels. */
static inline int session_classes(const Session *s) {
    return s->manifest.n_labels;
}

/* Labels of the cases index (b), in the arena of t. smoothing: as in stage 1; 0: none. */
Targets session_targets(const Session *s, Tape *t, const int *index, int b, double smoothing);

#endif
