/* The terms of both stages' losses, one a file, each as an op of the tape: value forward, derivative
 * backward.
 *
 *   symbol   here          shape       meaning
 *   c_m      c_v, c_t      (b,d)       contexts of images (v) and texts (t)
 *   c_vt     c_joint       (b,d)       context of the joint pass, the teacher
 *   H_m      h_v, h_t      (b,q)       relaxed codes tanh(beta s) in (-1,1)
 *   B        -             (b,q)       sign(H_v + H_t), sign(0) = +1
 *   Y        Targets       (b,c)       labels
 *   G_mn     target        (b,b)       target similarity in [-t0,1] (graph.h)
 *
 * All return a scalar tensor (1). Constant arrays are borrowed until the tape is reset. */
#ifndef HASH_CONSTRAINTS_H
#define HASH_CONSTRAINTS_H

#include <stdint.h>

#include "nn/tape.h"

/* The labels of a batch. */
typedef struct {
    int b, c;
    bool single;      /* every training case has exactly one label: softmax, else sigmoid */
    const int *label; /* (b), where single */
    const real *y;    /* (b,c) in {0,1}, or soft where labels were mixed or smoothed */
    bool soft;        /* y holds soft labels and is used although single is set */
    real bce_weight;  /* factor of the sigmoid form */
} Targets;

/* loss_classification.c [P named; G linear on the unsigned values]: CE(logits, Y); the caller sums it over v, t, vt. */
Tensor *loss_classification(Tape *t, Tensor *logits, const Targets *y);
/* |W|^2, which the caller weights by lambda_w. */
Tensor *loss_weight_decay(Tape *t, Tensor *w);

/* loss_align.c [O]. relation (b,b): entry (i,j) relates row i of c_v to row j of c_t. The diagonal is RELATION_POSITIVE. tau > 0. */
enum { RELATION_NEGATIVE = 0, RELATION_POSITIVE = 1, RELATION_IGNORED = 2 };
Tensor *loss_align(Tape *t, Tensor *c_v, Tensor *c_t, const uint8_t *relation, double tau);
/* 1/(bd) sum over m of |c_m - stopgrad(c_joint)|^2. */
Tensor *loss_teacher(Tape *t, Tensor *c_v, Tensor *c_t, Tensor *c_joint);

/* loss_manifold.c [P named; O form]: 1/b^2 |H_m H_n'/q - G|_F^2 for one pair of modalities. h_n may be h_m. target (b,b). */
Tensor *loss_manifold(Tape *t, Tensor *h_m, Tensor *h_n, const real *target);

/* loss_laplacian.c [O]: a variant of the manifold term, 1/(b^2 q) tr(H' (D-K) H), H = [H_v;H_t], K = [[K_v,I],[I,K_t]].
 * k_v, k_t (b,b) symmetric. */
Tensor *loss_laplacian(Tape *t, Tensor *h_v, Tensor *h_t, const real *k_v, const real *k_t);

/* loss_balance.c [P named; form of DCMH]: 1/q sum over m of |1/b H_m' 1|^2. */
Tensor *loss_balance(Tape *t, Tensor *h_v, Tensor *h_t);

/* loss_quantisation.c [O, DCMH]: 1/(bq) sum over m of |H_m - B|^2, no gradient through B. */
Tensor *loss_quantisation(Tape *t, Tensor *h_v, Tensor *h_t);

/* loss_likelihood.c [O, DCMH]: mean of softplus(theta) - S theta, theta = 1/2 sqrt(32/q) H_v H_t'. similar (b,b) in {0,1}. */
Tensor *loss_likelihood(Tape *t, Tensor *h_v, Tensor *h_t, const uint8_t *similar);

/* loss_soft_pairs.c [P named; O form]: mean of softplus(theta) - R theta, theta = e^scale H_v H_t'/q + offset, the manifold similarity as a
 * cross-entropy of pairs across modalities. scale (1) and offset (1) are learned; wanted R (b,b) in [0,1]. */
Tensor *loss_soft_pairs(Tape *t, Tensor *h_v, Tensor *h_t, Tensor *scale, Tensor *offset, const real *wanted);

/* loss_decorrelation.c [O]: sum over m of 1/q^2 |H_m' H_m / b - 1|_F^2 (1 the identity). */
Tensor *loss_decorrelation(Tape *t, Tensor *h_v, Tensor *h_t);

#endif
