#include "data/tokens.h"

#include <string.h>

#include "data/sections.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { GRAM_SHORTEST = 3, GRAM_LONGEST = 5 };

/* *out: the report reordered to impression, findings, the rest, each in its order; the caller frees it with mem_free. NULL where the
 * text has no headings. */
static Status by_rank(const char *text, const char *what, char **out, Error *err) {
    SectionPart part[SECTIONS_MOST];
    int n = sections_find(text, strlen(text), part);
    Buffer b = {0};
    *out = NULL;
    if (n == 1 && part[0].section == SECTION_OTHER) return STATUS_OK;
    for (int rank = 0; rank < 3; rank++)
        for (int i = 0; i < n; i++) {
            Section s = part[i].section;
            if ((s == SECTION_IMPRESSION ? 0 : s == SECTION_FINDINGS ? 1 : 2) != rank) continue;
            buffer_add(&b, part[i].heading, (size_t)(part[i].end - part[i].heading));
            buffer_add(&b, "\n", 1);
        }
    buffer_add(&b, "", 1);
    if (b.failed) {
        buffer_free(&b);
        return mem_error(err, what);
    }
    *out = (char *)b.data;
    return STATUS_OK;
}

/* At most v->length words, and one more where the text has more. */
static Status first_words(const Vocab *v, Words *first, const char *text, const char *what, Error *err) {
    char *ranked = NULL;
    TRY(vocab_split(v, first, text, v->length + 1, what, err));
    if (first->n <= v->length) return STATUS_OK;
    Status s = by_rank(text, what, &ranked, err);
    if (s != STATUS_OK || ranked) words_free(first);
    if (ranked) s = vocab_split(v, first, ranked, v->length, what, err);
    mem_free(ranked);
    return s;
}

Status tokens_encode(const Vocab *v, const char *text, const char *what, int32_t *id, int32_t *gram, int *n,
                     Error *err) {
    Words first;
    *n = 0;
    TRY(first_words(v, &first, text, what, err));
    *n = first.n < v->length ? first.n : v->length;
    for (int i = 0; i < v->length; i++) {
        int32_t *grams = gram ? gram + (size_t)i * TOKEN_NGRAMS : NULL;
        id[i] = i < *n ? vocab_find(v, first.words[i]) : TOKEN_PAD;
        if (grams && i < *n) token_ngrams(first.words[i], v->buckets, grams);
        for (int g = 0; grams && i >= *n && g < TOKEN_NGRAMS; g++) grams[g] = -1;
    }
    words_free(&first);
    return STATUS_OK;
}

/* EQ(subwords)  hash(g) = FNV-1a(g) mod buckets of the n-grams g of 3 to 5 characters of <word>, shorter first */
int token_ngrams(const char *word, int buckets, int32_t *gram) {
    char marked[4 * WORD_CHARACTERS + 3];
    size_t start[WORD_CHARACTERS + 3]; /* of each character of <word>, and its end */
    int n = 0, count = 0;
    size_t size = 0;
    marked[size] = '<';
    start[n++] = size++;
    for (; *word && size < sizeof marked - 2; word++) {
        if (((unsigned char)*word & 0xC0) != 0x80) {
            if (n > WORD_CHARACTERS) break;
            start[n++] = size;
        }
        marked[size++] = *word;
    }
    marked[size] = '>';
    start[n++] = size++;
    start[n] = size;
    for (int length = GRAM_SHORTEST; buckets > 0 && length <= GRAM_LONGEST; length++)
        for (int i = 0; i + length <= n && count < TOKEN_NGRAMS; i++)
            gram[count++] =
                (int32_t)(fnv1a_32(marked + start[i], start[i + length] - start[i]) % (uint32_t)buckets);
    for (int i = count; i < TOKEN_NGRAMS; i++) gram[i] = -1;
    return count;
}
