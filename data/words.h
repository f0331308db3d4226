/* The words of a text: UTF-8 -> NFKC and case folding (utf8proc) -> Latin words and numbers, CJK characters as
 * uni- and bigrams (a run of three gives 1, 12, 2, 23, 3). */
#ifndef DATA_WORDS_H
#define DATA_WORDS_H

#include "nn/base/error.h"

enum { WORD_CHARACTERS = 64 /* a longer word is cut */ };

/* The words of one text, in order: words (n) points to UTF-8 strings in block. Owned, words_free. */
typedef struct {
    char **words;
    int n;
    char *block;
} Words;

/* Splits a text into its words and keeps the first `most` of them. Invalid UTF-8 is an input error whose message starts
 * with `what` (a path with line, or "--text"). Call words_free after success. */
Status words_split(Words *w, const char *text, int most, const char *what, Error *err);
/* The same, but digits that name a day, an hour or a person are replaced by one of three words, so that no model learns them:
 *   <date>  2019-03-12 12.03.2019 12/3/19 2019/03 03.2019 2019 (1900 to 2099), 2019年3月12日
 *   <time>  9:05 10:15:32
 *   <id>    a word with five digits in a row: 123456 mrn00123 us20190312
 * Other numbers stay: 12 mm, 1.5 cm, 12x15x20mm, t2, 100-120. */
Status words_split_folded(Words *w, const char *text, int most, const char *what, Error *err);
void words_free(Words *w);

#endif
