/* MAP as public codebases of cross-modal hashing compute it, on the same codes, to compare with their tables.
 * All take one order of tied items, that of the database, where the order is luck or, in a sorted database,
 * bias. Formulas restated from: dcmh      Jiang & Li, CVPR 2017; jiangqy/DCMH-CVPR2017,
 * calcMapTopkMapTopkPreTopkRecLabel.m (and its TensorFlow twin): AP over the whole ranking, a query without
 * relevant item counts 0. torchcmh  WangGodder/deep-cross-modal-hashing (torchcmh), calc_map_k: mean of
 * j/rank_j over the first min(k, R) relevant items, wherever they stand: k cuts items, not ranks. Called
 * without k it is dcmh's. djsrh     Su, Zhong & Zhang, ICCV 2019; zs-zhong/DJSRH, calculate_top_map with topk
 * = 50: AP of the first k ranks over the relevant items AMONG them, not over min(R, k): one hit at rank 1 and
 * nothing after scores 1. ucch      Hu et al., TPAMI 2022; penghu-cs/UCCH, fx_calc_map_multilabel_k with k =
 * 0 (all): as djsrh's, and a query without relevant item among the first k is left out of the mean. */
#ifndef EVAL_COMPAT_H
#define EVAL_COMPAT_H

#include "eval/ranking.h"
#include "nn/base/pool.h"

typedef enum { COMPAT_DCMH, COMPAT_TORCHCMH, COMPAT_DJSRH, COMPAT_UCCH, COMPAT_COUNT } Compat;

const char *compat_name(Compat c);    /* "dcmh", ... */
const char *compat_formula(Compat c); /* one line on what differs from the expected MAP over all queries */
/* -1 where no codebase has this name. */
int compat_find(const char *name);

/* k: 0 = as the codebase calls it (50 for djsrh, all otherwise). dcmh takes no k. A mean over no query is 0.
 */
Status compat_map(Compat c, const RetrievalTask *task, size_t k, double *map, Pool *pool, Error *err);

#endif
