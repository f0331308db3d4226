/* What flowed over a tape, op by op: shape, equation, the paper's symbol, norms of value and gradient. */
#ifndef TRAIN_FLOW_H
#define TRAIN_FLOW_H

#include "nn/params.h"
#include "nn/tape.h"

enum { FLOW_SYMBOL = 40 };

/* One op, or one input of a stage (op "input"). Strings but symbol and shape are the code's or the model's. */
typedef struct {
    int stage;          /* 1 or 2 */
    const char *eq;     /* id of tests/equations.txt */
    const char *op;     /* as ops.h names it */
    const char *weight; /* name of its first parameter, or NULL */
    char symbol[FLOW_SYMBOL], shape[64];
    bool scalar;     /* one number, such as a term of the loss */
    double value;    /* |x|, the Euclidean norm of all its entries; of a scalar: itself */
    double own;      /* |x| of the followed case, row 0 of the batch; -1: no row of its own */
    double gradient; /* |dL/dx|, L the stage's loss; -1: nothing flows back to it */
} Flow;

/* Owned; flow_free. Begins with zeros. */
typedef struct {
    Flow *row;
    size_t n, capacity;
} FlowList;

/* Where a tape's values come from. modality[k] (NULL-terminated): constants of images (0) and texts (1). */
typedef struct {
    int stage, b;
    const ParamSet *params;
    const Tensor *modality[2][3];
    const char *const *needed; /* symbols that must be found, NULL-terminated */
} FlowSource;

/* A value that no op made. */
Status flow_input(FlowList *f, const FlowSource *s, const char *eq, const char *symbol, const Tensor *x,
                  Error *err);

/* Appends a row for every node of t, in order, and runs the backward pass of loss, during which the gradients are
 * read. STATUS_INTERNAL where an op belongs to no equation, or where no op computes a needed symbol. */
Status flow_walk(FlowList *f, Tape *t, Tensor *loss, const FlowSource *s, Error *err);

/* Euclidean norm, summed in double. */
double flow_norm(const real *x, size_t n);

/* The first row of this symbol and stage, or NULL. */
const Flow *flow_find(const FlowList *f, int stage, const char *symbol);
void flow_free(FlowList *f);

#endif
