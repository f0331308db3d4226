/* Shallow cross-modal hashing methods, which MSACH is compared with in the table. Every method results in linear hash functions of both
 * modalities:
 *     score = x W + b,    bit = 1 iff score >= 0
 * Symbols: X (n,dx) images, Y (n,dy) texts, L (n,c) labels, q bits, B (n,q) codes of -1 and +1.
 * Equations and source are at the head of each method's file. Sums and factorisations run in double on one thread, so the results do not
 * depend on the number of threads. */
#ifndef HASH_BASELINES_H
#define HASH_BASELINES_H

#include <stddef.h>
#include <stdint.h>

#include "hash/code.h"
#include "nn/base/error.h"

/* The training cases: borrowed, not centred. A case may have no labels. */
typedef struct {
    int n, dx, dy, classes;
    const float *x, *y;  /* (n,dx), (n,dy); finite */
    const float *labels; /* (n,classes), each 0 or 1 */
} BaselineData;

/* Hyper-parameters of all methods; each method reads only its own, and bits, seed, rounds. Names as in the equations. */
typedef struct {
    int bits; /* q, see hash/code.h */
    uint64_t seed;
    int rounds;       /* most rounds of an alternating method; 0: the method's own number */
    double cca_ridge; /* e of C = X'X + e n I */
    double cmfh_lambda, cmfh_mu, cmfh_gamma; /* lam in (0,1): weight of the image; mu; g */
    double scm_ridge;                        /* e of C = X'X + e n I */
    double dch_lambda, dch_nu, dch_ridge;    /* l; nu; l_p */
    double batch_omega, batch_image, batch_text, batch_label, batch_ridge; /* om; e1; e2; e0; l */
} BaselineSettings;
BaselineSettings baseline_defaults(int bits, uint64_t seed);

/* Hash functions; owned, baseline_model_free. */
typedef struct {
    int dx, dy, bits;
    float *wx, *bx; /* (dx,bits), (bits) */
    float *wy, *by; /* (dy,bits), (bits) */
} BaselineModel;

/* For tests; any pointer may be NULL. */
typedef struct {
    double *objective; /* (capacity): its value after each round */
    int capacity, count;
    double *latent;      /* (n,bits): V of CMFH and BATCH after the last round */
    double *correlation; /* (bits): the canonical correlations of CCA, falling; 0 beyond the rank */
} BaselineTrace;

/* trace: filled, or NULL. Input errors (out is then empty): bits outside the range of hash/code.h; fewer than two cases, no dimension or
 * fewer than two classes; a feature that is not finite, or features that are all equal; a hyper-parameter out of its range, or a ridge
 * that is too small; for BATCH: no more cases than bits. */
typedef Status BaselineFit(BaselineModel *out, const BaselineData *data, const BaselineSettings *settings,
                           BaselineTrace *trace, Error *err);
BaselineFit baseline_cca_itq, baseline_cmfh, baseline_scm_seq, baseline_dch, baseline_batch;

/* One hyper-parameter of the grid that validation queries select from. offset: of its double in BaselineSettings. */
enum { BASELINE_VALUES = 6, BASELINE_AXES = 2 };
typedef struct {
    const char *name;
    size_t offset;
    int count;
    double value[BASELINE_VALUES];
} BaselineAxis;

typedef struct {
    const char *name; /* "CCA-ITQ", ... */
    BaselineFit *fit;
    int axes;
    BaselineAxis axis[BASELINE_AXES];
} Baseline;

enum { BASELINE_METHODS = 5 };
extern const Baseline BASELINES[BASELINE_METHODS]; /* in the order of the table's rows */

/* Number of grid points. baseline_candidate stores point i in s and leaves its other fields unchanged. */
int baseline_candidates(const Baseline *b);
void baseline_candidate(const Baseline *b, int i, BaselineSettings *s);
/* "nu=1e-05 lambda=1": the values in s of the parameters of the grid. */
void baseline_describe(const Baseline *b, const BaselineSettings *s, char *text, size_t size);

void baseline_model_free(BaselineModel *m);

/* codes (n, bits/8) of x (n, dx or dy). The code of a case does not depend on other cases. */
Status baseline_encode(const BaselineModel *m, Modality modality, const float *x, int n, uint8_t *codes,
                       Error *err);

#endif
