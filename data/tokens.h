/* Text to token ids: UTF-8 -> NFKC and case folding (utf8proc) -> Latin words and numbers, CJK characters as
 * uni- and bigrams (a run of three gives 1, 12, 2, 23, 3). Subwords (Bojanowski et al. 2017, arXiv
 * 1607.04606): n-grams of 3 to 5 characters of <word>, hashed to buckets by FNV-1a (32 bit, bytes unsigned:
 * other than fastText's own, which signs them). */
#ifndef DATA_TOKENS_H
#define DATA_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "data/vocab.h"
#include "nn/base/error.h"

enum {
    TOKEN_PAD = 0,
    TOKEN_UNKNOWN = 1,
    TOKEN_FIRST_WORD = 2,
    TOKEN_NGRAMS = 32,    /* most n-grams of one word: the shorter first, so that they span the word */
    TOKEN_CHARACTERS = 64 /* a longer word is cut */
};

/* The words of one text, in order. words[i] are UTF-8 strings in one block; owned, words_free. */
typedef struct {
    char **words;
    int n;
    char *block;
} Words;

/* Splits a text. Invalid UTF-8 is an input error (`what` names it: a path with line, "--text"). */
Status words_split(Words *w, const char *text, const char *what, Error *err);
void words_free(Words *w);

/* One text's tokens. id (v->length): 0 beyond the end; gram (v->length, TOKEN_NGRAMS): buckets, -1 = none, or
 * NULL. *n: tokens kept (0 for an empty text). A text of more than v->length tokens is read impression first, then findings, then the
 * rest (sections_find), and cut at the end; without headings it is cut as it stands. */
Status tokens_encode(const Vocab *v, const char *text, const char *what, int32_t *id, int32_t *gram, int *n,
                     Error *err);

/* The buckets of one word: gram (TOKEN_NGRAMS), unused ones -1. Returns how many. */
int token_ngrams(const char *word, int buckets, int32_t *gram);

#endif
