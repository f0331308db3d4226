/* The mixture of networks and experts (hash/expert.h): the experts are fitted to the training cases, and the validation cases decide how
 * much the networks count. */
#ifndef TRAIN_MIXTURE_H
#define TRAIN_MIXTURE_H

#include "hash/model.h"
#include "train/session.h"

/* Fits the experts of m (experts_fit) and sets the share of the networks, by Modality, with the networks as they are. Deterministic.
 * Memory and decoding errors; returns early where the session is stopped. */
Status mixture_fit(const Session *s, Model *m, Error *err);

enum { MIXTURE_CASES = 512 }; /* most cases that mixture_share ranks, spread evenly */

/* Validation cases and both opinions of them. All arrays are borrowed. */
typedef struct {
    int n, c;              /* cases, labels */
    const float *net, *f;  /* (n,c) p_net and f of one modality */
    const uint8_t *labels; /* (n,c) each 0 or 1 */
    const int *group;      /* (n), at least 0 */
    bool single;           /* every training case has one label */
} MixtureCases;

/* alpha of one modality. prior: the value without evidence. Without cases it is returned as it is. Fails only for want of
 * memory. */
Status mixture_share(const MixtureCases *x, double prior, double *share, Error *err);

#endif
