/* A filter on the words of texts: `effusion -normal "free fluid"`. A word or a phrase in quotes must occur, after '-' it must not. Texts and
 * filter are split by data/words.h: case and Unicode forms do not matter, and a run of CJK characters is a phrase of its characters. */
#ifndef CMD_WORD_FILTER_H
#define CMD_WORD_FILTER_H

#include <stdbool.h>

#include "data/words.h"
#include "hash/search/index.h"

/* By the words of the index where it has them, else by reading every text (files of version 1 and 2).
 * Sets allowed[m][row] (count) to 0, for both modalities m, where the text of the case does not pass. STATUS_USAGE: a filter without
 * words, or with an open quote. */
Status word_filter_apply(const Index *x, const char *filter, uint8_t *const allowed[MODALITIES], Error *err);

#endif
