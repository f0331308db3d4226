/* The model of ALGORITHM.md in naive double loops, by the published names of its weights; each
 * layer's loops are those of oracle.h. Training statistics and no dropout, or running statistics. b cases, d
 * width. */
#ifndef TESTS_ORACLE_MODEL_H
#define TESTS_ORACLE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/* Weights by name, in PyTorch's layouts. */
typedef struct {
    const char *name;
    const double *value;
} OracleWeight;

typedef struct {
    const OracleWeight *items;
    int n;
    int side, width, blocks, d, layers, heads, bits;
    bool subwords, training; /* training: batch statistics */
} OracleModel;

/* Z_v (b, (side/16)^2, d) of x (b,side,side,1). */
void oracle_cnn(const OracleModel *m, int b, const double *x, double *z);
/* Z_t (b,n,d) of words (b,n), n-grams (b,n,g) and lengths (b). */
void oracle_text(const OracleModel *m, int b, int n, int g, const int *words, const int *grams,
                 const int *length, double *z);
/* The first token (b,d) of the encoded sequence x (b,n,d) after the final norm. */
void oracle_encoder(const OracleModel *m, int b, int n, const double *x, const int *length, double *y);

/* One modality's tokens (b,n,d), pooled features (b,d) and lengths (b) or NULL. */
typedef struct {
    int n;
    const double *z, *u;
    const int *length;
} OracleFeatures;

/* c (b,d) of one modality (the other NULL) or of both. */
void oracle_context(const OracleModel *m, int b, const OracleFeatures *image, const OracleFeatures *text,
                    double *c);
/* s (b,q) = c W_h + b_h. */
void oracle_head(const OracleModel *m, int b, const double *c, double *s);
/* z (rows,d) = ((x - mean)/sigma) W' + b of x (rows,width); mean (width), w (d,width), b (d). */
void oracle_own(int rows, int width, int d, const double *x, const double *mean, double sigma,
                const double *w, const double *b, double *z);
/* g (width) of one case's own features x (tokens,width). */
void oracle_own_mean(int tokens, int width, const double *x, const double *mean, double *g);

#endif
