#include "data/vocab.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "data/words.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* ---- Counting ---- */

typedef struct {
    Names words;
    long *count; /* (words.n) */
    size_t capacity;
} Counts;

typedef struct {
    const char *word;
    long count;
} Counted;

static void counts_free(Counts *c) {
    names_free(&c->words);
    mem_free(c->count);
}

static Status count_text(Counts *c, const char *text, Error *err) {
    Words w;
    TRY(words_split(&w, text, INT_MAX, "a training text", err));
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < w.n; i++) {
        int before = c->words.n;
        int k = names_add(&c->words, w.words[i], strlen(w.words[i]));
        if (k < 0 || !mem_grow(&c->count, &c->capacity, (size_t)k + 1, sizeof *c->count)) {
            s = mem_error(err, "the vocabulary");
            break;
        }
        if (k == before) c->count[k] = 0;
        c->count[k]++;
    }
    words_free(&w);
    return s;
}

static int by_falling_count(const void *a, const void *b) {
    const Counted *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->word, y->word);
}

/* Fills v->words from v->table. */
static Status list_words(Vocab *v, Error *err) {
    v->words = names_list(&v->table);
    v->n = v->table.n;
    return v->words ? STATUS_OK : mem_error(err, "the vocabulary");
}

static Status keep_most_frequent(Vocab *v, const Counts *c, int max_words, int min_count, Error *err) {
    Counted *all = mem_alloc((size_t)c->words.n * sizeof *all);
    if (!all) return mem_error(err, "the vocabulary");
    for (int i = 0; i < c->words.n; i++) all[i] = (Counted){names_at(&c->words, i), c->count[i]};
    if (c->words.n) qsort(all, (size_t)c->words.n, sizeof *all, by_falling_count);
    int failed = 0;
    for (int i = 0; !failed && i < c->words.n && i < max_words && all[i].count >= min_count; i++)
        failed = names_add(&v->table, all[i].word, strlen(all[i].word)) < 0;
    mem_free(all);
    return failed ? mem_error(err, "the vocabulary") : list_words(v, err);
}

static void vocab_init(Vocab *v, int buckets, int length) {
    NN_REQUIRE(buckets >= 0 && length > 0, "%d buckets, length %d", buckets, length);
    memset(v, 0, sizeof *v);
    v->buckets = buckets;
    v->length = length;
}

Status vocab_build(Vocab *v, const char *const *texts, int n, int max_words, int min_count, int buckets,
                   int length, Error *err) {
    vocab_init(v, buckets, length);
    Counts c = {{0}, NULL, 0};
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < n; i++) s = count_text(&c, texts[i], err);
    if (s == STATUS_OK) s = keep_most_frequent(v, &c, max_words, min_count, err);
    counts_free(&c);
    if (s != STATUS_OK) vocab_free(v);
    return s;
}

/* ---- As text ---- */

Status vocab_parse(Vocab *v, const char *lines, int buckets, int length, Error *err) {
    vocab_init(v, buckets, length);
    Status s = STATUS_OK;
    for (int line = 1; s == STATUS_OK && *lines; line++) {
        size_t size = strcspn(lines, "\n");
        int k = size ? names_add(&v->table, lines, size) : 0;
        if (k < 0)
            s = mem_error(err, "the vocabulary");
        else if (size == 0 || k != line - 1)
            s = error_set(err, STATUS_INPUT,
                          "vocabulary: line %d %s; one word a line, each once, was expected", line,
                          size ? "holds a word that was there before" : "is empty");
        lines += size + (lines[size] == '\n');
    }
    if (s == STATUS_OK) s = list_words(v, err);
    if (s != STATUS_OK) vocab_free(v);
    return s;
}

char *vocab_print(const Vocab *v) {
    char *lines = mem_alloc(v->table.text_size + 1);
    if (!lines) return NULL;
    char *at = lines;
    for (int i = 0; i < v->n; i++) {
        size_t size = strlen(v->words[i]);
        memcpy(at, v->words[i], size);
        at[size] = '\n';
        at += size + 1;
    }
    *at = 0;
    return lines;
}

int vocab_find(const Vocab *v, const char *word) {
    int k = names_find(&v->table, word, strlen(word));
    return k < 0 ? TOKEN_UNKNOWN : TOKEN_FIRST_WORD + k;
}

void vocab_free(Vocab *v) {
    mem_free(v->words);
    names_free(&v->table);
    memset(v, 0, sizeof *v);
}
