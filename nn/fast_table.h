/* The tuned forms of the ops, as one table of functions that nn/fast/ defines. Where an entry is NULL, the plain loop runs.
 *
 * A forward writes all of y, whose shape the op has checked. A backward adds to the gradients of node->in, like every
 * BackwardFn. Forward and backward of an op come from the same table, so they may choose the format of the saved values.
 * Included only by nn/fast.h. */
#ifndef NN_FAST_TABLE_H
#define NN_FAST_TABLE_H

typedef struct Fast {
    const char *(*name)(void); /* "avx512", "avx2", "neon" or "scalar" */

    /* Calls fn for ranges of at most `piece` items, over the pool's threads. */
    void (*split)(Pool *pool, int n, int piece, RangeFn *fn, void *ctx);

    /* gemm and gemm_scratch of nn/blas.h. */
    void (*gemm)(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb,
                 real beta, real *c, int ldc, real *scratch);
    size_t (*gemm_scratch)(int n, int k);

    /* saved: nothing. b may be NULL. */
    void (*linear)(Tape *t, const Tensor *x, const Tensor *w, const Tensor *b, Tensor *y);
    BackwardFn *linear_backward;

    /* saved: the ConvShape. conv2d_bn: inference, y = relu?(bn(x * w) + add?). */
    void (*conv2d)(Tape *t, const ConvShape *s, const Tensor *x, const Tensor *w, Tensor *y);
    BackwardFn *conv2d_backward;
    void (*conv2d_bn)(Tape *t, const ConvShape *s, const Tensor *x, const Tensor *w, const Tensor *gamma,
                      const Tensor *beta, const Tensor *mean, const Tensor *var, const Tensor *add, bool relu,
                      Tensor *y);

    /* saved: the lengths (b) or NULL. */
    void (*conv1d)(Tape *t, const Tensor *x, const Tensor *w, const Tensor *b, const int *length, Tensor *y);
    BackwardFn *conv1d_backward;

    /* saved: BatchNormSaved. batchnorm_moments: mean and biased variance of each channel. */
    void (*batchnorm_moments)(Tape *t, const Tensor *x, double *mean, double *var);
    void (*batchnorm)(Tape *t, const Tensor *x, const Tensor *gamma, const Tensor *beta, const Tensor *add,
                      const BatchNormSaved *saved, Tensor *y);
    BackwardFn *batchnorm_backward;

    /* saved: stats (rows,2), the mean and 1/sqrt(var + 1e-5) of each row; NULL where no node is recorded. */
    void (*layernorm)(Tape *t, const Tensor *x, const Tensor *gamma, const Tensor *beta, real *stats,
                      Tensor *y);
    BackwardFn *layernorm_backward;

    /* Each returns what its backward needs. length (b) or NULL lives as long as the node. */
    void *(*attention)(Tape *t, const Tensor *qkv, int heads, const int *length, real *weights, bool recorded,
                       Tensor *y);
    BackwardFn *attention_backward;
    void *(*attention_first)(Tape *t, const Tensor *q, const Tensor *kv, int heads, const int *length,
                             real *weights, Tensor *y);
    BackwardFn *attention_first_backward;

    void (*gelu)(Tape *t, const Tensor *x, Tensor *y);
    BackwardFn *gelu_backward;
    void (*tanh)(size_t n, real beta, const real *x, real *y); /* y = tanh(beta x) */
    void (*add)(Tape *t, const Tensor *x1, const Tensor *x2, Tensor *y);
    BackwardFn *add_backward;
    void (*add_rows)(Tape *t, const Tensor *x, const Tensor *row, Tensor *y);
    BackwardFn *add_rows_backward;
    void (*dropout)(Tape *t, const Tensor *x, real p, Rng stream, unsigned char *mask,
                    Tensor *y); /* mask may be NULL */
    BackwardFn *dropout_backward;
    void (*noise)(Tape *t, const Tensor *x, const real *scale, Rng stream, Tensor *y);
    BackwardFn *noise_backward;

    /* One step of nn/optim.h, and the sum of squares of all trained gradients. */
    void (*adam)(const AdamStep *s, ParamSet *p, Pool *pool);
    double (*grad_squares)(const ParamSet *p);
} Fast;

/* The table in use: fast_tuned, or fast_none in a plain build. Only tests set it, and not while threads run. */
extern const Fast *fast;
extern const Fast fast_none;  /* every entry NULL: the plain loops */
extern const Fast fast_tuned; /* nn/fast/fast_table.c; not in a plain build */

#endif
