/* The vocabulary: built from the words of training texts alone, stored in the model's metadata. */
#ifndef DATA_VOCAB_H
#define DATA_VOCAB_H

#include "data/names.h"
#include "nn/base/error.h"

enum { TOKEN_PAD = 0, TOKEN_UNKNOWN = 1, TOKEN_FIRST_WORD = 2 };

/* Word i has id TOKEN_FIRST_WORD + i. Sorted by falling count, equal counts by bytes. Owned, vocab_free. */
typedef struct {
    char **words;
    int n;       /* without pad and unknown */
    int buckets; /* of the subword table; 0: no subwords */
    int length;  /* N_t: most tokens a text keeps; tokens_encode says which */
    Names table; /* owns the words */
} Vocab;

/* Counts words over texts (n; "" allowed) and keeps at most max_words seen at least min_count times. */
Status vocab_build(Vocab *v, const char *const *texts, int n, int max_words, int min_count, int buckets,
                   int length, Error *err);
/* One word a line, as kept in a model's metadata. An empty line or a word twice is an input error. */
Status vocab_parse(Vocab *v, const char *lines, int buckets, int length, Error *err);
char *vocab_print(const Vocab *v); /* for vocab_parse; NULL where memory ran out; mem_free it */
int vocab_find(const Vocab *v, const char *word); /* id, or TOKEN_UNKNOWN */
void vocab_free(Vocab *v);

#endif
