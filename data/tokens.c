#include "data/tokens.h"

#include <limits.h>
#include <string.h>
#include <utf8proc.h>

#include "data/characters.h"
#include "data/import/sections.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

enum { GRAM_SHORTEST = 3, GRAM_LONGEST = 5 };

/* ---- Words ---- */

/* Words as strings one after another, each with its ending 0; stops after `most`. */
typedef struct {
    Buffer text;
    int n, most;
} Collector;

static void collect(Collector *w, const int32_t *c, size_t n) {
    if (w->n == w->most) return;
    if (n > TOKEN_CHARACTERS) n = TOKEN_CHARACTERS;
    unsigned char word[4 * TOKEN_CHARACTERS + 1];
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        if (c[i] < 0x80)
            word[size++] = (unsigned char)c[i];
        else
            size += (size_t)utf8proc_encode_char(c[i], word + size);
    }
    word[size++] = 0;
    buffer_add(&w->text, word, size);
    w->n++;
}

/* A CJK character is a word; where another stands right before it, the pair comes first. */
static void collect_words(Collector *w, const Characters *t) {
    size_t before = 0, before_end = SIZE_MAX;
    for (size_t i = 0, end; i < t->n && w->n < w->most; i = end) {
        end = characters_word_end(t->c, i, t->n);
        if (end == i) {
            end++;
            continue;
        }
        if (character_is_cjk(t->c[i])) {
            if (before_end == i) collect(w, t->c + before, end - before);
            before = i;
            before_end = end;
        }
        collect(w, t->c + i, end - i);
    }
}

static Status split(Collector *w, const char *text, const char *what, Error *err) {
    Characters t;
    TRY(characters_fold(&t, text, strlen(text), what, err));
    collect_words(w, &t);
    characters_free(&t);
    if (!w->text.failed) return STATUS_OK;
    buffer_free(&w->text);
    return mem_error(err, what);
}

Status words_split(Words *w, const char *text, const char *what, Error *err) {
    memset(w, 0, sizeof *w);
    Collector all = {{0}, 0, INT_MAX};
    TRY(split(&all, text, what, err));
    w->words = mem_alloc((size_t)all.n * sizeof *w->words);
    if (!w->words) {
        buffer_free(&all.text);
        return mem_error(err, what);
    }
    w->block = (char *)all.text.data;
    char *at = w->block;
    for (; w->n < all.n; at += strlen(at) + 1) w->words[w->n++] = at;
    return STATUS_OK;
}

void words_free(Words *w) {
    mem_free(w->words);
    mem_free(w->block);
    memset(w, 0, sizeof *w);
}

/* ---- Tokens ---- */

/* A long report anew: its impression, then its findings, then the rest, each group in the text's order. *out: NULL where the text has
 * no headings; mem_free it. */
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

/* The first v->length words; of a text with more, those of the text by rank. */
static Status first_words(const Vocab *v, Collector *first, const char *text, const char *what, Error *err) {
    *first = (Collector){{0}, 0, v->length + 1};
    char *ranked = NULL;
    TRY(split(first, text, what, err));
    if (first->n <= v->length) return STATUS_OK;
    first->n = v->length;
    Status s = by_rank(text, what, &ranked, err);
    if (s != STATUS_OK || ranked) buffer_free(&first->text);
    if (ranked) {
        *first = (Collector){{0}, 0, v->length};
        s = split(first, ranked, what, err);
    }
    mem_free(ranked);
    return s;
}

Status tokens_encode(const Vocab *v, const char *text, const char *what, int32_t *id, int32_t *gram, int *n,
                     Error *err) {
    *n = 0;
    Collector first;
    TRY(first_words(v, &first, text, what, err));
    const char *word = (const char *)first.text.data;
    for (int i = 0; i < v->length; i++) {
        int32_t *grams = gram ? gram + (size_t)i * TOKEN_NGRAMS : NULL;
        if (i >= first.n) {
            id[i] = TOKEN_PAD;
            for (int g = 0; grams && g < TOKEN_NGRAMS; g++) grams[g] = -1;
            continue;
        }
        id[i] = vocab_find(v, word);
        if (grams) token_ngrams(word, v->buckets, grams);
        word += strlen(word) + 1;
    }
    buffer_free(&first.text);
    *n = first.n;
    return STATUS_OK;
}

/* EQ(subwords)  hash(g) = FNV-1a(g) mod buckets of the n-grams g of 3 to 5 characters of <word>, shorter first */
int token_ngrams(const char *word, int buckets, int32_t *gram) {
    char marked[4 * TOKEN_CHARACTERS + 3];
    size_t start[TOKEN_CHARACTERS + 3]; /* of each character of <word>, and its end */
    int n = 0, count = 0;
    size_t size = 0;
    marked[size] = '<';
    start[n++] = size++;
    for (; *word && size < sizeof marked - 2; word++) {
        if (((unsigned char)*word & 0xC0) != 0x80) {
            if (n > TOKEN_CHARACTERS) break;
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
