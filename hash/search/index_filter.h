/* The cases of an index that have a label or a word; of the part filter. */
#ifndef HASH_INDEX_FILTER_H
#define HASH_INDEX_FILTER_H

#include "hash/search/index.h"

/* Sets allowed[row] (count) to 0 where the case lacks the label. STATUS_INPUT where the labels are damaged. */
Status index_keep_label(const Index *x, const char *label, uint8_t *allowed, Error *err);

/* The text of a case; NULL without one, or where damaged. Any thread may ask, unlike index_case. */
const char *index_text(const Index *x, int64_t row);

/* Whether every segment holds the words of its texts with their places; files of version 1 and 2 do not. */
bool index_has_words(const Index *x);
/* Sets mark[row] (count) to 1 for the rows whose texts have the n words in a row. STATUS_INPUT where damaged. */
Status index_mark_words(const Index *x, const char *const *words, int n, uint8_t *mark, Error *err);

#endif
