/* Text to token ids: the words of words.h as numbers of a vocabulary. Subwords (Bojanowski et al. 2017, arXiv 1607.04606):
 * n-grams of 3 to 5 characters of <word>, hashed to buckets by FNV-1a (32 bit, bytes unsigned: fastText's own hash
 * sign-extends them). */
#ifndef DATA_TOKENS_H
#define DATA_TOKENS_H

#include <stdint.h>

#include "data/vocab.h"
#include "data/words.h"
#include "nn/base/error.h"

enum { TOKEN_NGRAMS = 32 /* most n-grams of one word: the shorter first, so that they span the word */ };

/* The tokens of one text. id (v->length): TOKEN_PAD beyond the end; gram (v->length, TOKEN_NGRAMS), or NULL: buckets, -1 = none.
 * *n: number of tokens (0 for an empty text). A text with more than v->length words is reordered to impression, findings, the rest
 * (sections_find) where it has headings, and is cut at v->length words. Invalid UTF-8 is an input error whose message starts with
 * `what`. */
Status tokens_encode(const Vocab *v, const char *text, const char *what, int32_t *id, int32_t *gram, int *n,
                     Error *err);

/* The buckets of one word: gram (TOKEN_NGRAMS), unused ones -1. Returns how many. */
int token_ngrams(const char *word, int buckets, int32_t *gram);

#endif
