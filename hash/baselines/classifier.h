/* Codes from classes: the table's rows CLASSIFIER (from the probabilities of a classifier) and ORACLE (the same rule on the true labels).
 * Source: Sablayrolles, Douze, Usunier, Jegou, "How should we evaluate supervised hashing?", ICASSP 2017, arXiv 1609.06753: where query
 * classes are seen in training, a classifier and a random code per class beat published supervised hashing. */
#ifndef HASH_CLASSIFIER_H
#define HASH_CLASSIFIER_H

#include <stdint.h>

#include "nn/base/error.h"

/* r_k in {-1,+1}^q: a random code of each class k, from (seed, k, bit) alone.
 * The code of a case with probabilities p: the sum of r_k over p_k >= 0.5, or where no p_k is, r_k of the likeliest class (the first of
 * equals); bit = 1 iff the sum >= 0. p (n,classes), in [0,1]; codes (n, bits/8). For ORACLE p is the labels, so a case without labels gets
 * the code of class 0. Input errors: bits outside the range of hash/code.h, p that is not finite. */
Status classifier_codes(const float *p, int n, int classes, int bits, uint64_t seed, uint8_t *codes,
                        Error *err);

#endif
