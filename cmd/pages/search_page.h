/* `search --html`: one page with each question and its hits: picture, report, labels and distance. The page needs no other file. */
#ifndef CMD_SEARCH_PAGE_H
#define CMD_SEARCH_PAGE_H

#include "cmd/finder.h"
#include "nn/base/bytes.h"

void page_begin(Buffer *b, const Finder *f);
/* Adds a section for one question. filter: the words of --words, or NULL. A picture that cannot be read is reported in its place. */
Status page_answer(Buffer *b, const Finder *f, const Query *q, const char *filter, const Answer *a,
                   Error *err);
/* Adds to *bytes about as much as page_answer will add to the page. */
Status page_answer_size(const Finder *f, const Answer *a, double *bytes, Error *err);
/* Adds what made the page and writes it. command: as typed, or NULL. */
Status page_end(Buffer *b, const Finder *f, const char *command, const char *path, Error *err);

#endif
