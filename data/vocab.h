/* The vocabulary: built from the words of training texts alone, stored in the model's metadata. */
#ifndef DATA_VOCAB_H
#define DATA_VOCAB_H

#include <stdbool.h>

#include "data/names.h"
#include "data/words.h"
#include "nn/base/error.h"

enum { TOKEN_PAD = 0, TOKEN_UNKNOWN = 1, TOKEN_FIRST_WORD = 2 };

/* Word i has id TOKEN_FIRST_WORD + i. Sorted by falling count, equal counts by bytes. Owned, vocab_free. */
typedef struct {
    char **words;
    int *groups; /* (n) number of groups whose training texts hold the word; NULL: unknown (older models) */
    int n;       /* without pad and unknown */
    int buckets; /* of the subword table; 0: no subwords */
    int length;  /* N_t: most tokens a text keeps; tokens_encode says which */
    bool fold;   /* texts are split by words_split_folded */
    Names table; /* owns the words */
} Vocab;

/* Which words of the training texts enter: the max_words most frequent ones that occur at least min_count times and in texts of at
 * least min_groups groups (0: any). buckets, length, fold: as in Vocab. */
typedef struct {
    int max_words, min_count, min_groups, buckets, length;
    bool fold;
} VocabOptions;

/* Counts words over texts (n; "" allowed). group (n): the group of each text; NULL: each text is a group of its own. Errors: memory,
 * invalid UTF-8. Call vocab_free after success. */
Status vocab_build(Vocab *v, const char *const *texts, const int *group, int n, const VocabOptions *o,
                   Error *err);
/* The inverse of vocab_print. lines: one word a line, as in a model's metadata; groups: one number a line, or NULL. An empty line, a word
 * twice or another number of groups is an input error. Of o only buckets, length and fold are used. */
Status vocab_parse(Vocab *v, const char *lines, const char *groups, const VocabOptions *o, Error *err);
/* Text for vocab_parse, which the caller frees with mem_free; NULL where memory ran out. vocab_print_groups needs v->groups. */
char *vocab_print(const Vocab *v);
char *vocab_print_groups(const Vocab *v);
int vocab_find(const Vocab *v, const char *word); /* id, or TOKEN_UNKNOWN */
/* words_split or words_split_folded, as the vocabulary was built. */
Status vocab_split(const Vocab *v, Words *w, const char *text, int most, const char *what, Error *err);
void vocab_free(Vocab *v);

#endif
