/* Chooses between an op's plain loop and its tuned form. The plain loop that defines an op is in the op's own file; FAST_OR takes the entry
 * of the table of tuned functions (fast_table.h) instead, where there is one. `make PLAIN=1` has no table. */
#ifndef NN_FAST_H
#define NN_FAST_H

#include "nn/base/parts.h"
#include "nn/optim.h"
#include "nn/tape.h"

/* x (b,h,w,ci) * w (co,ci,kh,kw) -> y (b,oh,ow,co). */
typedef struct {
    int b, h, w, ci, co, kh, kw, stride, pad;
    int oh, ow; /* (h + 2 pad - kh)/stride + 1 and the same of w */
} ConvShape;

/* The shape of op_conv2d; aborts where x and w do not fit. */
ConvShape conv_shape(const Tensor *x, const Tensor *w, int stride, int pad);

/* What batch norm's backward needs; saved by the op. */
typedef struct {
    bool relu, batch;     /* batch: normalised by this batch's statistics, not by the running ones */
    real *mean, *inverse; /* (c); inverse = 1/sqrt(var + 1e-5) */
} BatchNormSaved;

/* What dropout's backward needs; saved by the op. */
typedef struct {
    real p;
    unsigned char *mask; /* 1 where an element was kept */
} DropoutSaved;

/* Works on items from..to-1 of n. The result must not depend on how the n items are cut into ranges. */
typedef void RangeFn(void *ctx, int from, int to);

/* The table's entry, or the plain function where the entry is NULL. */
#if PART_FAST
#include "nn/fast_table.h"
#define FAST_OR(entry, plain) (fast->entry ? fast->entry : (plain))
#else
#define FAST_OR(entry, plain) (plain)
#endif

/* Calls fn for all n items: in ranges of at most `piece` over the threads, or in one call where the table has no split. */
void fast_split(Tape *t, int n, int piece, RangeFn *fn, void *ctx);

/* The name of the kernels in use; "plain" without nn/fast/. For --version and bench. */
const char *fast_name(void);

#endif
