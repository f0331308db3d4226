/* The ops of a tape, in order: shape, equation, the paper's symbol, norms of value and gradient. */
#ifndef TRAIN_FLOW_H
#define TRAIN_FLOW_H

#include "nn/params.h"
#include "nn/tape.h"

enum { FLOW_SYMBOL = 40 };

/* One op, or one input of a stage (op "input"). eq, op and weight are borrowed from the code or the model. */
typedef struct {
    int stage;          /* 1 or 2 */
    const char *eq;     /* id of tests/equations.txt */
    const char *op;     /* as ops.h names it */
    const char *weight; /* name of its first parameter, or NULL */
    char symbol[FLOW_SYMBOL], shape[64];
    bool scalar;     /* one number, such as a term of the loss */
    double value;    /* |x|, the Euclidean norm of all its entries; of a scalar: itself */
    double own;      /* |x| of row 0 of the batch; -1: x has no row for each case */
    double gradient; /* |dL/dx|, L the stage's loss; -1: no gradient reaches x */
} Flow;

/* Begins with FlowList f = {0}. Owned; flow_free. */
typedef struct {
    Flow *row;
    size_t n, capacity;
} FlowList;

/* Where the values of a tape come from. modality (NULL-terminated lists, by Modality): its constants. */
typedef struct {
    int stage, b;
    const ParamSet *params;
    const Tensor *modality[2][3];
    const char *const *needed; /* symbols that some op must compute, NULL-terminated */
} FlowSource;

/* Appends a row for a value that no op computes. */
Status flow_input(FlowList *f, const FlowSource *s, const char *eq, const char *symbol, const Tensor *x,
                  Error *err);

/* Appends a row for every node of t, in order. Runs the backward pass of loss and reads the gradients during it.
 * STATUS_INTERNAL where an op belongs to no equation, or where no op computes a needed symbol. */
Status flow_walk(FlowList *f, Tape *t, Tensor *loss, const FlowSource *s, Error *err);

/* Euclidean norm, summed in double. */
double flow_norm(const real *x, size_t n);

/* The first row of this symbol and stage, or NULL. */
const Flow *flow_find(const FlowList *f, int stage, const char *symbol);
void flow_free(FlowList *f);

#endif
