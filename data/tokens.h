/* Text to token ids: UTF-8 -> NFKC and case folding (utf8proc) -> Latin words and numbers, CJK characters as uni- and bigrams.
 * Vocabulary from training text only. Subwords (Bojanowski et al. 2017, arXiv 1607.04606): n-grams of 3 to 5 characters
 * of <word>, hashed to buckets by FNV-1a (32 bit). */
#ifndef DATA_TOKENS_H
#define DATA_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/base/error.h"

enum { TOKEN_PAD = 0, TOKEN_UNKNOWN = 1, TOKEN_FIRST_WORD = 2, TOKEN_NGRAMS = 32 /* most n-grams of one word */ };

/* The words of one text, in order. words[i] are UTF-8 strings in one block; owned, words_free. */
typedef struct {
    char **words;
    int n;
    char *block;
} Words;

/* Splits a text. Invalid UTF-8 is an input error (`what` names it: a path with line, "--text"). */
Status words_split(Words *w, const char *text, const char *what, Error *err);
void words_free(Words *w);

/* Word i has id TOKEN_FIRST_WORD + i. Sorted by falling count, equal counts by bytes. */
typedef struct {
    char **words;
    int n;        /* without pad and unknown */
    int buckets;  /* of the subword table; 0: no subwords */
    int length;   /* N_t: most tokens a text keeps; what is over is cut from the end */
    int *slots;   /* hash table over words, n_slots a power of two */
    int n_slots;
} Vocab;

/* Counts words over texts (n; "" allowed) and keeps at most max_words seen at least min_count times. */
Status vocab_build(Vocab *v, const char *const *texts, int n, int max_words, int min_count, int buckets, int length,
                   Error *err);
/* One word a line, as kept in a model's metadata. */
Status vocab_parse(Vocab *v, const char *lines, int buckets, int length, Error *err);
char *vocab_print(const Vocab *v); /* for vocab_parse; NULL where memory ran out; mem_free it */
int vocab_find(const Vocab *v, const char *word); /* id, or TOKEN_UNKNOWN */
void vocab_free(Vocab *v);

/* One text's tokens. id (v->length): 0 beyond the end; gram (v->length, TOKEN_NGRAMS): buckets, -1 = none, or NULL.
 * *n: tokens kept (0 for an empty text). */
Status tokens_encode(const Vocab *v, const char *text, const char *what, int32_t *id, int32_t *gram, int *n, Error *err);

/* The buckets of one word: gram (TOKEN_NGRAMS), unused ones -1. Returns how many. */
int token_ngrams(const char *word, int buckets, int32_t *gram);

#endif
