/* Ranking: what finder_rank.c and its part for groups and reranking share. */
#ifndef CMD_FINDER_GROUPS_H
#define CMD_FINDER_GROUPS_H

#include <math.h>

#include "cmd/finder.h"

/* A candidate. score, index: of the reranked ones alone. id: NULL until an order asks for it. */
struct Ranked {
    Hit hit;
    double score;
    const Index *index;
    const char *id;
};

/* One question. candidates: in a->ranked, nearest first; but the first `head` of them, all cases within `reach` bits, are reranked, and the
 * first `sorted` of these are in order. */
typedef struct {
    const Finder *f;
    const SearchOptions *o;
    const float *scores;
    const uint8_t *code;
    Answer *a;
    size_t k, candidates, head, sorted;
    int reach;
} Ranker;

/* A hit, without what its group and the model say of it. */
#define HIT_OF(at, bits, points)                                                                             \
    ((AnswerHit){.row = (at),                                                                                \
                 .distance = (bits),                                                                         \
                 .score = (points),                                                                          \
                 .trained_on = TRAINED_UNKNOWN,                                                              \
                 .confidence = NAN})

/* ---- finder_groups.c, of the part answers ---- */

/* Memory for the counts of groups. */
Status ranker_begin(const Ranker *r, Error *err);
/* Gives the first n candidates their scores. */
void ranker_score(Ranker *r, size_t n);
/* Sorts further reranked candidates: a few more than hits are wanted, then as many again as are sorted. */
void ranker_sort(Ranker *r);
/* Counts a case as a hit of its group; false where the group has all the hits that it may have. */
bool ranker_admits(const Ranker *r, int64_t row);
/* Forgets the hits that were counted. */
void ranker_forget(const Ranker *r);
/* ASK_FILTER: the cases that pass, in the order of the index. */
void ranker_list(const Ranker *r);
/* Names each hit's group and counts its further cases, where `found`; then ranker_forget. */
void ranker_finish(const Ranker *r, bool found);

#endif
