/* From a case of one modality to its code. The code of a case never depends on its partner, on the batch, or on its place in the batch. */
#ifndef TRAIN_ENCODE_H
#define TRAIN_ENCODE_H

#include "data/batch.h"
#include "hash/model.h"
#include "hash/search/index.h"

enum { ENCODE_TILE = 16 }; /* cases in one pass of the networks */

/* Results for n cases. An array that is NULL is not computed. The caller owns the arrays. */
typedef struct {
    float *features; /* (n,d) c_m */
    float *scores;   /* (n,q) s_m: before the sign */
    uint8_t *codes;  /* (n,q/8) */
} Encoding;

/* Writes features, scores and codes of b cases, whose contexts are c (b,d), to rows first.. of out. */
void encode_keep(Tape *t, const Model *m, Tensor *c, int first, Encoding *out);

/* Z_m (b,N_m,d) and u_m (b,d) of a batch, recorded on t. The lengths of texts are borrowed from b. */
Features encode_features(Tape *t, const Model *m, const Batch *b, Modality modality);

/* A model for repeated encoding. Values that ops derive from weights are cached, so the weights must not change while the encoder exists.
 * One image on one core of an EPYC with AVX-512 takes 2.8 ms; without the cache 7.5 ms. Borrows model and pool. */
typedef struct {
    const Model *model;
    Tape tape;
} Encoder;

void encoder_init(Encoder *e, const Model *m, Pool *pool);
void encoder_free(Encoder *e);
/* x (n,S,S) normalised images, g (n,DESCRIPTOR_DIM) their descriptors; g may be NULL where the model has no experts. */
Status encode_images(Encoder *e, const float *x, const float *g, int n, Encoding *out, Error *err);
/* w (n,N_t) ids, s (n,N_t,TOKEN_NGRAMS) buckets or NULL, length (n). */
Status encode_texts(Encoder *e, const int32_t *w, const int32_t *s, const int *length, int n, Encoding *out,
                    Error *err);

/* Of the part variants. The pictures x (n,S,S) moved as view v of encode_views says, in the arena of t. */
const float *encode_moved(Tape *t, const Model *m, const float *x, int n, int v);

/* Of the part arrays. x (n,tokens,width): own features of one modality, of the model's config.own. */
Status encode_own(Encoder *e, Modality modality, const float *x, int n, Encoding *out, Error *err);

/* The input of stage 2 for the features f of n cases: f itself, or the semantic token of their posterior. said (n,c): the experts'
 * predictions. */
Features encode_seen(Tape *t, const Model *m, Modality modality, const Features *f, const float *said);

/* Encodes the cases index (n) of a data set, one modality. STATUS_INPUT where the data set's own features do not fit the model. Reports
 * progress to log, which may be NULL. */
Status encode_cases(const Model *m, const Dataset *d, const int *index, int n, Modality modality,
                    Encoding *out, Pool *pool, const Log *log, Error *err);

#endif
