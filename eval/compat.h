/* MAP as public codebases of cross-modal hashing compute it, on the same codes, to compare with their tables. All rank tied
 * items in the order of the database, which adds noise or, in a sorted database, bias.
 *
 *   name      source                                           AP of a query
 *   dcmh      Jiang & Li, CVPR 2017; jiangqy/DCMH-CVPR2017,    over the whole ranking; 0 without a relevant item
 *             calcMapTopkMapTopkPreTopkRecLabel.m
 *   torchcmh  WangGodder/deep-cross-modal-hashing,             mean of j/rank_j over the first min(k, R) relevant items,
 *             calc_map_k                                       at any rank: k limits items, not ranks. Without k as
 *                                                              dcmh
 *   djsrh     Su, Zhong & Zhang, ICCV 2019; zs-zhong/DJSRH,    of the first k = 50 ranks, over the relevant items among
 *             calculate_top_map                                them, not over min(R, k): one hit at rank 1 alone scores 1
 *   ucch      Hu et al., TPAMI 2022; penghu-cs/UCCH,           as djsrh with all ranks; a query without a relevant item
 *             fx_calc_map_multilabel_k                         among the first k is left out of the mean
 */
#ifndef EVAL_COMPAT_H
#define EVAL_COMPAT_H

#include "eval/ranking.h"
#include "nn/base/pool.h"

typedef enum { COMPAT_DCMH, COMPAT_TORCHCMH, COMPAT_DJSRH, COMPAT_UCCH, COMPAT_COUNT } Compat;

const char *compat_name(Compat c);    /* "dcmh", ... */
const char *compat_formula(Compat c); /* one line on how it differs from the expected MAP over all queries */
/* The codebase of this name, or -1. */
int compat_find(const char *name);

/* k: 0 = the codebase's own (50 for djsrh, all otherwise). dcmh ignores k. A mean over no query is 0. Errors: those of
 * ranking_open, and memory. */
Status compat_map(Compat c, const RetrievalTask *task, size_t k, double *map, Pool *pool, Error *err);

#endif
