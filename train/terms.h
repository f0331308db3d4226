/* The terms of both losses, one row each: L_1 and L_2 are loops over TERMS, and metrics.tsv, --explain and the report name
 * the terms by it. hash/NEW_TERM.md adds one, step by step. */
#ifndef TRAIN_TERMS_H
#define TRAIN_TERMS_H

#include "hash/constraints.h"
#include "hash/graph.h"
#include "hash/model.h"
#include "train/session.h"

typedef enum {
    TERM_IMAGE,
    TERM_TEXT,
    TERM_ALIGN_FEATURES,
    TERM_ALIGN,
    TERM_MANIFOLD,
    TERM_LAPLACIAN,
    TERM_BALANCE,
    TERM_CLASSIFICATION,
    TERM_QUANTISATION,
    TERM_LIKELIHOOD,
    TERM_SOFT_PAIRS,
    TERM_DECORRELATION,
    TERM_COUNT
} TermId;

/* The values of one batch of b training cases that a term may use. Arrays are by Modality; entry 2 is the joint pass over
 * both, NULL where joint_pass = 0. All are borrowed until the tape is reset. */
typedef struct {
    const Session *session; /* settings, manifest, labels, groups */
    const Model *model;
    int b;
    const int *index;                   /* (b) indices in the manifest */
    Features features[MODALITIES];      /* Z_m (b,N_m,d), u_m (b,d) */
    Targets labels[MODALITIES];         /* Y (b,c), smoothed; those of images are mixed where `mixed` */
    bool mixed;                         /* stage 1: mixup separated the pairs of image and text */
    const float *posterior[MODALITIES]; /* stage 2: p_m (b,c), probabilities of stage 1; NULL end to end */
    Tensor *logits[MODALITIES];         /* stage 1: u_m V_m + a_m (b,c), u_m after dropout */
    /* stage 2 */
    const int *row;         /* (b) indices among the training cases, as in the graphs */
    const Graph *graph;     /* (2) by Modality; n = 0 where no term needs them */
    WalkOptions walk;       /* omega, rho, t0 */
    double posterior_share; /* a; 0 where there is no posterior */
    double beta;            /* of H = tanh(beta s) */
    Tensor *context[3];     /* c_m (b,d) */
    Tensor *scores[3];      /* s_m (b,q) */
    Tensor *relaxed[3];     /* H_m (b,q) */
} TermBatch;

/* A term's value (1) before its weight, recorded on t; NULL where the term does not apply to this batch. */
typedef Tensor *TermCompute(Tape *t, const TermBatch *x);

enum { TERM_PARAMETERS = 2 };

/* Inputs that stage 2 must prepare for a term: G of term_target, the graphs, p_m of stage 1. */
enum { USES_TARGET = 1, USES_GRAPH = 2, USES_POSTERIOR = 4 };

/* A vector that a term learns. Where the term is on, it is part of the model as "term1.TERM.NAME" or "term2.TERM.NAME" (by
 * stage): trained, checkpointed and saved with the other weights. */
typedef struct {
    const char *name; /* NULL: none */
    int size;
    double initial; /* of every entry */
} TermParameter;

typedef struct {
    const char *name;     /* column of metrics.tsv */
    const char *symbol;   /* as the paper or ALGORITHM.md writes it */
    const char *equation; /* id of tests/equations.txt */
    int stage;            /* whose loss it is part of: 1 or 2 */
    const char *weight;   /* its setting, > 0 where the term is on; NULL: always 1 */
    TermCompute *compute;
    bool (*applies)(const Config *c); /* false: off whatever its weight is; NULL: always true */
    unsigned uses;                    /* USES_..., combined */
    TermParameter parameter[TERM_PARAMETERS];
} LossTerm;

extern const LossTerm TERMS[TERM_COUNT];

/* The loss of one batch; terms that are off or do not apply are NULL. */
typedef struct {
    Tensor *total, *term[TERM_COUNT];
} Loss;

/* L_1 or L_2 of a batch: the sum over the stage's terms of weight times value. */
Loss terms_loss(Tape *t, int stage, const TermBatch *x);

/* g, by which L_align and L_man of stage 2 are scaled; at 0 both are left out. */
double terms_trust(const TermBatch *x);
/* The weight of a term; 0 where the term is off. */
double term_weight(const Config *c, const LossTerm *term);
/* Whether a term that is on uses `what` (USES_...). */
bool terms_use(const Config *c, unsigned what);

/* The parameters of the terms that are on: out (MODEL_EXTRAS); returns how many. */
int terms_parameters(const Config *c, ModelExtra *out);
/* The model of a session, with the parameters of the terms that are on and initial weights. model_free in every case. */
Status terms_model(const Session *s, Model *m, Error *err);
/* A parameter of a term that is on. */
Tensor *term_parameter(const TermBatch *x, TermId id, const char *name);

/* STATUS_USAGE where all terms of a stage are off: there is nothing to train then. */
Status terms_check(const Config *c, Error *err);

/* ---- Shared by terms ---- */

/* The relation matrix (b,b) of loss_align for the cases index (b), in the arena of t. */
uint8_t *term_relations(const Session *s, Tape *t, const int *index, int b);

/* G (b,b) between two modalities, in the arena of t. */
real *term_target(Tape *t, const TermBatch *x, Modality first, Modality second);

#endif
