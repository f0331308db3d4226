/* The model: both feature extractors of stage 1, the shared encoder and the hash head of stage 2.
 *
 *   symbol  here            shape        from
 *   x       image           (b,S,S,1)    data
 *   w       word, gram      (b,N_t)      data
 *   x_m     own features    (b,N_m,D)    data, instead of x or w
 *   Z_m     *_tokens        (b,N_m,d)    [P stage 1; O form]
 *   u_m     op_mean_tokens  (b,d)        [O]
 *   c_m     model_context   (b,d)        [P an encoder; O form]
 *   s_m     model_scores    (b,q)        [P a hash function; O linear]
 *   H_m     model_relaxed   (b,q)        [O, HashNet]
 *   W_c'    class_weight    (c,q)        [P named; G linear on the unsigned values]
 */
#ifndef HASH_MODEL_H
#define HASH_MODEL_H

#include "hash/code.h"
#include "hash/expert.h"
#include "nn/cnn.h"
#include "nn/params.h"
#include "nn/text_encoder.h"
#include "nn/transformer.h"

enum { ENCODE_VIEWS = 9, MODEL_EXTRAS = 8 };

/* A vector beyond the networks' weights, such as a parameter of a term of the loss (train/terms.h). */
typedef struct {
    char name[PARAM_NAME]; /* begins with "term1." or "term2.": the stage that trains it */
    int size;
    double initial; /* of every entry */
} ModelExtra;

/* Features of another program that a model uses instead of pictures or texts. width 0: the model has a network for the modality. */
typedef struct {
    int width, tokens; /* D, N_m */
    uint32_t crc;      /* of the training features */
} OwnInput;

/* Settings of the forward pass; stored in the model file under these names. */
typedef struct {
    int image_size;  /* S, a multiple of 16 */
    int width;       /* W */
    int blocks;      /* residual blocks a stage */
    int dim;         /* d */
    int text_length; /* N_t */
    int words;       /* rows of the word table, pad and unknown included */
    int buckets;     /* rows of the subword table; 0: none */
    int layers, heads;
    int bits;               /* q */
    int classes;            /* c */
    int transformer;        /* 1: c_m from the encoder; 0: c_m = LN(u_m) (ablation no-transformer) */
    int encode_views;       /* 1 to ENCODE_VIEWS: shifted copies of a picture whose contexts are averaged */
    double mean, deviation; /* of the training images: normalised x = (pixel/255 - mean)/deviation */
    OwnInput own[MODALITIES];
    int n_extra;
    ModelExtra extra[MODEL_EXTRAS];
    bool single;         /* every training case has exactly one label */
    int semantic;        /* 1: stage 2 reads the semantic token psi_m instead of Z_m and u_m */
    int landmarks;       /* M of the experts (expert.h); 0: no experts, p_m is the networks' prediction */
    int descriptor, bag; /* with experts: size of a picture's descriptor, words of the bag */
} ModelConfig;

typedef struct {
    ModelConfig config;
    ParamSet params;
    Cnn image; /* image and text are unused where config.own replaces the modality */
    TextEncoder text;
    Tensor *own_mean[MODALITIES],
        *own_scale[MODALITIES]; /* mu_m (D), 1/sigma_m (1): set by the caller, not trained */
    Tensor *own_weight[MODALITIES], *own_bias[MODALITIES]; /* W_m' (d,D), b_m (d) */
    Tensor *stage1_image_weight, *stage1_image_bias;       /* V_v' (c,d), a_v (c) */
    Tensor *stage1_text_weight, *stage1_text_bias;
    Tensor *landmark, *idf;             /* (M,D) (B); these six are NULL without experts */
    Tensor *expert_image, *expert_text; /* A_v (M,c), A_t (B,c) */
    Tensor *expert_mean, *expert_share; /* mu (c), alpha (2) by Modality */
    Tensor *cls, *modality;             /* (d) (2,d) */
    Transformer encoder;
    Tensor *output_norm_weight, *output_norm_bias; /* (d) */
    Tensor *head_weight, *head_bias;               /* W_h' (q,d), b_h (q) */
    Tensor *class_weight, *class_bias;             /* W_c' (c,q), b_c (c) */
} Model;

/* Allocates and initialises from (seed, RNG_INIT). Errors: memory. Call model_free in every case. */
Status model_create(Model *m, const ModelConfig *c, uint64_t seed, Error *err);
/* The same with all weights 0, for a caller that loads weights: initialising them would take half of the start of a search. */
Status model_allocate(Model *m, const ModelConfig *c, Error *err);
void model_free(Model *m);

/* Prefixes of the parameters that each stage trains, for params_train_only. */
enum { MODEL_STAGE1_PREFIXES = 4, MODEL_STAGE2_PREFIXES = 5 };
extern const char *const MODEL_STAGE1[MODEL_STAGE1_PREFIXES];
extern const char *const MODEL_STAGE2[MODEL_STAGE2_PREFIXES];
/* Prefix of the parameters that experts_fit (train/experts.h) sets. */
#define MODEL_EXPERTS "expert."

/* Z_v (b,N_v,d) of x (b,S,S,1); Z_t (b,n,d) of ids w (b,n), n-grams s (b,n,g) and lengths (b), n <= N_t. */
Tensor *model_image_tokens(Tape *t, const Model *m, Tensor *x);
Tensor *model_text_tokens(Tape *t, const Model *m, const int32_t *w, const int32_t *s, int b, int n, int g,
                          const int *length);

/* Z_m (b,N_m,d) of own features x (b,N_m,D), by the linear map that stage 1 learns. */
Tensor *model_own_tokens(Tape *t, const Model *m, Modality modality, const float *x, int b);
/* g (D) of own features x (N_m,D) of one case, for the expert: the mean over tokens minus mu_m, scaled to length 1; 0 where it is 0. */
void model_own_mean(const Model *m, Modality k, const float *x, float *g);
/* model_own_add adds the parameters of modality k: "image.own.weight" and bias, trained in stage 1; "own.image.mean" and scale, not
 * trained. model_own_init sets their initial values. */
void model_own_add(Model *m, Modality k);
void model_own_init(Model *m, Modality k, uint64_t seed);

/* Logits u_m V_m + a_m (b,c). */
Tensor *model_stage1_logits(Tape *t, const Model *m, Modality modality, Tensor *u);

/* p (b,c): softmax (where single, else sigmoid) of stage 1's logits (b,c), mixed with the experts' predictions f (b,c), NULL without
 * experts. */
void model_posterior(const Model *m, Modality modality, const Tensor *logits, const float *f, float *p);

/* Features of one case batch, one modality each; both for the joint pass. z (b,n,d), u (b,d), length (b) or NULL. */
typedef struct {
    Tensor *z, *u;
    const int *length;
} Features;

/* The semantic token of p (b,c) as features: Z = psi (b,1,d), u = psi (b,d), no padding. */
Features model_semantic(Tape *t, const Model *m, const float *p, int b);

/* c_m (b,d) of one modality alone, or c_vt where both are given (training only). weights: NULL, or
 * (b, heads, 1 + tokens) receives the attention of CLS. */
Tensor *model_context(Tape *t, const Model *m, const Features *image, const Features *text, real dropout,
                      real *weights);

/* s = c W_h + b_h (b,q). A code's bit is 1 iff s >= 0. */
Tensor *model_scores(Tape *t, const Model *m, Tensor *c);
/* H = tanh(beta s) (b,q), the relaxed codes. */
Tensor *model_relaxed(Tape *t, Tensor *s, double beta);
/* The linear classifier on relaxed codes: H W_c + b_c (b,c). */
Tensor *model_class_logits(Tape *t, const Model *m, Tensor *h);

#endif
