/* The inner loops of the fast ops, written once (kernels_*.inc) in a small vector vocabulary and compiled per
 * instruction set; the table for this machine is chosen at run time. In the double build only the plain table
 * exists.
 *
 * Matrices stand in panels of PANEL columns: column j of a row-major (k,n) matrix lies at [j / PANEL][k][j %
 * PANEL], the last panel filled with zeros. All tables agree on it; they differ in the number of rows held in
 * registers. */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include <stddef.h>

#include "nn/tensor.h"

enum {
    PANEL = 16,
    KERNEL_ROWS = 14,          /* the most that a table holds */
    KERNEL_COLUMNS = 2 * PANEL /* the most of a tile: two panels */
};

/* What follows a product before it is stored: y = relu?( product + bias? + add? ). */
typedef struct {
    int columns;      /* 1..KERNEL_COLUMNS: that many are stored */
    const real *bias; /* whole panels of values, or NULL */
    const real *add;  /* at the places of the result, or NULL; may be the result itself */
    bool relu;
} Epilogue;

/* c[at[r] + j] = epilogue( sum over tap and k of a[from[r] + offset[tap] + k] b[tap depth + k][j] ), r < rows, j < end.columns;
 * columns of the second panel lie at c_panel + j - PANEL instead of j. One chain of fused multiply-adds per element, in rising tap and k, whatever the number of rows and
 * columns: this is a matrix product (one tap) and a convolution (a tap is a row of the filter) at once. */
typedef struct {
    int taps, depth;
    const ptrdiff_t *offset; /* (taps) */
    const real *a, *b;       /* b: panels of (taps depth, PANEL) */
    real *c;
    size_t c_panel;
    Epilogue end;
} Tile;

/* c[r][j] += sum over s and k of a[s a_segment + k a_step + r] b[s length + k][j], r < rows, j < columns; c
 * has row stride ldc. The weight gradient: a sum over pixels (k) of image rows (s). b: panels of (segments length,
 * PANEL), b_panel reals apart. */
typedef struct {
    int segments, length;
    size_t a_segment, a_step;
    int columns; /* 1..KERNEL_COLUMNS */
    size_t ldc, b_panel;
} Outer;

/* A tile of a map: the pixel in its row i and column j lies at first + i row + j pixel, in reals from `map`, and is 0 outside of the rows
 * [top,bottom) and columns [left,right). Of its channels the first `channels`, at most PANEL, count. */
typedef struct {
    const real *map;
    ptrdiff_t first, row, pixel;
    int top, bottom, left, right;
    int channels;
} TileSource;

/* Strides of a tile's rows and pixels, in reals. */
typedef struct {
    size_t row, pixel;
} Pixels;

/* Winograd's 3x3 convolution of stride 1, F(4x4,3x3) (Lavin & Gray 2016, arXiv 1509.09308): a tile of 4x4 outputs takes 36 products
 * instead of 144.
 *     Y = A' [ (G g G') . (B' d B) ] A         d (6,6), g (3,3), Y (4,4)
 * A transformed tile of one panel of channels is PANEL reals at [place] position_stride; those beyond `channels` are 0. */
enum { WINOGRAD_OUT = 4, WINOGRAD_IN = 6, WINOGRAD_PLACES = 36 };
typedef void TileInput(const TileSource *d, real *v, size_t position_stride);
/* The epilogue and the store, for the top left (height,width) of the tile. */
typedef void TileOutput(const real *m, size_t position_stride, int height, int width, const Epilogue *e,
                        real *y, Pixels at);
typedef struct {
    TileInput *input;                                                        /* B' d B */
    TileOutput *output;                                                      /* A' m A */
    TileInput *gradient;                                                     /* A y A', y (4,4) */
    void (*filter)(const real *g, real *u, size_t position_stride);          /* G g G', g (9,PANEL) */
    void (*filter_gradient)(const real *u, size_t position_stride, real *g); /* G' u G */
} Winograd;

/* A block of rows of c channels, one after the other. */
typedef struct {
    size_t rows, c;
} Rows;

typedef struct {
    const char *name;
    int rows; /* most rows of tile and outer */
    void (*tile)(const Tile *t, int rows, const size_t *from, const size_t *at);
    void (*outer)(const Outer *o, int rows, const real *a, const real *b, real *c);

    Winograd winograd;

    /* Batch norm, per channel. sum and squares of x - about. */
    void (*moments)(const Rows *b, const real *x, const real *about, real *sum, real *squares);
    /* y = relu?( scale x + shift + add? ) */
    void (*normalise)(const Rows *b, const real *x, const real *add, const real *scale, const real *shift,
                      bool relu, real *y);
    /* g = 0 where y <= 0 (y NULL: nowhere); more += g (NULL: nothing); the sums of g and of g (x - mean)
     * inverse. */
    void (*normalise_sums)(const Rows *b, const real *x, const real *y, const real *mean, const real *inverse,
                           real *g, real *more, real *sum, real *product);
    /* dx = or += g_factor g + x_factor x + constant; dx may be g. */
    void (*normalise_gradient)(const Rows *b, const real *x, const real *g, const real *g_factor,
                               const real *x_factor, const real *constant, real *dx, bool fresh);

    /* Layer norm of one row; stats: mean and 1/sqrt(var + 1e-5). The gradient adds to dgamma and dbeta; dx or
     * NULL. */
    void (*layernorm)(size_t d, const real *x, const real *gamma, const real *beta, real *y, real stats[2]);
    void (*layernorm_gradient)(size_t d, const real *x, const real *dy, const real *gamma,
                               const real stats[2], real *dgamma, real *dbeta, real *dx, bool fresh);

    /* x = softmax(scale x), n >= 1; and dp = scale p (dp - sum(p dp)), the gradient by the x before. */
    void (*softmax)(size_t n, real scale, real *x);
    void (*softmax_gradient)(size_t n, real scale, const real *p, real *dp);

    real (*dot)(size_t n, const real *x, const real *y);
    void (*axpy)(size_t n, real a, const real *x, real *y); /* y += a x */

    void (*gelu)(size_t n, const real *x, real *y); /* x/2 (1 + erf(x/sqrt 2)) */
    void (*gelu_gradient)(size_t n, const real *x, const real *dy, real *dx, bool fresh);

    void (*exp)(size_t n, const real *x, real *y);
    void (*tanh)(size_t n, const real *x, real *y);
    void (*erf)(size_t n, const real *x, real *y);
    void (*box_muller)(size_t n, const real *u, const real *v,
                       real *z); /* sqrt(-2 ln u) cos(2 pi v), 0 < u <= 1 */
} Kernels;

/* The fastest table that this machine can run. */
const Kernels *kernels(void);
/* Table i of those that this machine can run, the plain one first; NULL beyond the last. For tests. */
const Kernels *kernels_at(int i);

extern const Kernels kernels_scalar, kernels_avx2, kernels_avx512,
    kernels_neon; /* not all exist everywhere */

/* Packs rows of a row-major matrix, or its transpose, into panels: to (ceil(n/PANEL), k, PANEL) from b (k,n)
 * with row stride ldb, or b (n,k) where transposed. */
void panels_pack(bool transposed, int n, int k, const real *b, int ldb, real *to);
static inline int panels_of(int n) {
    return (n + PANEL - 1) / PANEL;
}

#endif
