/* The answers of a search as one self-contained page: the question, and each hit with picture, report, labels
 * and distance. */
#ifndef CMD_SEARCH_PAGE_H
#define CMD_SEARCH_PAGE_H

#include "cmd/finder.h"
#include "nn/base/bytes.h"

void page_begin(Buffer *b, const Finder *f);
/* A section for one question. Pictures that cannot be read are told so in their place. */
Status page_answer(Buffer *b, const Finder *f, const Query *q, const Answer *a, Error *err);
Status page_end(Buffer *b, const char *path, Error *err);

#endif
