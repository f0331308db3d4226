/* The mixture of networks and experts (hash/expert.h): the experts are fitted to the training cases, and the validation cases determine
 * the share of the networks. */
#ifndef TRAIN_MIXTURE_H
#define TRAIN_MIXTURE_H

#include "hash/model.h"
#include "train/session.h"

/* Fits the experts of m (experts_fit) and sets the share of the networks, by Modality; the networks do not change. Deterministic.
 * Memory and decoding errors; returns early where the session is stopped. */
Status mixture_fit(const Session *s, Model *m, Error *err);

enum { MIXTURE_CASES = 512 }; /* most cases that mixture_share ranks, spread evenly */

/* Validation cases with the predictions of network and expert. All arrays are borrowed. */
typedef struct {
    int n, c;              /* cases, labels */
    const float *net, *f;  /* (n,c) p_net and f of one modality */
    const uint8_t *labels; /* (n,c) each 0 or 1 */
    const int *group;      /* (n), at least 0 */
    bool single;           /* every training case has one label */
} MixtureCases;

/* *share: alpha of one modality. prior: the value without evidence, which is the result without cases. Errors: memory. */
Status mixture_share(const MixtureCases *x, double prior, double *share, Error *err);

#endif
