/* Relevance judgements and runs as trec_eval reads them. The score of an item is minus its rank, not minus its distance:
 * trec_eval breaks ties by the name of the document, so that distances would give another MAP. Tied items are in the
 * order of the database; the MAP of a run lies between the pessimistic and the optimistic one. White space, % and control
 * characters in ids are written as %XX. Files are replaced atomically. */
#ifndef EVAL_TREC_H
#define EVAL_TREC_H

#include "eval/ranking.h"

/* "query 0 item shared": one line a relevant pair, graded by the number of shared labels. Both sets of the task have ids. */
Status trec_write_qrels(const char *path, const RetrievalTask *t, Error *err);

/* "query Q0 item rank -rank name": the first `depth` ranks of every query (0: all). */
Status trec_write_run(const char *path, const RetrievalTask *t, const char *name, size_t depth, Error *err);

#endif
