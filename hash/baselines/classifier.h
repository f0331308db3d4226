/* Codes from classes: row 8 of the table (CLASSIFIER: from the probabilities of a classifier) and row 11 (ORACLE:
 * the same rule on the true labels). Sablayrolles, Douze, Usunier, Jegou, "How should we evaluate supervised
 * hashing?", ICASSP 2017, arXiv 1609.06753: a classifier and a random code per class beat published supervised
 * hashing where query classes are seen in training. */
#ifndef HASH_CLASSIFIER_H
#define HASH_CLASSIFIER_H

#include <stdint.h>

#include "nn/base/error.h"

/* r_k in {-1,+1}^q: a random code of each class k, from (seed, k, bit) alone.
 * A case with probabilities p: sum of r_k over p_k >= 0.5, or r_k of the likeliest class where there is none (the
 * first of equals); bit = 1 iff the sum >= 0. p (n,classes), in [0,1]; codes (n, bits/8). For ORACLE p is the labels: a
 * case without labels then gets class 0's code. Input error: bits outside hash/code.h's, p that is not finite. */
Status classifier_codes(const float *p, int n, int classes, int bits, uint64_t seed, uint8_t *codes,
                        Error *err);

#endif
