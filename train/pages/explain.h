/* Follows one batch through both stages, and one of its cases from its manifest line to its code. Nothing is trained and
 * nothing is random: no augmentation, mixup, dropout or noise, and running statistics instead of those of the batch. The
 * values are therefore those that `encode` gives. Of training only the losses and their gradients remain.
 *
 * Or one step of stage 2 as it was trained: from the run's stage 1 and the initial weights of its seed, the steps before it run
 * again, with the same views, noise and dropout, so that loss and gradients are those of the training. */
#ifndef TRAIN_EXPLAIN_H
#define TRAIN_EXPLAIN_H

#include "nn/base/bytes.h"
#include "train/flow.h"
#include "train/run.h"
#include "train/stage2.h"

typedef struct {
    const char *run;  /* folder of a run: its model and settings; without a model: initial weights */
    const char *data; /* manifest; NULL: that of the run */
    const char *id;   /* training case to follow; NULL: the first case of the first batch of stage 2 */
    long step;        /* of stage 2, from 1; then id is NULL, and the batch is that of the step; 0: none */
    ManifestOptions manifest;
} ExplainOptions;

/* One term of the loss of a stage that the settings turn on; value is 0 where equation trust leaves the term out. */
typedef struct {
    const char *symbol, *eq;
    double value, weight;
} ExplainTerm;

enum { EXPLAIN_PAIRS = 3 }; /* targets G of (v,v), (t,t), (v,t) */

/* All arrays are owned and freed by explain_free. Arrays of two are by modality. */
typedef struct {
    bool trained;
    ModelFile file;        /* trained: the model of the run */
    Model initial;         /* not trained: initial weights; of a step: the weights before it */
    Model *model;          /* one of them */
    long step, steps;      /* of stage 2, from 1, and how many it has; step 0: none */
    int epoch, epochs;     /* of the step, from 1 */
    double rate, gradient; /* of the step: learning rate, norm of all gradients before clipping */
    Session session;
    Stage2 stage2;    /* clean features and neighbour graphs of the training cases */
    int views;        /* augmented views that the run trains on; the batch is clean */
    double beta;      /* of the epoch kept, or of the first */
    bool end_to_end;  /* nothing is known of a case but its labels */
    int b;            /* cases of the batch; the followed one is the first */
    int *row, *which; /* (b) places among the training cases; in the manifest */
    FlowList flow;
    ExplainTerm term[2][TERM_COUNT]; /* of L_1, of L_2 */
    int terms[2];
    double total[2];
    double trust; /* g of equation trust */
    /* the followed case */
    Words words;         /* of its text; the first length[] of them are its tokens */
    double *token_norm;  /* (N_v) |Z_v| of each token */
    float *posterior[2]; /* (c) p_m */
    real *attention
        [2]; /* (1 + tokens) of CLS to CLS and the tokens, mean over heads; NULL without encoder, and where
                           the semantic token is the only one */
    int vote_label;  /* the most probable label by the picture, of the case's own labels if it has some */
    double *vote[2]; /* (tokens) Z_k V_y / n for that label y */
    double bias[2], logit[2];    /* a_y, and their sum with the votes: u_m V_y + a_y */
    float *score[2];             /* (q) s_m, as encode gives them */
    float *relaxed[2];           /* (q) H_m */
    uint8_t *code[2];            /* (q/8) */
    real *target[EXPLAIN_PAIRS]; /* (b,b) G; NULL where the manifold term does not use it */
} Explain;

/* explain_free in every case. */
Status explain_run(Explain *e, const ExplainOptions *o, const Config *c, Pool *pool, const Log *log,
                   Error *err);
void explain_free(Explain *e);

/* A case of the neighbour graph: its row among the training cases, K and P of the followed case to it. */
typedef struct {
    int row;
    double kernel, step;
} ExplainNeighbour;
/* The nearest cases to the followed one in modality m, nearest first, at most `most`; returns how many (0 without graph). */
int explain_neighbours(const Explain *e, Modality m, ExplainNeighbour *out, int most);

/* Tokens of the followed case's text. */
int explain_tokens(const Explain *e);

/* The walk as text, for a terminal: control characters of the data are replaced. */
void explain_text(Buffer *b, const Explain *e);

/* The same case as one page. */
Status explain_page(const char *path, const Explain *e, Error *err);

#endif
