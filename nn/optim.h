/* Adam and AdamW, gradient clipping, and the one-cycle schedule. */
#ifndef NN_OPTIM_H
#define NN_OPTIM_H

#include "nn/base/pool.h"
#include "nn/params.h"

/* Kingma & Ba 2015 (arXiv 1412.6980); decoupled decay: Loshchilov & Hutter 2019 (arXiv 1711.05101).
 *   m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  w -= lr ( m^ / (sqrt(v^) + eps) + decay w )   decoupled
 *   g += decay w first, and no second term                                                      not decoupled (Adam) */
typedef struct {
    double beta1, beta2, eps, decay;
    bool decoupled;
    long step; /* steps done so far */
} Adam;

Adam adam_default(double decay);

/* The numbers of one step: w -= rate m / (root sqrt(v) + eps) + shrink w, with both bias corrections in rate and root. */
typedef struct {
    real beta1, rest1, beta2, rest2, eps, rate, root; /* rest = 1 - beta */
    real shrink, l2; /* of parameters that decay: decay decoupled from, or added to, the gradient */
} AdamStep;

/* One step of every trained parameter (needs_grad) with rate lr. The result does not depend on the number of threads. */
void adam_step(Adam *a, ParamSet *p, Pool *pool, double lr);
void adam_reset(Adam *a, ParamSet *p); /* sets moments and step to 0 */

/* Euclidean norm of all trained gradients, summed in double in an order that does not depend on threads. */
double params_grad_norm(const ParamSet *p);
/* Scales the trained gradients so that their norm is at most `limit` (0: no limit). Returns the norm before. */
double params_clip(ParamSet *p, double limit);

/* Linear warm-up over the first `warmup` share of `total` steps to `peak`, then half a cosine down to peak/100. */
double schedule_one_cycle(long step, long total, double warmup, double peak);

#endif
