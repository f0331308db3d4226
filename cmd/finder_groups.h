/* What the files of finder.h share, and their parts. */
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
                 .confidence = NAN,                                                                          \
                 .range = {NAN, NAN}})

/* ---- finder_rank.c: from the code of a question to its hits ---- */

/* scores, code: of the question; NULL for ASK_FILTER. */
Status finder_rank(const Finder *f, const SearchOptions *o, const float *scores, const uint8_t *code,
                   Answer *a, Error *err);

/* ---- Of other parts ---- */

/* finder_judge.c, of the part confidence: what the model knows of the hits, which codes found or a filter alone. Validation measured the search
 * from one modality to the other alone. */
void finder_judge(const Finder *f, const SearchOptions *o, bool by_code, Answer *a);

/* finder_words.c, of the part hints. Lists the unknown words of a question; STATUS_INPUT as vocab_unknown (data/vocab.h). */
Status finder_words(const Finder *f, const char *text, Answer *a, Error *err);

/* finder_words.c, of the part hints. For an answer without hits to a question that is no filter: STATUS_INPUT where the index has no code of a->found at all; a warning by
 * f->log where none of the cases that pass the filter has one. */
Status finder_check_found(const Finder *f, const SearchOptions *o, const Answer *a, Error *err);

/* finder_code.c, of the part queries. The code of ASK_CODE; STATUS_USAGE where it has another form than the index. */
Status finder_code(const Finder *f, const Query *q, int find, Answer *a, uint8_t *code, Error *err);

/* finder_picture.c, of the part pages. The longest end of an indexed path that is in the folder, else the shortest; NULL where memory ran out.
 * The caller frees it. */
char *finder_picture_in(const char *folder, const char *image);

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
